"""What all readers share: the error for unusable data, and the checks and limits that raise it.

The error is one line with the file, what it has and what it should have. File names and decoder
messages are untrusted, so control characters in them are escaped. A header is trusted only if its
claims are plausible for the file's size on disk.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gan.errors import DataError
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.opening.paths import DataPath

MAX_IMAGES: Final = 10_000_000
"""Maximum number of images in memory: 7.84 GB of pixels."""

MAX_ON_DISK: Final = 2**31 - 1
"""Maximum number of images that stay in their file: the order of an epoch is of int32."""

MAX_BYTES: Final = 8 * 2**30
"""Maximum size of one array in bytes, once unpacked."""

_MAX_RATIO: Final = 200
"""Maximum ratio of unpacked to packed size. MNIST compresses 5 to 1, zeros 1000 to 1."""

_HARMLESS: Final = 64 * 2**20
"""Bytes that may always be unpacked, whatever the file's size."""


def refuse(path: DataPath, received: str, expected: str) -> DataError:
    """Return the error for a file that doesn't contain what was expected; the caller raises it."""
    name = safe_text(str(path), PATH_LIMIT)
    return DataError(f"{name}: received {safe_text(received)}, expected {safe_text(expected)}.")


@contextmanager
def reading(path: DataPath) -> Iterator[None]:
    """Convert an `OSError` inside the block to a `DataError`.

    Raises:
        DataError: The file is missing, not permitted, or can't be read.
    """
    try:
        yield
    except OSError as error:
        received = f"an error while reading ({error.strerror or error})"
        raise refuse(path, received, "a readable file or folder") from error


def require_no_name(path: DataPath, name: str) -> None:
    """Refuse a name after the path of a file that has but one array.

    Raises:
        DataError: There is a name.
    """
    if name:
        raise refuse(path, f"the name {name} of something in it", "a file of several arrays")


def require_count(path: DataPath, count: int, most: int = MAX_IMAGES) -> None:
    """Refuse a source with no images or more than `most`.

    Raises:
        DataError: The count is out of range.
    """
    if not 1 <= count <= most:
        raise refuse(path, f"{count} images", f"1 to {most}")


def require_plausible(path: DataPath, unpacked: int, packed: int | None = None) -> None:
    """Refuse an array that is implausibly large for its file, before unpacking anything.

    Args:
        path: The packed file.
        unpacked: The array's size in bytes according to its header.
        packed: The size on disk of what it is in; by default that of the file at `path`.

    Raises:
        DataError: The array is larger than `MAX_BYTES`, or so much larger than its file that the
            file is likely a decompression bomb.
    """
    if unpacked > MAX_BYTES:
        raise refuse(path, f"{unpacked} bytes when unpacked", f"at most {MAX_BYTES}")
    packed = path.stat().st_size if packed is None else packed
    if unpacked > largest_unpacked(packed):
        received = f"a file of {packed} bytes that claims to unpack to {unpacked}"
        raise refuse(path, received, f"at most {_MAX_RATIO} times the file's size")


def largest_unpacked(packed: int) -> int:
    """The greatest plausible size of what is packed in a number of bytes, in bytes."""
    return min(MAX_BYTES, max(_HARMLESS, _MAX_RATIO * packed))
