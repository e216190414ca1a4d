"""What the installed TensorFlow was built for, read from its files without importing it."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUILD_INFO: Final = Path("python") / "platform" / "build_info.py"
_VARIABLE: Final = "build_info"
_DISTRIBUTIONS: Final = ("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu")

_TARGET: Final = re.compile(r"(sm|compute)_([0-9]{1,3})([0-9])[af]?")

_FIRST_CUDA: Final[Mapping[int, tuple[int, int]]] = {10: (12, 8), 11: (13, 0), 12: (12, 8)}
"""The first CUDA whose compiler knows the GPUs of a capability that is newer than Hopper's 9.0.

XLA compiles for the very capability of a GPU, in the language of the CUDA that it was built with,
and LLVM ends the process if that language is older than the GPU:
https://github.com/tensorflow/tensorflow/issues/111958."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFacts:
    """What a TensorFlow was built for; the default is one about which nothing is known."""

    version: str = ""
    """Its version; empty if it is not installed."""

    is_known: bool = False
    """Whether its build could be read. If not, nothing below counts."""

    has_cuda: bool = False
    """Whether it was built for NVIDIA's GPUs."""

    has_rocm: bool = False
    """Whether it was built for AMD's GPUs."""

    targets: tuple[str, ...] = ()
    """What it has machine code (`sm_80`) or intermediate code (`compute_90`) for."""

    cuda: tuple[int, int] | None = None
    """The CUDA that it was built with."""

    cudnn: int | None = None
    """The major version of its cuDNN."""

    def has_code_for(self, capability: tuple[int, int]) -> bool:
        """Whether its kernels and its XLA run on a GPU of this compute capability.

        Machine code runs on a GPU of the same generation and at least the same revision.
        Intermediate code also runs on later generations, but XLA compiles for a later one only if
        it was built with a CUDA that knows it.
        """
        parsed = [_parsed(target) for target in self.targets]
        major, minor = capability
        of_generation = [t for t in parsed if t is not None and t[1] == major and t[2] <= minor]
        if of_generation:
            return True
        is_intermediate = any(t is not None and t[0] == "compute" and t[1] < major for t in parsed)
        first = _FIRST_CUDA.get(major)
        return (
            is_intermediate and first is not None and self.cuda is not None and self.cuda >= first
        )

    @property
    def newest(self) -> str:
        """The newest of its targets, as a compute capability: `9.0`; empty if it has none."""
        parsed = [_parsed(target) for target in self.targets]
        known = [(major, minor) for _, major, minor in filter(None, parsed)]
        return "{}.{}".format(*max(known)) if known else ""


def wheel_facts(package: Path | None = None, version: str | None = None) -> WheelFacts:
    """Read what TensorFlow was built for. It takes a millisecond, and raises nothing.

    Args:
        package: TensorFlow's folder; `None` looks for the installed one.
        version: Its version; `None` reads that of the installed one.
    """
    folder = _installed() if package is None else package
    if folder is None:
        return WheelFacts()
    found = _version() if version is None else version
    try:
        text = (folder / _BUILD_INFO).read_text(encoding="utf-8")
        built = _build_info(text)
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
        return WheelFacts(version=found)
    cudnn = str(built.get("cudnn_version", "")).partition(".")[0]
    return WheelFacts(
        version=found,
        is_known=True,
        has_cuda=bool(built.get("is_cuda_build")),
        has_rocm=bool(built.get("is_rocm_build")),
        targets=_texts(built.get("cuda_compute_capabilities")),
        cuda=_cuda(str(built.get("cuda_version", ""))),
        cudnn=int(cudnn) if cudnn.isdecimal() else None,
    )


def _build_info(text: str) -> dict[str, Any]:
    """The dictionary that the module makes, without running it.

    Raises:
        ValueError: It has none, or one that is computed.
        SyntaxError: It is not Python.
    """
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == _VARIABLE for target in node.targets
        ):
            # `collections.OrderedDict([...])`
            written = node.value
            if isinstance(written, ast.Call) and written.args:
                written = written.args[0]
            value = ast.literal_eval(written)
            if isinstance(value, (dict, list)):
                return dict(value)
    raise ValueError(f"no {_VARIABLE}")


def _installed() -> Path | None:
    """TensorFlow's folder, found as an import would, but not imported."""
    # Imported here: the first frame doesn't wait for it.
    from importlib.util import find_spec

    try:
        spec = find_spec("tensorflow")
    except ValueError:
        return None
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _version() -> str:
    # Imported here: it takes a tenth of the time to the first frame.
    from importlib.metadata import PackageNotFoundError, version

    for name in _DISTRIBUTIONS:
        with suppress(PackageNotFoundError):
            return version(name)
    return ""


def _parsed(target: str) -> tuple[str, int, int] | None:
    """A target's kind and compute capability; `None` if it has another form."""
    match = _TARGET.fullmatch(target)
    return (match[1], int(match[2]), int(match[3])) if match else None


def _cuda(text: str) -> tuple[int, int] | None:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0] or "0"
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()
