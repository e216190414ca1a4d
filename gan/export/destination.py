"""Where an export goes that a person has named: whole or not there, and in place of nothing else.

`gan.export.writer` has the exports of the dashboard, which go to the run's own folder.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from gan.disk import permissions
from gan.disk.files import replace_file
from gan.disk.os_errors import storage_errors
from gan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def require_free(path: Path, *, force: bool) -> None:
    """Refuse a path at which a file can't be written without loss.

    Args:
        path: The file to be written.
        force: Whether a file that is there may be replaced; never a folder or a device.

    Raises:
        UsageError: There is something at the path, or no folder that it would be in.
        StorageError: It can't be looked at.
    """
    with storage_errors("look at", path):
        if not path.parent.is_dir():
            raise UsageError(
                f"{path}: there is no folder {path.parent}. Make it first, or name another."
            )
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise UsageError(f"{path} is {kind}, expected the path of a file. Name another.")
    if not force:
        raise UsageError(f"{path} exists. Replace it with --force, or name another.")


def write_whole(path: Path, pieces: Iterable[bytes], *, force: bool) -> Path:
    """Write a file that appears only once it is complete; returns its path.

    A new file is as readable as the umask says. One that is replaced keeps its permissions.

    Args:
        path: The file; its folder must exist.
        pieces: The content. Whatever it raises is passed on, and nothing is written.
        force: Whether a file that is there may be replaced.

    Raises:
        UsageError: There is something at the path; see `require_free`.
        StorageError: The disk refused.
    """
    require_free(path, force=force)
    with storage_errors("write", path):
        replace_file(path, pieces, mode=permissions.mode_of_new_file())
    return path
