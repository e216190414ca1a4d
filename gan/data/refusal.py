"""Builds the error for unusable data: one line with the file, what it has and what it should have.

File names and decoder messages are untrusted, so control characters in them are escaped.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gan.errors import DataError
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def refuse(path: Path, received: str, expected: str) -> DataError:
    """Return the error for a file that doesn't contain what was expected; the caller raises it."""
    name = safe_text(str(path), PATH_LIMIT)
    return DataError(f"{name}: received {safe_text(received)}, expected {safe_text(expected)}.")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Convert an `OSError` inside the block to a `DataError`.

    Raises:
        DataError: The file is missing, not permitted, or can't be read.
    """
    try:
        yield
    except OSError as error:
        received = f"an error while reading ({error.strerror or error})"
        raise refuse(path, received, "a readable file or folder") from error
