"""Names of files that are being written, and what a process that was killed leaves of them."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME: Final = re.compile(r"\..+\.tmp-[0-9]+-[0-9a-f]+")

_OLD_SECONDS: Final = 60.0
"""No process that lives takes so long to write a small file."""


def temporary_path(path: Path) -> Path:
    """Where to write a file before it is renamed into place; another name at each call."""
    return path.with_name(f".{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove the files that a killed process was writing; one that may be at work keeps its own.

    What can't be removed stays.

    Args:
        folder: Of small files that any process may write.
        names: All names in it.
    """
    temporary = [name for name in names if _NAME.fullmatch(name)]
    if not temporary:
        return
    with suppress(OSError):
        now = _now(folder)
        for name in temporary:
            with suppress(FileNotFoundError):
                if now - (folder / name).lstat().st_mtime >= _OLD_SECONDS:
                    (folder / name).unlink()


def _now(folder: Path) -> float:
    """The time by the clock that stamps the files there, which may be another machine's."""
    stamped = temporary_path(folder / "now")
    stamped.touch(mode=0o600, exist_ok=False)
    try:
        return stamped.stat().st_mtime
    finally:
        stamped.unlink()
