"""Reads .npz archives with arrays `x_train` and `y_train` (as in Keras), or `images` and `labels`.

`numpy.load` allocates whatever a header claims. Here the archive's directory, the array's header
and the file's size must agree before any data is unpacked. Nothing is unpickled.
"""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from gan.data.checks import (
    paired,
    read_exactly,
    reading,
    refuse,
    require_image_shape,
    require_plausible,
)
from gan.data.image_set import Arrays, Bytes, Progress
from gan.data.reading_options import DEFAULT_READING, ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.data.data_file import DataFile


_LAYOUTS: Final = (("x_train", "y_train"), ("images", "labels"))
"""Names of the arrays with images and labels; the preferred layout comes first."""

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that NumPy writes."""

_ENCRYPTED: Final = 0x1

_BAD_DATA: Final = (zipfile.BadZipFile, zlib.error, EOFError)
"""What `zipfile` raises if data is truncated or doesn't match its checksum."""

_BAD_HEADER: Final = (
    *_BAD_DATA,
    struct.error,
    tokenize.TokenError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What `zipfile` and NumPy's parser raise on invalid headers."""

_WHITE: Final = 255
"""The maximum value of a pixel or a label."""

_MIN_WHITE: Final = 128
"""Float images whose maximum is between 1 and this are ambiguous: neither 0 to 1 nor 0 to 255."""

_BLOCK: Final = 4096
"""Images converted at once; limits the size of temporary arrays."""


class _Header(NamedTuple):
    """The header of an array."""

    shape: tuple[int, ...]
    column_major: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """The size of the data in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read the training images of an archive, and their labels if it has any.

    Images must be uint8, or finite floats clearly scaled to 0..1 or 0..255. Labels must be integers
    from 0 to 255.

    Args:
        file: The archive.
        progress: Called after every piece of an array; counts bytes.
        options: How to read it.

    Raises:
        DataError: The archive can't be read or is damaged, has neither layout, or an array has the
            wrong type, shape or size.
    """
    del options
    path = file.path
    with reading(path), _opened(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        for images, labels in _LAYOUTS:
            if f"{images}.npy" in members:
                return _read_pair(path, archive, images, labels, progress)
    received = f"arrays {', '.join(sorted(members))}" if members else "no arrays"
    raise refuse(path, received, "x_train (and y_train), or images (and labels)")


@contextmanager
def _undamaged(path: Path, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise refuse(path, f"a damaged archive ({error})", "an intact .npz file") from error


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with _undamaged(path, _BAD_HEADER):
        archive = zipfile.ZipFile(path)
    with archive:
        yield archive


def _read_pair(
    path: Path, archive: zipfile.ZipFile, images: str, labels: str, progress: Progress
) -> Arrays:
    pixels = _to_pixels(path, _read_images(path, archive, images, progress))
    if f"{labels}.npy" not in archive.namelist():
        return Arrays(pixels, None)
    return paired(path, pixels, _read_labels(path, archive, labels, progress))


def _read_images(
    path: Path, archive: zipfile.ZipFile, name: str, progress: Progress
) -> npt.NDArray[Any]:
    with _member(path, archive, name) as stream:
        header = _read_header(path, stream)
        if header.dtype != np.uint8 and header.dtype.kind != "f":
            raise refuse(path, f"{name} of {_describe(header.dtype)}", "uint8 or floats")
        require_image_shape(path, header.shape)
        return _read_data(path, archive.getinfo(f"{name}.npy"), stream, header, progress)


def _to_pixels(path: Path, images: npt.NDArray[Any]) -> Bytes:
    """Convert uint8, or finite floats clearly scaled to 0..1 or 0..255, to uint8.

    Args:
        path: The file with the images, named in the error.
        images: uint8 or floats, n x 28 x 28, n >= 1.

    Raises:
        DataError: The floats aren't finite, or their scale isn't clear.
    """
    if images.dtype == np.uint8:
        return cast("Bytes", images)
    scale = _WHITE / _white_level(path, images)
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
    if low >= 0 and _MIN_WHITE <= high <= _WHITE:
        return _WHITE
    raise refuse(path, f"floats from {low:g} to {high:g}", "0 to 1 or 0 to 255")


def _read_labels(path: Path, archive: zipfile.ZipFile, name: str, progress: Progress) -> Bytes:
    with _member(path, archive, name) as stream:
        header = _read_header(path, stream)
        if header.dtype.kind not in "iu" or len(header.shape) != 1:
            received = f"{name} of {_describe(header.dtype)} and shape {header.shape}"
            raise refuse(path, received, "one integer per image")
        labels = _read_data(path, archive.getinfo(f"{name}.npy"), stream, header, progress)
    if labels.size and not 0 <= labels.min() <= labels.max() <= _WHITE:
        received = f"{name} from {labels.min()} to {labels.max()}"
        raise refuse(path, received, "labels from 0 to 255")
    return labels.astype(np.uint8)


@contextmanager
def _member(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[zipfile.ZipExtFile]:
    info = archive.getinfo(f"{name}.npy")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise refuse(path, f"{name} encrypted or in another compression", "stored or deflated data")
    with _undamaged(path, _BAD_HEADER):
        stream = cast("zipfile.ZipExtFile", archive.open(info))
    with stream:
        yield stream


def _read_header(path: Path, stream: zipfile.ZipExtFile) -> _Header:
    with _undamaged(path, _BAD_HEADER):
        return _parse_header(stream)


def _parse_header(stream: zipfile.ZipExtFile) -> _Header:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return _Header(*np.lib.format.read_array_header_1_0(stream))
    if version == (2, 0):
        return _Header(*np.lib.format.read_array_header_2_0(stream))
    msg = f".npy version {version}"
    raise ValueError(msg)


def _read_data(
    path: Path,
    info: zipfile.ZipInfo,
    stream: zipfile.ZipExtFile,
    header: _Header,
    progress: Progress,
) -> npt.NDArray[Any]:
    size = info.file_size - stream.tell()
    if size != header.size:
        received = f"{size} bytes of data in {info.filename}"
        raise refuse(path, received, f"{header.size}, as the header says")
    require_plausible(path, header.size)
    with _undamaged(path, _BAD_DATA):
        data = read_exactly(path, stream, header.size, progress)
    return data.view(header.dtype).reshape(header.shape, order="F" if header.column_major else "C")


def _describe(dtype: np.dtype[Any]) -> str:
    return "Python objects" if dtype.hasobject else f"type {dtype}"
