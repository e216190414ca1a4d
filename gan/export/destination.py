"""Where an export goes that a person has named: whole or not there, and in place of nothing else.

`gan.export.writer` has the exports of the dashboard, which go to the run's own folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gan.disk import permissions
from gan.disk.files import fsync_directory, replace_file
from gan.disk.leftovers import temporary_path
from gan.disk.os_errors import storage_errors
from gan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.disk.files import Bytes


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


def write_whole(path: Path, pieces: Iterable[Bytes], *, force: bool) -> Path:
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


def require_free_folder(path: Path, *, force: bool, is_ours: Callable[[str], bool]) -> None:
    """Refuse to replace a folder that has something in it, unless that was exported before.

    Raises:
        UsageError: There is a file at the path, or a folder with anything in it and not `force`, or
            one with names that no export gives.
        StorageError: It can't be looked at.
    """
    with storage_errors("look at", path):
        if not os.path.lexists(path):
            return
        names = sorted(one.name for one in path.iterdir()) if path.is_dir() else None
    if names is None:
        raise UsageError(f"{path} is a file, expected the name of a folder.")
    if names and not force:
        raise UsageError(
            f"{path} is not empty. Give --force to replace what an export put there, or another "
            "name."
        )
    if foreign := [name for name in names if not is_ours(name)]:
        raise UsageError(
            f"{path} holds {foreign[0]!r:.80}, which no export made. Name an empty folder or a new "
            "one."
        )


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill within the block, that appears at its path at the block's end.

    A folder that is there is replaced: ask `require_free_folder` before.

    Yields:
        The folder to fill.

    Raises:
        StorageError: The disk refused. If the block raises, what was there is untouched.
    """
    filling = temporary_path(path)
    with storage_errors("write", path):
        permissions.make_folder(filling)
    try:
        yield filling
        with storage_errors("write", path):
            _put(filling, path)
    except BaseException:
        # The first failure is reported; a leftover folder is harmless.
        shutil.rmtree(filling, ignore_errors=True)
        raise


def _put(filling: Path, path: Path) -> None:
    """Give a complete folder its name, in place of the one that has it."""
    replaced = temporary_path(path)
    with suppress(FileNotFoundError):
        path.rename(replaced)
    try:
        filling.rename(path)
    except OSError:
        with suppress(FileNotFoundError):
            replaced.rename(path)
        raise
    fsync_directory(path.parent)
    # What is left of the old one is harmless.
    shutil.rmtree(replaced, ignore_errors=True)
