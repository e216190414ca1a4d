"""Operating system errors as one line that a person can act on.

Every reader and writer of a run uses `storage_errors`, so the same fault gives the same sentence
everywhere. A full disk is recognized by where it happened, never by the class of the exception.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gan.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ADVICE: Final = {
    errno.ENOSPC: "Free some space, or choose another folder.",
    errno.EDQUOT: "Free some of your quota, or choose another folder.",
    errno.EFBIG: "Raise the limit on the size of files (`ulimit -f`), or choose another folder.",
    errno.EMFILE: "Raise the limit on open files (`ulimit -n`).",
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EACCES: "Check who owns the folder and what its permissions are.",
    errno.EPERM: "Check who owns the folder and what its permissions are.",
    errno.ENOENT: "Check whether the folder was moved or deleted.",
}


def reason(error: OSError) -> str:
    """The system's message for an error, without its number and path."""
    return error.strerror or str(error) or type(error).__name__


def error_number(error: StorageError) -> int | None:
    """The system's error number, such as `errno.ENOSPC`.

    `None` if no system call failed, as when a file does not read back as it was written.
    """
    cause = error.__cause__
    return cause.errno if isinstance(cause, OSError) else None


@contextmanager
def storage_errors(action: str, path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StorageError`.

    Args:
        action: What the block does, as a verb that follows `cannot`, such as `write`.
        path: The file or folder.

    Raises:
        StorageError: The block raised an `OSError`; `error_number` gives its number.
    """
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "")
        raise StorageError(f"cannot {action} {path}: {reason(error)}. {advice}".rstrip()) from error
