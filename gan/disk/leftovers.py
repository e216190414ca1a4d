"""Names of files that are being written, and what a process that was killed leaves of them."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.disk.process import is_alive, is_zombie

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME: Final = re.compile(r"\.(?P<of>.+)\.tmp-(?P<pid>[0-9]{1,9})-[0-9a-f]+", re.DOTALL)

_OLD_SECONDS: Final = 60.0
"""No process that lives takes so long to write a small file."""


def temporary_path(path: Path) -> Path:
    """Where to write a file before it is renamed into place; another name at each call."""
    return path.with_name(f".{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")


def is_temporary(name: str) -> bool:
    """Whether `temporary_path` gives such names."""
    return _NAME.fullmatch(name) is not None


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove the files that a killed process was writing; one that may be at work keeps its own.

    What can't be removed stays.

    Args:
        folder: Of small files that any process may write.
        names: All names in it.
    """
    temporary = [name for name in names if is_temporary(name)]
    if not temporary:
        return
    with suppress(OSError):
        now = _now(folder)
        for name in temporary:
            with suppress(FileNotFoundError):
                if now - (folder / name).lstat().st_mtime >= _OLD_SECONDS:
                    (folder / name).unlink()


def remove_leftovers_of(path: Path) -> None:
    """Remove what processes of this machine that are gone were writing to a path, however large.

    What can't be removed stays.

    Args:
        path: Of a file or a folder, which a person has named.
    """
    with suppress(OSError):
        for name in os.listdir(path.parent):  # noqa: PTH208 - a folder may hold a million names
            match = _NAME.fullmatch(name)
            if match and match["of"] == path.name and _is_gone(int(match["pid"])):
                _remove(path.with_name(name))


def _is_gone(pid: int) -> bool:
    return not is_alive(pid) or is_zombie(pid)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _now(folder: Path) -> float:
    """The time by the clock that stamps the files there, which may be another machine's."""
    stamped = temporary_path(folder / "now")
    stamped.touch(mode=0o600, exist_ok=False)
    try:
        return stamped.stat().st_mtime
    finally:
        stamped.unlink()
