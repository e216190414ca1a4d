"""Reads IDX, the format in which MNIST was published: a header with the shape, then the values.

The header must agree with the length of the data. Format: http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import re
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.data.arrays.conforming import Conformed, conform
from gan.data.arrays.labels import ReadLabels, left_out, read_labels
from gan.data.arrays.raw import StoredArray
from gan.data.arrays.reading import with_labels
from gan.data.checks import MAX_ON_DISK, refuse, require_no_name
from gan.data.emnist import is_emnist
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.errors import DataError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Progress

_TYPES: Final[dict[int, np.dtype[Any]]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The element types, by the third byte of the file. All are big-endian."""

_MAX_DIMENSIONS: Final = 5
_IMAGES_MAGIC: Final = bytes([0, 0, 8, 3])


def read_idx_images(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Conformed:
    """Read a file of images, of any element type and size.

    Raises:
        DataError: The file can't be read, isn't IDX, doesn't have the length that its header
            announces, or its images can't be used.
    """
    raw = _read_header(file)
    if len(raw.shape) == 1:
        magic = bytes([0, 0, _code(raw.dtype), 1])
        raise refuse(
            file.path, f"{_describe_magic(magic)}, which is one of labels", "a file of images"
        )
    return conform(file.path, raw, progress, options, is_transposed=is_emnist(file.name))


def read_idx_labels(file: DataFile, progress: Progress) -> npt.NDArray[Any]:
    """Read a file of labels as it is: of any element type, and perhaps with several columns.

    Raises:
        DataError: The file can't be read, isn't IDX, holds images, or doesn't have the length that
            its header announces.
    """
    raw = _read_header(file)
    if len(raw.shape) > 2:  # noqa: PLR2004
        magic = _describe_magic(bytes([0, 0, _code(raw.dtype), len(raw.shape)]))
        raise refuse(file.path, magic, _describe_magic(bytes([0, 0, 8, 1])))
    if raw.shape[0] > MAX_ON_DISK:
        raise refuse(file.path, f"{raw.shape[0]} labels", f"at most {MAX_ON_DISK}")
    return raw.whole(progress)


def read_idx_file(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read a file of images, and its labels if their file is beside it.

    The labels of `train-images-idx3-ubyte.gz` are in `train-labels-idx1-ubyte`, gzipped or not.
    Labels that can't be used are left out.

    Raises:
        DataError: As `read_idx_images`.
    """
    require_no_name(file.path, options.array)
    read = read_idx_images(file, progress, options).arrays()
    labels = _find_labels(file)
    if labels is None:
        return read
    return with_labels(read, _read_labels(labels, len(read.images), progress))


def _read_labels(file: DataFile, count: int, progress: Progress) -> ReadLabels:
    name = f"in {file.path.name}"
    try:
        return read_labels(read_idx_labels(file, progress), count, name)
    except DataError as error:
        return ReadLabels(None, (left_out(name, str(error)),))


def _find_labels(file: DataFile) -> DataFile | None:
    """The file of the labels, which may be of another element type, as QMNIST's are."""
    name = file.name
    if "images" not in name:
        return None
    plain = name.replace("images", "labels").replace("idx3", "idx1")
    spellings = [plain]
    if (match := re.fullmatch(r"(.*)idx1([-.])\w+", plain)) is not None:
        stem, dash = match.groups()
        spellings += [f"{stem}idx1{dash}ubyte", f"{stem}idx1{dash}int", f"{stem}idx2{dash}int"]
    found = (file.sibling(spelling) for spelling in spellings)
    return next((sibling for sibling in found if sibling is not None), None)


def _read_header(file: DataFile) -> StoredArray:
    with file.opened() as stream:
        magic = stream.read(4)
        is_idx = magic[:2] == b"\0\0" and len(magic) == 4 and magic[2] in _TYPES  # noqa: PLR2004
        if not is_idx or not 1 <= magic[3] <= _MAX_DIMENSIONS:
            raise refuse(file.path, _describe_magic(magic), _describe_magic(_IMAGES_MAGIC))
        sizes = stream.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise refuse(file.path, f"{4 + len(sizes)} bytes", "a complete IDX header")
    shape = struct.unpack(f">{magic[3]}I", sizes)

    @contextmanager
    def values() -> Iterator[io.BufferedIOBase]:
        with file.opened() as stream:
            stream.read(4 + len(sizes))
            yield stream

    return StoredArray(
        file.path, "", shape, _TYPES[magic[2]], column_major=False, stored_size=file.stored_size,
        opened=values, begin=None if file.is_packed else 4 + len(sizes),
    )  # fmt: skip


def _code(dtype: np.dtype[Any]) -> int:
    return next(code for code, known in _TYPES.items() if known == dtype)


def _describe_magic(magic: bytes) -> str:
    """The first four bytes in words: 0, 0, the element type, the number of dimensions."""
    if magic.startswith(b"\0\0") and magic[2:3] and magic[2] in _TYPES and magic[3:]:
        name = _TYPES[magic[2]].name
        return f"IDX magic {magic.hex()} ({name}, {magic[3]}-dimensional)"
    return f"magic {magic.hex()}" if magic else "an empty file"
