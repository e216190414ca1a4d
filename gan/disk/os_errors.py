"""What the operating system says about a file, as one line that a person can act on.

Separate, so that every writer of a run turns the same fault into the same sentence, and so that a
full disk is known by where it happened and never by the class of an exception alone.
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
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EACCES: "Check who owns the folder and what its permissions are.",
    errno.EPERM: "Check who owns the folder and what its permissions are.",
    errno.ENOENT: "Check whether the folder was moved or deleted.",
}


def reason(error: OSError) -> str:
    """The system's own words for an error, without its number and path."""
    return error.strerror or str(error) or type(error).__name__


def error_number(error: StorageError) -> int | None:
    """The system's number for what went wrong, such as `errno.ENOSPC`.

    None where it was not the system that refused, as when a file reads back differently.
    """
    cause = error.__cause__
    return cause.errno if isinstance(cause, OSError) else None


@contextmanager
def storage_errors(action: str, path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StorageError`.

    Args:
        action: What is being done, as it follows `cannot`, such as `write`.
        path: What it is done to.

    Raises:
        StorageError: The block raised an `OSError`; `error_number` tells which.
    """
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "")
        raise StorageError(f"cannot {action} {path}: {reason(error)}. {advice}".rstrip()) from error
