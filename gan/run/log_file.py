"""The file of an event log: opened, copied in part, and put back where it was deleted.

Every function may raise `OSError`.
"""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from gan.disk.files import fsync_directory, require_regular
from gan.disk.permissions import create, mode_beside

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending, unbuffered, or create an empty one."""
    # Without O_NONBLOCK, writing to a pipe that took the log's place would block for ever.
    flags = _FLAGS | os.O_NONBLOCK
    try:
        descriptor = create(path, flags, mode_beside(path))
    except FileExistsError:
        descriptor = os.open(path, flags)
    try:
        require_regular(descriptor, path)
        return os.fdopen(descriptor, "r+b", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def unused_name(path: Path, kind: str) -> Path:
    """The first unused name for a part of a log, such as `events.jsonl.cut-1`."""
    for number in itertools.count(1):
        unused = path.with_name(f"{path.name}.{kind}-{number}")
        if not os.path.lexists(unused):
            break
    return unused


def copy_from(file: BinaryIO, offset: int, path: Path) -> Path:
    """Copy a log from an offset on to a new file, and wait until it is on disk.

    Args:
        file: The open log.
        offset: In bytes.
        path: The new file; nothing is left there if that fails.

    Returns:
        The path.
    """
    try:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        with os.fdopen(create(path, _FLAGS, mode), "wb") as copy:
            file.seek(offset)
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())
        fsync_directory(path.parent)
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def restore(file: BinaryIO, path: Path) -> str:
    """Write a log that is not at its path any more anew, from the file that is still open.

    Args:
        file: The open log; afterwards it is the one at the path.
        path: Where it belongs. Whatever is there is kept under another name.

    Returns:
        What happened, as a warning.
    """
    copy = copy_from(file, 0, unused_name(path, "restored"))
    try:
        return _switch_to(file, path, copy)
    except OSError:
        with suppress(OSError):
            copy.unlink(missing_ok=True)
        raise


def _switch_to(file: BinaryIO, path: Path, copy: Path) -> str:
    """Rename a copy into place, keep whatever is there, and return what happened."""
    text = f"{path.name} was deleted during the run; it has been restored."
    with open_log(copy) as restored:
        if os.path.lexists(path):
            kept = path.rename(unused_name(path, "replaced"))
            text = f"{path.name} was replaced during the run; kept as {kept.name}."
        copy.rename(path)
        # Closes the lost file at the same moment.
        os.dup2(restored.fileno(), file.fileno(), inheritable=False)
    fsync_directory(path.parent)
    return text
