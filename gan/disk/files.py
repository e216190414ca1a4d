"""The file operations that durability rests on, one method each.

A checkpoint is safe because of the order of these calls. Making them a seam lets a test stop the
process at any one of them and look at what is left; `read_plain` is also how every file that
somebody else could have written is read.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from typing import TYPE_CHECKING

from gan.disk import atomic

if TYPE_CHECKING:
    from pathlib import Path


class Files:
    """The real file system. Every method raises `OSError`."""

    def make_directory(self, path: Path) -> None:
        """Make a folder that only the owner can enter; it must not exist."""
        path.mkdir(mode=0o700)

    def write(self, path: Path, data: bytes | memoryview) -> None:
        """Write a file that must not exist, and wait until it is on disk."""
        atomic.write_new(path, data)

    def sync_directory(self, path: Path) -> None:
        """Wait until the names in a folder are on disk."""
        atomic.fsync_directory(path)

    def rename(self, source: Path, target: Path) -> None:
        """Give a folder another name."""
        source.rename(target)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and what is in it, following no links."""
        shutil.rmtree(path)

    def free_bytes(self, path: Path) -> int | None:
        """As `free_bytes`."""
        return free_bytes(path)

    def read(self, path: Path, limit: int) -> bytes:
        """As `read_plain`."""
        return read_plain(path, limit)


def read_plain(path: Path, limit: int, *, owner: int | None = None) -> bytes:
    """Read a regular file whole.

    Args:
        path: The file.
        limit: The most bytes it may hold.
        owner: The user id that it must belong to, if that matters.

    Raises:
        OSError: It is missing, a link, a device or a pipe, another's, too large, or unreadable.
    """
    # A pipe without a writer would otherwise block for ever on open.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from None
        raise
    try:
        _require_plain(os.fstat(descriptor), path, limit, owner)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def free_bytes(path: Path) -> int | None:
    """How much this process may still write where a folder is; none where that is not told.

    Raises:
        OSError: The folder is not there, or its file system does not answer.
    """
    space = os.statvfs(path)
    if not space.f_blocks:
        return None
    # The part that a file system keeps back is for the superuser.
    blocks = space.f_bavail if os.geteuid() else space.f_bfree
    return blocks * space.f_frsize


def is_in_place(descriptor: int, path: Path) -> bool:
    """Whether a path still leads to what was opened there, and not to nothing or another.

    Raises:
        OSError: The file system does not answer.
    """
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _require_plain(status: os.stat_result, path: Path, limit: int, owner: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if owner is not None and status.st_uid != owner:
        raise OSError(errno.EPERM, f"it belongs to user {status.st_uid}, not {owner}", str(path))
    if status.st_size > limit:
        text = f"it holds {status.st_size:,} bytes, at most {limit:,} are expected"
        raise OSError(errno.EFBIG, text, str(path))
