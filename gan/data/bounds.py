"""What all readers share: checks, size limits, and the conversion to pixels.

A header is trusted only if its claims are plausible for the file's size on disk, and no more bytes
are read than the header announced.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from gan.data.image_set import Arrays, Bytes, Progress
from gan.data.refusal import refuse
from gan.events import IMAGE_SIDE
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence
    from pathlib import Path


MAX_IMAGES: Final = 10_000_000
"""Maximum number of images in one source: 7.84 GB of pixels."""

MAX_BYTES: Final = 8 * 2**30
"""Maximum size of one array in bytes, once unpacked."""

_MAX_RATIO: Final = 200
"""Maximum ratio of unpacked to packed size. MNIST compresses 5 to 1, zeros 1000 to 1."""

_HARMLESS: Final = 64 * 2**20
"""Bytes that may always be unpacked, whatever the file's size."""

_CHUNK: Final = 2**20

WHITE: Final = 255
"""The maximum value of a pixel or a label."""

_MIN_WHITE: Final = 128
"""Float images whose maximum is between 1 and this are ambiguous: neither 0 to 1 nor 0 to 255."""

_BLOCK: Final = 4096
"""Images converted at once; limits the size of temporary arrays."""


def paired(path: Path, images: Bytes, labels: Bytes | None) -> Arrays:
    """Combine images with their labels.

    Args:
        path: The file with the labels, named in the error.
        images: uint8, n x 28 x 28.
        labels: uint8, n, or `None`.

    Raises:
        DataError: There isn't exactly one label per image.
    """
    if labels is not None and len(labels) != len(images):
        raise refuse(path, f"{len(labels)} labels", f"{len(images)}, one per image")
    return Arrays(images, labels)


def require_image_shape(path: Path, shape: Sequence[int]) -> None:
    """Refuse a shape other than n x 28 x 28 with 1 to `MAX_IMAGES` images.

    Raises:
        DataError: The shape is different.
    """
    if tuple(shape) != (*shape[:1], IMAGE_SIDE, IMAGE_SIDE):
        received = f"an array of shape {' x '.join(map(str, shape)) or '()'}"
        raise refuse(path, received, f"images of shape n x {IMAGE_SIDE} x {IMAGE_SIDE}")
    require_count(path, shape[0])


def require_count(path: Path, count: int) -> None:
    """Refuse a source with no images or more than `MAX_IMAGES`.

    Raises:
        DataError: The count is out of range.
    """
    if not 1 <= count <= MAX_IMAGES:
        raise refuse(path, f"{count} images", f"1 to {MAX_IMAGES}")


def require_plausible(path: Path, unpacked: int) -> None:
    """Refuse an array that is implausibly large for its file, before unpacking anything.

    Args:
        path: The packed file.
        unpacked: The array's size in bytes according to its header.

    Raises:
        DataError: The array is larger than `MAX_BYTES`, or so much larger than its file that the
            file is likely a decompression bomb.
    """
    if unpacked > MAX_BYTES:
        raise refuse(path, f"{unpacked} bytes when unpacked", f"at most {MAX_BYTES}")
    packed = path.stat().st_size
    if unpacked > max(_HARMLESS, _MAX_RATIO * packed):
        received = f"a file of {packed} bytes that claims to unpack to {unpacked}"
        raise refuse(path, received, f"at most {_MAX_RATIO} times the file's size")


def read_exactly(path: Path, stream: io.BufferedIOBase, size: int, progress: Progress) -> Bytes:
    """Read exactly `size` bytes, in small pieces so that a stream can't return more.

    Args:
        path: The file behind the stream, named in the error.
        stream: A file or a decompressor, at the array's first byte.
        size: The array's size in bytes.
        progress: Called after every piece; counts bytes.

    Returns:
        A uint8 array of length `size`.

    Raises:
        DataError: The stream ends early.
    """
    data = np.empty(size, np.uint8)
    what = f"reading {safe_text(path.name)}"
    done = 0
    while done < size:
        count = stream.readinto(data.data[done : done + _CHUNK])
        if not count:
            raise refuse(path, f"{done} bytes of data", f"{size}, as the header says")
        done += count
        progress(what, done, size, "bytes")
    return data


def to_pixels(path: Path, images: npt.NDArray[Any]) -> Bytes:
    """Convert uint8, or finite floats clearly scaled to 0..1 or 0..255, to uint8.

    Args:
        path: The file with the images, named in the error.
        images: uint8 or floats, n x 28 x 28, n >= 1.

    Raises:
        DataError: The floats aren't finite, or their scale isn't clear.
    """
    if images.dtype == np.uint8:
        return cast("Bytes", images)
    scale = WHITE / _white_level(path, images)
    pixels = np.empty(images.shape, np.uint8)
    for first in range(0, len(images), _BLOCK):
        block = images[first : first + _BLOCK].astype(np.float32)
        pixels[first : first + _BLOCK] = np.rint(block * scale)
    return pixels


def _white_level(path: Path, images: npt.NDArray[np.floating[Any]]) -> int:
    """The value of white: 1 or 255."""
    # If the array contains a NaN, its minimum and maximum are NaN.
    with np.errstate(invalid="ignore"):
        low, high = float(images.min()), float(images.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise refuse(path, f"floats from {low:g} to {high:g}", "finite numbers")
    if low >= 0 and high <= 1:
        return 1
    if low >= 0 and _MIN_WHITE <= high <= WHITE:
        return WHITE
    raise refuse(path, f"floats from {low:g} to {high:g}", "0 to 1 or 0 to 255")
