"""Where an export goes that a person has named: nothing is replaced unasked, all of it is whole."""

from __future__ import annotations

import os
import shutil
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
    """Refuse to replace a file that nobody has said to replace.

    Raises:
        UsageError: There is something at the path, and not `force`; or it is a folder.
        StorageError: It can't be looked at.
    """
    with storage_errors("look at", path):
        exists, is_folder = os.path.lexists(path), path.is_dir()
    if is_folder:
        raise UsageError(f"{path} is a folder, expected the name of a file.")
    if exists and not force:
        raise UsageError(f"{path} exists already. Give --force to replace it, or another name.")


def write_whole(path: Path, pieces: Iterable[Bytes], *, force: bool) -> Path:
    """Write a file that appears at its path once it is complete.

    A new one is as readable as the folder that it is in.

    Args:
        path: The file; its folder must exist.
        pieces: Its content; each piece is written as it comes.
        force: Whether a file that is there is replaced.

    Raises:
        UsageError: As `require_free`.
        StorageError: The disk refused. Whatever `pieces` raises is passed on. A file that was
            there is untouched.
    """
    require_free(path, force=force)
    with storage_errors("write", path):
        replace_file(path, pieces, mode=permissions.mode_beside(path))
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
