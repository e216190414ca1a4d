"""NumPy archives: Keras's layout (`x_train`, `y_train`), or `images` and perhaps `labels`.

Separate from `numpy.load` because that trusts the file: it allocates whatever a header claims.
Here the archive's directory and the array's header are read first and must agree with each other
and with the size on disk before a byte of data is unpacked. Nothing is ever unpickled.
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

from gan.data.bounds import (
    Arrays,
    Bytes,
    paired,
    read_exactly,
    require_image_shape,
    require_plausible,
)
from gan.data.refusal import reading, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.data.image_set import Progress

_LAYOUTS: Final = (("x_train", "y_train"), ("images", "labels"))
"""Names of the images and the labels, the preferred layout first."""

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that NumPy writes."""

_ENCRYPTED: Final = 0x1

_WHITE: Final = 255
_LEAST_WHITE: Final = 128
"""What the brightest float must reach to be clearly on a scale of 255: under it, who knows."""

_BLOCK: Final = 4096
"""Images converted at a time, so that the temporary arrays stay small."""

_BAD_DATA: Final = (zipfile.BadZipFile, zlib.error, EOFError)
"""What `zipfile` raises on data that is cut or does not match its checksum."""

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
"""What `zipfile` and NumPy's parser raise besides on headers that are not theirs."""


class _Header(NamedTuple):
    """What an array says of itself."""

    shape: tuple[int, ...]
    column_major: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes of data."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz(path: Path, progress: Progress) -> Arrays:
    """Read the training images of an archive, and their labels if it has any.

    Images are uint8, or floats that are finite and clearly within 0..1 or 0..255. Labels are
    whole numbers from 0 to 255.

    Raises:
        DataError: The archive is unreadable or damaged, holds neither layout, or an array has
            another type, shape or size than it must have.
    """
    with reading(path), _opened(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        for images, labels in _LAYOUTS:
            if f"{images}.npy" in members:
                return _read_pair(path, archive, images, labels, progress)
    received = f"arrays {', '.join(sorted(members)) or 'none'}"
    raise refuse(path, received, "x_train (and y_train), or images (and labels)")


@contextmanager
def _undamaged(path: Path, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise refuse(path, f"a damaged archive ({error})", "a whole .npz file") from error


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
            raise refuse(path, f"{name} of {_describe(header.dtype)}", "uint8, or floats")
        require_image_shape(path, header.shape)
        return _read_data(path, archive.getinfo(f"{name}.npy"), stream, header, progress)


def _read_labels(path: Path, archive: zipfile.ZipFile, name: str, progress: Progress) -> Bytes:
    with _member(path, archive, name) as stream:
        header = _read_header(path, stream)
        if header.dtype.kind not in "iu" or len(header.shape) != 1:
            received = f"{name} of {_describe(header.dtype)} and shape {header.shape}"
            raise refuse(path, received, "one whole number for each image")
        labels = _read_data(path, archive.getinfo(f"{name}.npy"), stream, header, progress)
    if labels.size and not 0 <= labels.min() <= labels.max() <= _WHITE:
        received = f"{name} from {labels.min()} to {labels.max()}"
        raise refuse(path, received, "labels from 0 to 255")
    return labels.astype(np.uint8)


@contextmanager
def _member(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[zipfile.ZipExtFile]:
    info = archive.getinfo(f"{name}.npy")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise refuse(path, f"{name} encrypted or packed in another way", "stored or deflated")
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
    follows = info.file_size - stream.tell()
    if follows != header.size:
        received = f"{follows} bytes of data in {info.filename}"
        raise refuse(path, received, f"{header.size}, as its header says")
    require_plausible(path, header.size)
    with _undamaged(path, _BAD_DATA):
        data = read_exactly(path, stream, header.size, progress)
    return data.view(header.dtype).reshape(header.shape, order="F" if header.column_major else "C")


def _to_pixels(path: Path, images: npt.NDArray[Any]) -> Bytes:
    if images.dtype == np.uint8:
        return cast("Bytes", images)
    scale = _WHITE / _white_level(path, images)
    pixels = np.empty(images.shape, np.uint8)
    for first in range(0, len(images), _BLOCK):
        block = images[first : first + _BLOCK].astype(np.float32)
        pixels[first : first + _BLOCK] = np.rint(block * scale)
    return pixels


def _white_level(path: Path, images: npt.NDArray[np.floating[Any]]) -> int:
    """The value that stands for white: 1 or 255."""
    # The smallest and the largest of an array with a NaN in it are NaN.
    with np.errstate(invalid="ignore"):
        low, high = float(images.min()), float(images.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise refuse(path, f"floats from {low:g} to {high:g}", "finite numbers")
    if low >= 0 and high <= 1:
        return 1
    if low >= 0 and _LEAST_WHITE <= high <= _WHITE:
        return _WHITE
    raise refuse(path, f"floats from {low:g} to {high:g}", "0 to 1 or 0 to 255")


def _describe(dtype: np.dtype[Any]) -> str:
    return "Python objects" if dtype.hasobject else f"type {dtype}"
