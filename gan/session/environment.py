"""What a process sets up before TensorFlow is imported, and the record of what a run ran on.

Versions are read from the installed packages' metadata, so that nothing is imported for them.
"""

from __future__ import annotations

import gc
import os
import platform
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES: Final = ("gan-tui", "tensorflow", "keras", "numpy", "textual")

_XLA_FLAG: Final = "--xla_cpu_copy_insertion_use_region_analysis"
"""XLA then sees that a loop's weights may be updated in place where it would copy them each step:
a tenth more steps a second on a CPU, and the same bits."""


def prepare_xla() -> None:
    """Have XLA copy less, unless somebody has decided; to be called before TensorFlow is used.

    XLA ends a process whose flags it does not know, so this belongs to the TensorFlow that the
    project is pinned to.
    """
    given = os.environ.get("XLA_FLAGS", "")
    if _XLA_FLAG not in given:
        os.environ["XLA_FLAGS"] = f"{given} {_XLA_FLAG}=true".strip()


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import without the garbage collector.

    Imported modules make hundreds of thousands of objects that live as long as the process.
    Collecting while they are made costs a tenth of the time to the first frame, so the collector is
    off inside the block, and what exists at its end is never scanned again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def environment() -> dict[str, Any]:
    """Versions, platform and processors, in JSON values; none for a package that is not there."""
    return {
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
    }


def _version(package: str) -> str | None:
    # Here, because it takes a tenth of the time to the first frame.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
