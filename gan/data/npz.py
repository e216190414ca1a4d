"""Reads NumPy's files: `.npz` archives of named arrays, and `.npy` files of one.

`numpy.load` allocates whatever a header claims. Here the archive's directory, the array's header
and the file's size must agree before any data is unpacked. Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from gan.data.arrays.naming import Candidate, choose
from gan.data.arrays.npy import BAD_HEADER, Header, read_header
from gan.data.arrays.raw import StoredArray
from gan.data.arrays.reading import read_choice
from gan.data.arrays.shapes import EXPECTED
from gan.data.checks import refuse, require_no_name
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Progress

_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods that NumPy writes."""

_ENCRYPTED: Final = 0x1

_MAX_ARRAYS: Final = 10_000

_BAD_DATA: Final = (zipfile.BadZipFile, zlib.error, EOFError)
"""What `zipfile` raises if data is truncated or doesn't match its checksum."""

_BAD_ARCHIVE: Final = (*_BAD_DATA, NotImplementedError, *BAD_HEADER)
"""What `zipfile` and NumPy's parser raise on invalid directories and headers."""


def read_npz(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read images, and labels if there are any.

    The images are the array that the user named, else one that is called as images are (`x_train`,
    `images`, `data`, `arr_0`, ...), else the only array that can be images. Labels that can't be
    used are left out.

    Args:
        file: The archive.
        progress: Called after every piece of an array; counts bytes.
        options: How to read it.

    Raises:
        DataError: The archive can't be read or is damaged, it isn't clear which array holds the
            images, or they can't be used.
    """
    path = file.path
    with file.opened() as stream, _archive(path, stream) as archive:
        headers = _headers(path, archive)
        candidates = [Candidate(n, h.shape, h.dtype) for n, h in headers.items()]
        choice = choose(path, candidates, options.array)
        stored_size = file.stored_size

        def raw_of(chosen: Candidate) -> StoredArray:
            return _stored(path, archive, chosen.name, headers[chosen.name], stored_size)

        return read_choice(path, choice, raw_of, progress, options)


def read_npy(
    file: DataFile, progress: Progress, options: ReadingOptions = DEFAULT_READING
) -> Arrays:
    """Read a file of one array: images, or a table of them with a column of labels.

    Raises:
        DataError: The file can't be read, or the array isn't one of images.
    """
    require_no_name(file.path, options.array)
    path, raw = file.path, _npy_array(file)
    images = Candidate(raw.name, raw.shape, raw.dtype)
    if not images.is_image_like:
        raise refuse(path, f"the array {images}", EXPECTED)
    choice = choose(path, [images], raw.name)
    return read_choice(path, choice, lambda _: raw, progress, options)


def read_npy_values(file: DataFile, progress: Progress) -> npt.NDArray[Any]:
    """The values of a file of one array, whatever they are.

    Raises:
        DataError: The file can't be read.
    """
    return _npy_array(file).whole(progress)


def read_npz_values(file: DataFile, progress: Progress) -> npt.NDArray[Any]:
    """The values of the only array in an archive, whatever they are.

    Raises:
        DataError: The file can't be read or has several arrays.
    """
    path = file.path
    with file.opened() as stream, _archive(path, stream) as archive:
        headers = _headers(path, archive)
        if len(headers) != 1:
            raise refuse(path, f"{len(headers)} arrays", "one")
        ((name, header),) = headers.items()
        if header.dtype.hasobject:
            raise refuse(path, "Python objects, which are never opened", "numbers or text")
        return _stored(path, archive, name, header, file.stored_size).whole(progress)


def _npy_array(file: DataFile) -> StoredArray:
    header, stored_size = _npy_header(file), file.stored_size

    @contextmanager
    def values() -> Iterator[io.BufferedIOBase]:
        with file.opened() as stream:
            stream.seek(header.length)
            yield stream

    name = file.name.removesuffix(".npy")
    return StoredArray(
        file.path, name, header.shape, header.dtype, header.column_major, stored_size, values,
        begin=None if file.is_packed else header.length,
    )  # fmt: skip


def _npy_header(file: DataFile) -> Header:
    try:
        with file.opened() as stream:
            header = read_header(stream)
    except BAD_HEADER as error:
        raise refuse(file.path, f"a damaged array ({error})", "an intact .npy file") from error
    if header.dtype.hasobject:
        received = "an array of Python objects, a pickle, which is never opened"
        raise refuse(file.path, received, "an array of numbers; save it with a numeric dtype")
    return header


@contextmanager
def _undamaged(path: Path, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise refuse(path, f"a damaged archive ({error})", "an intact .npz file") from error


@contextmanager
def _archive(path: Path, stream: io.BufferedIOBase) -> Iterator[zipfile.ZipFile]:
    with _undamaged(path, _BAD_ARCHIVE):
        archive = zipfile.ZipFile(stream)
    with archive:
        yield archive


def _headers(path: Path, archive: zipfile.ZipFile) -> dict[str, Header]:
    """The headers of all arrays, by name."""
    infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    if not infos:
        names = ", ".join(sorted(info.filename for info in archive.infolist())[:10])
        received = f"no arrays, but {names}" if names else "no arrays"
        raise refuse(path, received, "x_train (and y_train), or images (and labels)")
    if len(infos) > _MAX_ARRAYS:
        raise refuse(path, f"{len(infos)} arrays", f"at most {_MAX_ARRAYS}")
    return {info.filename.removesuffix(".npy"): _header(path, archive, info) for info in infos}


def _header(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Header:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        received = f"{info.filename} encrypted or in another compression"
        raise refuse(path, received, "stored or deflated data")
    with _undamaged(path, _BAD_ARCHIVE), archive.open(info) as stream:
        return read_header(stream)


def _stored(
    path: Path, archive: zipfile.ZipFile, name: str, header: Header, stored_size: int
) -> StoredArray:
    info = archive.getinfo(f"{name}.npy")
    size = info.file_size - header.length
    if size != header.size:
        received = f"{size} bytes of data in {safe_text(info.filename)}"
        raise refuse(path, received, f"{header.size}, as the header says")

    @contextmanager
    def values() -> Iterator[io.BufferedIOBase]:
        with _undamaged(path, _BAD_DATA), archive.open(info) as member:
            stream = cast("zipfile.ZipExtFile", member)
            stream.read(header.length)
            yield stream

    return StoredArray(
        path, name, header.shape, header.dtype, header.column_major, stored_size, values
    )
