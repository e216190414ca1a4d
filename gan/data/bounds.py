"""What a reader returns, and how much of it there may be.

Separate from the formats because the bounds are the same for all of them: a file is believed only
as far as its size on disk makes its claims plausible, and is never read past what it announced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.data.image_set import SIDE
from gan.data.refusal import refuse
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence
    from pathlib import Path

    from gan.data.image_set import Progress

Bytes = npt.NDArray[np.uint8]

MAX_IMAGES: Final = 10_000_000
"""The most images that one source may hold: 7.84 GB of pixels."""

MAX_BYTES: Final = 8 * 2**30
"""The most bytes that one array may take once it is unpacked."""

_MAX_RATIO: Final = 200
"""How many times larger an array may be than its file; MNIST packs 5 to 1, zeros 1000 to 1."""

_HARMLESS: Final = 64 * 2**20
"""Bytes that may be unpacked from a file of any size."""

_CHUNK: Final = 2**20


class Arrays(NamedTuple):
    """Validated images, and their labels where there are any."""

    images: Bytes
    """n x 28 x 28, 0 to 255, n at least 1."""

    labels: Bytes | None
    """n labels, or none."""


def paired(path: Path, images: Bytes, labels: Bytes | None) -> Arrays:
    """Join images with labels.

    Raises:
        DataError: There is not exactly one label an image; it names `path`, the labels' file.
    """
    if labels is not None and len(labels) != len(images):
        raise refuse(path, f"{len(labels)} labels", f"{len(images)}, one for each image")
    return Arrays(images, labels)


def require_image_shape(path: Path, shape: Sequence[int]) -> None:
    """Refuse a shape other than n x 28 x 28 with 1 to `MAX_IMAGES` images.

    Raises:
        DataError: The shape is another one.
    """
    if tuple(shape) != (*shape[:1], SIDE, SIDE):
        received = f"an array of shape {' x '.join(map(str, shape)) or 'none'}"
        raise refuse(path, received, f"images of n x {SIDE} x {SIDE}")
    require_count(path, shape[0])


def require_count(path: Path, count: int) -> None:
    """Refuse a source that is empty or too large.

    Raises:
        DataError: There are none, or more than `MAX_IMAGES`.
    """
    if not 1 <= count <= MAX_IMAGES:
        raise refuse(path, f"{count} images", f"1 to {MAX_IMAGES}")


def require_plausible(path: Path, unpacked: int) -> None:
    """Refuse, before anything is unpacked, an array that its file cannot honestly hold.

    Args:
        path: The packed file.
        unpacked: Bytes that it announces.

    Raises:
        DataError: The array is over `MAX_BYTES`, or so much larger than the file that the file
            is built to exhaust memory.
    """
    if unpacked > MAX_BYTES:
        raise refuse(path, f"{unpacked} bytes once unpacked", f"at most {MAX_BYTES}")
    packed = path.stat().st_size
    if unpacked > max(_HARMLESS, _MAX_RATIO * packed):
        received = f"{packed} bytes that claim to unpack into {unpacked}"
        raise refuse(path, received, f"at most {_MAX_RATIO} times the file's size")


def read_exactly(path: Path, stream: io.BufferedIOBase, size: int, progress: Progress) -> Bytes:
    """Read `size` bytes in small pieces, so that a stream cannot hand over more than asked.

    Args:
        path: Where the stream comes from.
        stream: A file or a decompressor, at the array's first byte.
        size: Bytes in the array.
        progress: Told about every piece, in bytes.

    Returns:
        One uint8 array of `size` bytes.

    Raises:
        DataError: The stream ends early.
    """
    data = np.empty(size, np.uint8)
    what = f"reading {safe_text(path.name)}"
    done = 0
    while done < size:
        count = stream.readinto(data.data[done : done + _CHUNK])
        if not count:
            raise refuse(path, f"{done} bytes of data", f"{size}, as its header says")
        done += count
        progress(what, done, size, "bytes")
    return data
