"""Settings of TensorFlow and Keras that the environment holds, mostly for other programs.

Each is one of three kinds:

- What this program decides itself, such as Keras's backend: what was found is not used. Keras's
  file `keras.json` is neither read nor written.
- What may change the bits of a run, such as `XLA_FLAGS`: it is left to the user, recorded with the
  run, and compared when the run resumes.
- What TensorFlow can't start with: it is refused by name before a run begins, because TensorFlow
  would abort the process.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.machine.child import run_child
from gan.machine.gpus import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READ_ON_IMPORT: Final[Mapping[str, str | None]] = {
    "KERAS_BACKEND": "tensorflow",
    # Both Keras and TensorFlow read `keras.json` in this folder, and write one if there is none.
    # Nothing can exist below a device, so nothing is found and nothing is written.
    "KERAS_HOME": f"{os.devnull}/keras",
    "KERAS_MAX_EPOCHS": None,
    "KERAS_MAX_STEPS_PER_EPOCH": None,
    "KERAS_NNX_ENABLED": None,
    # The training loop is a while loop of TensorFlow 2, compiled as a whole.
    "TF_ENABLE_CONTROL_FLOW_V2": None,
    "TF_FUNCTION_JIT_COMPILE_DEFAULT": None,
    "TF_JIT_COMPILE_REWRITE": None,
    "TF_USE_LEGACY_KERAS": None,
}
"""Variables that Python code reads while it is imported, and their values here; `None` for unset.

They are restored after the imports, for child processes and for a program that uses this one as a
library."""

_READ_LATER: Final = ("NVIDIA_TF32_OVERRIDE", "TF_XLA_FLAGS")
"""Variables that native code reads at any time, unset for good: `--precision` decides about TF32,
and this program decides what XLA compiles."""

_PREFIXES: Final = (
    *("TF_AUTOTUNE_", "TF_CONV", "TF_CPU_", "TF_CUBLAS_", "TF_CUDA_", "TF_CUDNN_"),
    *("TF_DETERMINISTIC_", "TF_DISABLE_", "TF_ENABLE_", "TF_ENABLED_", "TF_FORCE_", "TF_FP16_"),
    *("TF_GPU_", "TF_JIT_", "TF_LAYOUT_", "TF_MKL_", "TF_NUM_INTEROP_", "TF_NUM_INTRAOP_"),
    *("TF_ONEDNN_", "TF_ROCM_", "TF_SHOULD_", "TF_THREAD_", "TF_USE_", "TF_XLA_"),
    *("XLA_", "ONEDNN_", "DNNL_", "MKL_", "OMP_", "KMP_"),
    *("OPENBLAS_", "NPY_", "CUBLAS_", "CUDNN_"),
)
"""Beginnings of the names of variables that TensorFlow, NumPy or a library below them reads.

Not every name with `TF_`: Terraform has such variables too, among them secrets (`TF_TOKEN_...`,
`TF_VAR_...`), which must neither be recorded nor delay a run."""

_MAY_ABORT: Final = ("TF_", "XLA_")
"""Beginnings of the names of variables with values that end the process."""

_WITHOUT_EFFECT: Final = ("TF_CPP_", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR")
"""Those that change messages or memory, and no number."""

_RECORDED_ELSEWHERE: Final = "TF_ENABLE_ONEDNN_OPTS"
"""It has an entry of its own in the environment, from before there were others."""

_SWITCHES: Final = ("", "0", "1", "true", "false")
"""Values that a variable which holds no number accepts."""

_HOLDS_NUMBER: Final = ("THREADS", "BYTES", "LIMIT", "SIZE", "COUNT", "CAPACITY", "THRESHOLD")
"""Parts of the names of variables that hold a whole number."""

_MAX_LENGTH: Final = 200
"""Characters of a value that are recorded; a hash stands for the rest."""

_PROBE: Final = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import tensorflow as tf
tf.function(lambda: tf.constant(1) + 1, jit_compile=True)()
"""
"""Starts TensorFlow and XLA, without the current folder: it may hold a module of the same name."""

_PROBE_SECONDS: Final = 120.0


@contextmanager
def own_settings() -> Iterator[list[str]]:
    """Import TensorFlow and Keras in this block: they get the settings of this program.

    Yields:
        What was found and is not used, such as `KERAS_BACKEND=torch`.
    """
    before = {name: os.environ.get(name) for name in _READ_ON_IMPORT}
    unused = list(_unused(os.environ))
    _set(_READ_ON_IMPORT)
    _set(dict.fromkeys(_READ_LATER))
    try:
        yield unused
    finally:
        _set(before)


def numeric_settings(environ: Mapping[str, str], own_xla_flag: str) -> dict[str, str]:
    """The variables that may change the bits of a run, and their values.

    Args:
        environ: The process's environment.
        own_xla_flag: What this program itself appends to `XLA_FLAGS`; left out.
    """
    found = {name: value for name, value in environ.items() if _may_change_bits(name)}
    if "XLA_FLAGS" in found:
        found["XLA_FLAGS"] = found["XLA_FLAGS"].removesuffix(own_xla_flag).strip()
    return {name: _brief(found[name]) for name in sorted(found) if found[name]}


def refuse_unusable_settings(environ: Mapping[str, str]) -> None:
    """Refuse settings that TensorFlow can't start with, such as a flag that XLA doesn't know.

    TensorFlow is tried in a process of its own, which takes some seconds, so only if there is a
    setting that could prevent it.

    Args:
        environ: The process's environment.

    Raises:
        UsageError: TensorFlow doesn't start with them; it names them and the reason.
    """
    suspects = {name: value for name, value in environ.items() if _may_abort(name, value)}
    if not suspects:
        return
    others = {name: value for name, value in environ.items() if name not in suspects}
    reason = _reason_not_to_start(environ)
    # If it doesn't start without them either, they are not the reason.
    if reason and not _reason_not_to_start(others):
        named = sorted(name for name in suspects if name in reason) or sorted(suspects)
        given = ", ".join(f"{name}={_brief(suspects[name])}" for name in named)
        raise UsageError(
            f"TensorFlow doesn't start with {given}: {reason}. Correct or unset {', '.join(named)}."
        )


def _unused(environ: Mapping[str, str]) -> Iterator[str]:
    """What was set to something else than here, apart from the folder of Keras's own files."""
    ours = {**_READ_ON_IMPORT, **dict.fromkeys(_READ_LATER)}
    for name, value in ours.items():
        found = environ.get(name)
        if found and found != value and name != "KERAS_HOME":
            yield f"{name}={_brief(found)}"


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _may_change_bits(name: str) -> bool:
    if name == _RECORDED_ELSEWHERE or name in _READ_ON_IMPORT or name in _READ_LATER:
        return False
    return name.startswith(_PREFIXES) and not name.startswith(_WITHOUT_EFFECT)


def _may_abort(name: str, value: str) -> bool:
    """Whether a variable has a value that TensorFlow may refuse; other libraries refuse none."""
    if not value or not name.startswith(_MAY_ABORT):
        return False
    if not (_may_change_bits(name) or name == _RECORDED_ELSEWHERE):
        return False
    if name == "XLA_FLAGS":
        # What isn't a flag is taken for the name of a file.
        return True
    if any(part in name for part in _HOLDS_NUMBER):
        return not (value.isascii() and value.isdecimal())
    return value.lower() not in _SWITCHES


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that tries TensorFlow as this program uses it."""
    ours = {**environ, **_READ_ON_IMPORT, **dict.fromkeys(_READ_LATER)}
    return {name: value for name, value in ours.items() if value is not None}


def _reason_not_to_start(environ: Mapping[str, str]) -> str:
    """Why TensorFlow doesn't start in this environment, in its own words; empty if it does."""
    # The GPU is left alone: its memory and its driver are not what is tried.
    ours = {**child_environment(environ), VISIBLE: "-1"}
    end = run_child(_PROBE, ours, seconds=_PROBE_SECONDS)
    # If it could not be tried, nothing is known against the settings.
    return end.reason if end.status else ""


def _brief(value: str) -> str:
    """A value that is not too long to be recorded, and differs if the value does."""
    text = os.fsencode(value).decode(errors="backslashreplace")
    if len(text) <= _MAX_LENGTH:
        return text
    import hashlib

    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{text[:_MAX_LENGTH]}... (SHA-256 {digest})"
