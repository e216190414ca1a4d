"""Reads IDX, the format in which MNIST was published: a header with the shape, then the bytes.

The header must agree with the length of the data. Format: http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from gan.data.checks import (
    MAX_IMAGES,
    paired,
    read_exactly,
    reading,
    refuse,
    require_image_shape,
    require_plausible,
)
from gan.data.data_file import DataFile, DiskFile
from gan.data.image_set import Arrays, Bytes, Progress
from gan.data.reading_options import DEFAULT_READING, ReadingOptions

if TYPE_CHECKING:
    import io
    from pathlib import Path

_UINT8: Final = b"\x08"
_TYPES: Final = {
    _UINT8: "uint8",
    b"\x09": "int8",
    b"\x0b": "int16",
    b"\x0c": "int32",
    b"\x0d": "float32",
    b"\x0e": "float64",
}
"""Names of the element types, by the third byte of the file."""

_IMAGE_DIMENSIONS: Final = 3
_LABEL_DIMENSIONS: Final = 1


def read_idx_images(file: DataFile, progress: Progress) -> Bytes:
    """Read a file of images.

    Returns:
        uint8, n x 28 x 28.

    Raises:
        DataError: The file can't be read, isn't IDX, has another type or shape, or doesn't have the
            length that its header announces.
    """
    with file.opened() as stream:
        shape = _read_shape(file.path, stream, _IMAGE_DIMENSIONS)
        require_image_shape(file.path, shape)
        return _read_elements(file, stream, shape, progress)


def read_idx_labels(file: DataFile, progress: Progress) -> Bytes:
    """Read a file of labels.

    Returns:
        uint8, n.

    Raises:
        DataError: As `read_idx_images`.
    """
    with file.opened() as stream:
        shape = _read_shape(file.path, stream, _LABEL_DIMENSIONS)
        if shape[0] > MAX_IMAGES:
            raise refuse(file.path, f"{shape[0]} labels", f"at most {MAX_IMAGES}")
        return _read_elements(file, stream, shape, progress)


def read_idx_file(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read a file of images, and its labels if their file is beside it.

    The labels of `train-images-idx3-ubyte.gz` are in `train-labels-idx1-ubyte`, gzipped or not.

    Raises:
        DataError: As `read_idx_images`, or there isn't exactly one label per image.
    """
    del options
    images = read_idx_images(file, progress)
    labels = _find_labels(file)
    if labels is None:
        return Arrays(images, None)
    return paired(labels.path, images, read_idx_labels(labels, progress))


def holds_idx(folder: Path) -> bool:
    """Whether a folder contains any of MNIST's four files, in any of their spellings."""
    parts = ("train-images", "train-labels", "t10k-images", "t10k-labels")
    return any(_find(folder, part) is not None for part in parts)


def read_idx_folder(
    folder: Path, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read the training images of a folder with MNIST's files, and their labels if present.

    Raises:
        DataError: The folder has no training images, or as `read_idx_file`.
    """
    images = _find(folder, "train-images")
    if images is None:
        received = "IDX files without training images"
        raise refuse(folder, received, "train-images-idx3-ubyte or train-images-idx3-ubyte.gz")
    return read_idx_file(DiskFile(images), progress, options)


def _find(folder: Path, part: str) -> Path | None:
    rank = "idx3" if part.endswith("images") else "idx1"
    names = (f"{part}{dot}{rank}-ubyte" for dot in "-.")
    return _first_file([folder / name for name in names])


def _find_labels(file: DataFile) -> DataFile | None:
    if "images" not in file.name:
        return None
    return file.sibling(file.name.replace("images", "labels").replace("idx3", "idx1"))


def _first_file(plain: list[Path]) -> Path | None:
    """The first path that exists. Plain files come before gzipped ones."""
    packed = [path.with_name(path.name + ".gz") for path in plain]
    with reading(plain[0].parent):
        return next((path for path in plain + packed if path.is_file()), None)


def _read_shape(path: Path, stream: io.BufferedIOBase, dimensions: int) -> tuple[int, ...]:
    magic = stream.read(4)
    wanted = b"\0\0" + _UINT8 + bytes([dimensions])
    if magic != wanted:
        raise refuse(path, _describe_magic(magic), _describe_magic(wanted))
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise refuse(path, f"{4 + len(sizes)} bytes", "a complete IDX header")
    return struct.unpack(f">{dimensions}I", sizes)


def _describe_magic(magic: bytes) -> str:
    """The first four bytes in words: 0, 0, the element type, the number of dimensions."""
    if magic.startswith(b"\0\0") and magic[2:3] in _TYPES and magic[3:]:
        return f"IDX magic {magic.hex()} ({_TYPES[magic[2:3]]}, {magic[3]}-dimensional)"
    return f"magic {magic.hex()}" if magic else "an empty file"


def _read_elements(
    file: DataFile, stream: io.BufferedIOBase, shape: tuple[int, ...], progress: Progress
) -> Bytes:
    size = math.prod(shape)
    require_plausible(file.path, size, file.stored_size)
    elements = read_exactly(file.path, stream, size, progress)
    if stream.read(1):
        raise refuse(file.path, f"more than {size} bytes of data", f"{size}, as the header says")
    return elements.reshape(shape)
