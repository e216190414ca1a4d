"""Named arrays as the bytes of an `.npz` file, and back without trusting the bytes.

NumPy can read these files. They are written by hand because equal arrays must give equal bytes, so
that the checksum of a file is the checksum of a state. They are read by hand because a header may
claim any size and type: headers are compared with the expected ones instead of being parsed, and
nothing is ever unpickled or decompressed.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[Any]
Layout = dict[str, tuple[tuple[int, ...], str]]
"""The shape and dtype of each array; the dtype in NumPy's spelling, such as `<f4` for float32."""

_NUMBERS: Final = re.compile(r"[<|][biuf][1248]")
SUFFIX: Final = ".npy"
"""What the name of an array in an archive ends in."""

_MAGIC: Final = b"\x93NUMPY\x01\x00"
_ALIGNMENT: Final = 64
FIRST_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every array in an archive, so that equal arrays give equal bytes."""

_MALFORMED: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    struct.error,
    EOFError,
    KeyError,
    RuntimeError,
    OverflowError,
    TypeError,
)
"""What reading a malformed archive can raise besides `ValueError`."""


def layout(arrays: Mapping[str, Array]) -> Layout:
    """The shape and dtype of each array, by name."""
    return {name: (array.shape, array.dtype.str) for name, array in arrays.items()}


def pack(arrays: Mapping[str, Array]) -> memoryview:
    """The bytes of an uncompressed `.npz`; equal arrays in equal order give equal bytes.

    Raises:
        ValueError: An array does not hold numbers, but Python objects for example.
    """
    _require_numbers(layout(arrays))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + SUFFIX, FIRST_DATE)
            with archive.open(member, "w", force_zip64=True) as stream:
                stream.write(npy_header(array.shape, array.dtype.str))
                stream.write(_bytes_of(array))
    return buffer.getbuffer()


def unpack(data: bytes, expected: Layout) -> dict[str, Array]:
    """Read the output of `pack`.

    Args:
        data: The whole file.
        expected: Exactly the arrays that the file must hold.

    Returns:
        The arrays, read-only, in the expected order.

    Raises:
        ValueError: The file is malformed, or its arrays are not the expected ones.
    """
    _require_numbers(expected)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _require_members(archive, expected, len(data))
            return {name: _read(archive, name, *expected[name]) for name in expected}
    except _MALFORMED as error:
        raise ValueError(f"not a readable archive of arrays: {error}") from None


def first_non_finite(arrays: Mapping[str, Array]) -> str | None:
    """The name of the first array that holds a NaN or an infinity, or `None` if there is none."""
    return next((name for name, array in arrays.items() if not np.isfinite(array).all()), None)


def _bytes_of(array: Array) -> memoryview:
    """The values in C order, without a copy if they already are."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _require_numbers(expected: Layout) -> None:
    for name, (_, dtype) in expected.items():
        if not _NUMBERS.fullmatch(dtype):
            raise ValueError(f"array {name!r}: dtype {dtype!r}, expected little-endian numbers")


def _require_members(archive: zipfile.ZipFile, expected: Layout, size: int) -> None:
    members = archive.infolist()
    names = sorted(member.filename.removesuffix(SUFFIX) for member in members)
    if names != sorted(expected):
        raise ValueError(f"received arrays {names}, expected {sorted(expected)}")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("received compressed arrays, expected uncompressed ones")
    if sum(member.file_size for member in members) > size:
        raise ValueError("the arrays claim to be larger than their file")


def _read(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: str) -> Array:
    header = npy_header(shape, dtype)
    with archive.open(name + SUFFIX) as stream:
        if stream.read(len(header)) != header:
            raise ValueError(f"array {name!r} is not {dtype} of shape {shape}")
        values = stream.read()
    if len(values) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"array {name!r}: {len(values):,} bytes do not fill {shape} of {dtype}")
    array: Array = np.ndarray(shape, dtype, values)
    return array


def npy_header(shape: tuple[int, ...], dtype: str) -> bytes:
    """The header of an array, in version 1.0 of NumPy's format, in the one spelling used here."""
    text = repr({"descr": dtype, "fortran_order": False, "shape": shape})
    padded = text + " " * (-(len(_MAGIC) + 2 + len(text) + 1) % _ALIGNMENT) + "\n"
    return _MAGIC + struct.pack("<H", len(padded)) + padded.encode("ascii")
