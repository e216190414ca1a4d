"""What the installed TensorFlow was built for, read from its files without importing it."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUILD_INFO: Final = Path("python") / "platform" / "build_info.py"
_VARIABLE: Final = "build_info"

DISTRIBUTIONS: Final = (
    "tensorflow",
    "tensorflow-cpu",
    "tf-nightly",
    "tf-nightly-cpu",
    "tensorflow-rocm",
    "tensorflow-macos",
    "intel-tensorflow",
)
"""The packages that bring TensorFlow."""

_UNKNOWN_VERSION: Final = "of unknown version"

_TARGET: Final = re.compile(r"(sm|compute)_([0-9]{1,3})([0-9])([af]?)")

_OLDEST_NAMED: Final = (10, 0)
_FIRST_CUDA: Final[Mapping[tuple[int, int], tuple[int, int]]] = {
    (10, 0): (12, 8),
    (10, 1): (12, 8),
    (10, 3): (12, 9),
    (11, 0): (13, 0),
    (12, 0): (12, 8),
    (12, 1): (12, 9),
}
"""The first CUDA whose compiler knows the GPUs of a capability that is newer than Hopper's 9.0.

XLA compiles for the very capability of a GPU, in the language of the CUDA that it was built with,
and LLVM ends the process if that language is older than the GPU:
https://github.com/tensorflow/tensorflow/issues/111958. Machine code for 12.0 runs on a GPU of 12.1,
but that does not help XLA. A capability that is not here is newer than this table."""


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

        Machine code runs on a GPU of the same generation and at least the same revision,
        intermediate code also on later generations. XLA compiles for a GPU that is newer than
        Hopper only if it was built with a CUDA that knows it.
        """
        if not any(target.runs_on(capability) for target in self._parsed):
            return False
        if capability < _OLDEST_NAMED:
            return True
        first = _FIRST_CUDA.get(capability)
        return first is not None and self.cuda is not None and self.cuda >= first

    def has_machine_code_for(self, capability: tuple[int, int]) -> bool:
        """Whether the driver has nothing to compile for a GPU of this compute capability."""
        return any(t.is_machine_code and t.runs_on(capability) for t in self._parsed)

    @property
    def newest(self) -> str:
        """The newest of its targets, as a compute capability: `9.0`; empty if it has none."""
        known = [target.capability for target in self._parsed]
        return "{}.{}".format(*max(known)) if known else ""

    @property
    def _parsed(self) -> list[_Target]:
        """The targets of a form that is known."""
        return [parsed for target in self.targets if (parsed := _parsed(target)) is not None]


class _Target(NamedTuple):
    """What a build has code for."""

    is_machine_code: bool
    capability: tuple[int, int]
    suffix: str
    """`a` is for this very capability alone, `f` for its generation alone; empty for no limit."""

    def runs_on(self, capability: tuple[int, int]) -> bool:
        """Whether a GPU of this compute capability runs it, or can compile it."""
        if self.suffix == "a":
            return capability == self.capability
        if self.is_machine_code or self.suffix == "f":
            return capability[0] == self.capability[0] and capability >= self.capability
        return capability >= self.capability


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

    for name in DISTRIBUTIONS:
        with suppress(PackageNotFoundError):
            return version(name)
    return _UNKNOWN_VERSION


def _parsed(target: str) -> _Target | None:
    """A target; `None` if it has another form."""
    match = _TARGET.fullmatch(target)
    if match is None:
        return None
    return _Target(match[1] == "sm", (int(match[2]), int(match[3])), match[4])


def _cuda(text: str) -> tuple[int, int] | None:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0] or "0"
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()
