"""How a source of images is refused: one printable line that names the file and both sides.

Separate because every reader refuses, and because names of files and the words of a decoder's
error come from outside: what they hold must reach neither a terminal nor a log as it is.
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
    """The error that says what a file holds and what it should hold; the caller raises it."""
    name = safe_text(str(path), PATH_LIMIT)
    return DataError(f"{name}: received {safe_text(received)}, expected {safe_text(expected)}.")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals inside the block into ours.

    Raises:
        DataError: The file is missing, forbidden, or fails while it is read.
    """
    try:
        yield
    except OSError as error:
        received = f"an error while reading ({error.strerror or error})"
        raise refuse(path, received, "a readable file or folder") from error
