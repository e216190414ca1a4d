"""What a run ran on: versions and machine, as a checkpoint's and a configuration's footnote.

Read from the installed packages' metadata, so that nothing is imported for it.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

_PACKAGES: Final = ("gan-tui", "tensorflow", "keras", "numpy", "textual")


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
    try:
        return version(package)
    except PackageNotFoundError:
        return None
