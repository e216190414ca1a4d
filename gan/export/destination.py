"""Where an export goes that a person has named: whole or not there, and in place of nothing else.

A file needs a folder that is there. A folder is made, with those above it. `gan.export.writer` has
the exports of the dashboard, which go to the run's own folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from gan.disk import permissions
from gan.disk.files import fsync_directory, replace_file
from gan.disk.leftovers import is_temporary, remove_leftovers_of, temporary_path
from gan.disk.os_errors import storage_errors
from gan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.disk.files import Bytes

_FILLED: Final = "images"
"""The name for a temporary folder inside of one that is filled."""


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
        raise UsageError(f"{path} is {_kind(mode)}, expected the path of a file. Name another.")
    if not force:
        raise UsageError(f"{path} exists. Replace it with --force, or name another.")


def write_whole(path: Path, pieces: Iterable[Bytes], *, force: bool) -> Path:
    """Write a file that appears only once it is complete; returns its path.

    A new file is as readable as the umask says. One that is replaced keeps its permissions. What a
    process that was killed has left of the same file is removed.

    Args:
        path: The file; its folder must exist.
        pieces: The content. Whatever it raises is passed on, and nothing is written.
        force: Whether a file that is there may be replaced.

    Raises:
        UsageError: There is something at the path; see `require_free`.
        StorageError: The disk refused.
    """
    require_free(path, force=force)
    remove_leftovers_of(path)
    with storage_errors("write", path):
        replace_file(path, pieces, mode=permissions.mode_of_new_file())
    return path


def require_folder(path: Path) -> None:
    """Refuse a path at which there is no folder and none can be made.

    Raises:
        UsageError: There is something else at the path, or above it.
        StorageError: It can't be looked at.
    """
    with storage_errors("look at", path):
        there = next(one for one in (path, *path.parents) if os.path.lexists(one))
        if there.is_dir():
            return
        mode = there.lstat().st_mode
    raise UsageError(f"{there} is {_kind(mode)}, expected a folder. Name another.")


def require_free_folder(path: Path, *, force: bool, is_ours: Callable[[str], bool]) -> None:
    """Refuse to replace what is in a folder, unless that was exported before.

    Raises:
        UsageError: There is something else at the path, or a folder with anything in it and not
            `force`, or one with names that no export gives.
        StorageError: It can't be looked at.
    """
    require_folder(path)
    with storage_errors("look at", path):
        names = sorted(one.name for one in path.iterdir()) if path.is_dir() else []
    # What is being written, or was by a process that is gone.
    names = [name for name in names if not is_temporary(name)]
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
def made_folder(path: Path) -> Iterator[None]:
    """A folder that is there within the block; those that had to be made go again if it raises.

    Raises:
        StorageError: The disk refused.
    """
    missing = [one for one in (path, *path.parents) if not os.path.lexists(one)]
    try:
        with storage_errors("write to", path):
            for one in reversed(missing):
                permissions.make_folder(one)
        yield
    except BaseException:
        # The first failure is reported; an empty folder is harmless.
        with suppress(OSError):
            for one in missing:
                one.rmdir()
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill within the block; what is in it is at the path once the block has ended.

    A folder that is there stays the same one, as it may be the working directory or a mount point,
    and its files are replaced at the end. Ask `require_free_folder` before.

    Yields:
        The folder to fill.

    Raises:
        StorageError: The disk refused. If the block raises, what was there is untouched.
    """
    is_there = path.is_dir()
    place = path / _FILLED if is_there else path
    with made_folder(place.parent):
        remove_leftovers_of(place)
        filling = temporary_path(place)
        with storage_errors("write", path):
            permissions.make_folder(filling)
        try:
            yield filling
            with storage_errors("write", path):
                if is_there:
                    _replace_contents(path, filling)
                else:
                    filling.rename(path)
                fsync_directory(place.parent)
        except BaseException:
            # The first failure is reported; a leftover folder is harmless.
            shutil.rmtree(filling, ignore_errors=True)
            raise


def _replace_contents(path: Path, filling: Path) -> None:
    """Move what is in one folder into another, in place of the files there."""
    new = set(os.listdir(filling))  # noqa: PTH208 - may be a million names
    old = [name for name in os.listdir(path) if not is_temporary(name)]  # noqa: PTH208
    for name in new:
        (filling / name).replace(path / name)
    for name in old:
        if name not in new:
            (path / name).unlink()
    filling.rmdir()


def _kind(mode: int) -> str:
    """What is at a path, in words."""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISREG(mode):
        return "a file"
    if stat.S_ISLNK(mode):
        return "a link that leads to no folder"
    return "a pipe or a socket" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else "a device"
