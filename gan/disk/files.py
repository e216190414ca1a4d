"""Writing files that survive a crash, and reading files that another program may have written.

A file is replaced as a whole: a reader that opens the path at any moment, and a machine that loses
power at any moment, find either the old version or the new one. The safety of a checkpoint rests on
the order of these operations, so `Files` has a method for each and a test can stop the process at
any of them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from typing import TYPE_CHECKING, BinaryIO, Final

from gan.disk import permissions
from gan.disk.leftovers import temporary_path
from gan.disk.os_errors import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Bytes = bytes | memoryview

WRONG_KIND: Final = frozenset({errno.EINVAL, errno.ELOOP, errno.EISDIR})
"""The numbers of the errors that readers here raise for what is no regular file, or too large."""

# Some network file systems cannot sync a directory and offer nothing better.
_CANNOT_SYNC_DIRECTORY: Final = (errno.EINVAL, errno.ENOTSUP)


class Files:
    """The file operations of a checkpoint, one method each. Every method raises `OSError`."""

    def make_directory(self, path: Path) -> None:
        """Create a folder, as readable as the one that it is in; it must not exist."""
        permissions.make_folder(path)

    def write(self, path: Path, data: Bytes) -> None:
        """Write a file that must not exist, and wait until it is on disk."""
        write_new(path, [data], mode=permissions.mode_beside(path))

    def sync_directory(self, path: Path) -> None:
        """Wait until the names in a folder are on disk."""
        fsync_directory(path)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a folder."""
        source.rename(target)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and its contents, following no links."""
        shutil.rmtree(path)

    def free_bytes(self, path: Path) -> int | None:
        """See `free_bytes`."""
        return free_bytes(path)

    def read(self, path: Path, limit: int) -> bytes:
        """See `read_plain`."""
        return read_plain(path, limit)


def write_file(path: Path, data: Bytes, *, durable: bool = True) -> None:
    """Replace a file of a run as a whole; see `replace_file`.

    A new one is as readable as the folder that it is in.

    Raises:
        StorageError: It could not be written; the old file, if any, is untouched.
    """
    with storage_errors("write", path):
        replace_file(path, [data], durable=durable, mode=permissions.mode_beside(path))


def replace_file(
    path: Path,
    pieces: Iterable[Bytes],
    *,
    durable: bool = True,
    mode: int = permissions.OWNER_ONLY,
) -> None:
    """Write a file next to its final path and rename it into place once it is complete.

    Args:
        path: The file; its folder must exist. If it exists, it keeps its permissions.
        pieces: The new content; each piece is written as it comes.
        mode: The permissions of a new file.
        durable: Whether the new content must survive a loss of power. Without it, readers still see
            one whole version; use that for content that is cheap to write again.

    Raises:
        OSError: It could not be written; the old file, if any, is untouched. Whatever `pieces`
            raises is passed on, with the same effect.
    """
    temporary = temporary_path(path)
    try:
        kept = permissions.mode_at(path)
        write_new(temporary, pieces, durable=durable, mode=mode if kept is None else kept)
        temporary.replace(path)
    except BaseException:
        # Report the first failure; a leftover file is harmless.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        fsync_directory(path.parent)


def write_new(
    path: Path,
    pieces: Iterable[Bytes],
    *,
    durable: bool = True,
    mode: int = permissions.OWNER_ONLY,
) -> None:
    """Write a file that must not exist yet and, if durable, wait until it is on disk.

    Raises:
        OSError: It exists, or could not be written; part of it may be left.
    """
    descriptor = permissions.create(path, os.O_WRONLY, mode)
    try:
        for piece in pieces:
            write_all(descriptor, piece)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: Bytes) -> None:
    """Write all of the data, however many system calls it takes.

    Raises:
        OSError: The system refused; part of the data may have been written.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def fsync_directory(path: Path) -> None:
    """Make the names in a folder (new, renamed or removed) survive a loss of power.

    Raises:
        OSError: The folder could not be opened or synced.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_DIRECTORY:
            raise
    finally:
        os.close(descriptor)


def read_plain(
    path: Path, limit: int, *, owner: int | None = None, follow_links: bool = False
) -> bytes:
    """Read a regular file whole.

    Args:
        path: The file.
        limit: Its maximum size in bytes.
        owner: The user id that it must belong to, if that matters.
        follow_links: Whether it may be a link to a regular file, as a user's settings may be.

    Raises:
        OSError: It is missing, a link, a device, a pipe, another user's, too large, or unreadable.
    """
    # Without O_NONBLOCK, opening a pipe that has no writer would block for ever.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow_links:
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from None
        raise
    try:
        require_regular(descriptor, path)
        status = os.fstat(descriptor)
        _require_fitting(status, path, limit, owner)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # Not the limit, for which Python would reserve memory: it may come from a file too.
            return file.read(status.st_size)
    finally:
        os.close(descriptor)


def open_plain(path: Path, buffering: int = 0) -> BinaryIO:
    """Open a regular file, or a link to one, to read it in parts; without a buffer by default.

    Raises:
        OSError: It is missing, a folder, a device, a pipe, or unreadable.
    """
    # Without O_NONBLOCK, opening a pipe that has no writer would block for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        require_regular(descriptor, path)
        return os.fdopen(descriptor, "rb", buffering)
    except BaseException:
        os.close(descriptor)
        raise


def require_regular(descriptor: int, path: Path) -> None:
    """Refuse anything but a regular file.

    Raises:
        OSError: It is a folder, a device or a pipe.
    """
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def free_bytes(path: Path) -> int | None:
    """Free bytes on the folder's file system, or `None` if unknown.

    Raises:
        OSError: The folder does not exist, or its file system does not answer.
    """
    space = os.statvfs(path)
    if not space.f_blocks:
        return None
    # The blocks that a file system reserves are for the superuser.
    blocks = space.f_bavail if os.geteuid() else space.f_bfree
    return blocks * space.f_frsize


def is_in_place(descriptor: int, path: Path) -> bool:
    """Whether a path still leads to the file that was opened there.

    Raises:
        OSError: The file system does not answer.
    """
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _require_fitting(status: os.stat_result, path: Path, limit: int, owner: int | None) -> None:
    if owner is not None and status.st_uid != owner:
        raise OSError(errno.EPERM, f"it belongs to user {status.st_uid}, not {owner}", str(path))
    if status.st_size > limit:
        text = f"it holds {status.st_size:,} bytes, at most {limit:,} are expected"
        raise OSError(errno.EINVAL, text, str(path))
