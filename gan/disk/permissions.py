"""Who may read what a run makes, and that nobody else may write to it.

The directory of a run is made for its owner alone, who may open it to others later.
What is made in it is readable to whoever may read the folder that it is in.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY: Final = 0o600
"""The mode of a file that is nobody else's business."""

_OWNERS_FOLDER: Final = 0o700
_OTHERS_WRITE: Final = 0o022
_OTHERS_READ: Final = 0o044
_OTHERS_ENTER: Final = 0o055
_PERMISSIONS: Final = 0o777
_FOR_ALL: Final = 0o666
_OTHERS_MAY_NOTHING: Final = 0o077


def make_top_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Create a folder for its owner alone; one that is there stays as readable as it is.

    Raises:
        OSError: It can't be made, or others may write to it and can't be kept from it.
    """
    path.mkdir(mode=_OWNERS_FOLDER, exist_ok=exist_ok)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS_WRITE:
        path.chmod(mode & ~_OTHERS_WRITE)


def make_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Create a folder that is as readable as the one that it is in; one that is there stays.

    Raises:
        OSError: It can't be made.
    """
    try:
        path.mkdir(mode=_OWNERS_FOLDER)
    except FileExistsError:
        if exist_ok and path.is_dir():
            return
        raise
    set_readable(path, path.parent.stat().st_mode)


def set_readable(folder: Path, as_mode: int) -> None:
    """Let others read a folder of the owner as a mode says, if the file system can do that."""
    with suppress(OSError):
        # Bits such as setgid, which a folder has from its parent, stay.
        mode = stat.S_IMODE(folder.stat().st_mode)
        if wanted := as_mode & _OTHERS_ENTER & ~mode:
            folder.chmod(mode | wanted)


def mode_beside(path: Path) -> int:
    """The mode of a new file in a run: as readable as the folder that it is in.

    Raises:
        OSError: There is no such folder.
    """
    return OWNER_ONLY | path.parent.stat().st_mode & _OTHERS_READ


def mode_of_new_file() -> int:
    """The mode that the umask leaves a new file: for one that a person has named.

    The umask can only be read by setting it, which holds for the whole process for a moment.
    """
    umask = os.umask(_OTHERS_MAY_NOTHING)
    os.umask(umask)
    return _FOR_ALL & ~umask


def mode_at(path: Path) -> int | None:
    """The permissions of the file at a path; `None` if there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_mode & _PERMISSIONS if stat.S_ISREG(status.st_mode) else None


def create(path: Path, flags: int, mode: int) -> int:
    """Create a file with just this mode, whatever the umask, and return its descriptor.

    A file system without permissions of its own keeps those that it has.

    Raises:
        OSError: It exists, or can't be created.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    if mode != OWNER_ONLY:
        with suppress(OSError):
            os.fchmod(descriptor, mode)
    return descriptor
