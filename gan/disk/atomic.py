"""Files that are either the old one or the new one, never half of either.

A reader that opens the path at any moment, and a machine that loses power at any moment, find one
whole version. The order of operations here is the whole point, so it stands in one place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors

if TYPE_CHECKING:
    from pathlib import Path

# Some network file systems cannot sync a directory, and have nothing better to offer.
_CANNOT_SYNC_DIRECTORY: Final = (errno.EINVAL, errno.ENOTSUP)


def write_bytes(
    path: Path, data: bytes | memoryview, *, mode: int = 0o600, durable: bool = True
) -> None:
    """Replace a file as a whole.

    Args:
        path: The file; its folder must exist.
        data: The whole new content.
        mode: Permissions of the new file, before the process's umask.
        durable: Whether the new content must survive a loss of power. Without it a reader still
            sees one whole version; it is for what is written again within seconds.

    Raises:
        StorageError: It could not be written; the old file, if any, is untouched.
    """
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")
    with storage_errors("write", path):
        try:
            write_new(temporary, data, mode=mode, durable=durable)
            temporary.replace(path)
        except BaseException:
            # The first failure is the one to report; a leftover would be harmless.
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        if durable:
            fsync_directory(path.parent)


def write_new(
    path: Path, data: bytes | memoryview, *, mode: int = 0o600, durable: bool = True
) -> None:
    """Write a file that must not exist yet, and by default wait until it is on disk.

    Raises:
        OSError: It exists, or could not be written; a part of it may be left.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        write_all(descriptor, data)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of the data, however many system calls it takes.

    Raises:
        OSError: The system refused; some of the data may have been written.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def fsync_directory(path: Path) -> None:
    """Make the names in a folder, new, renamed or removed, survive a loss of power.

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
