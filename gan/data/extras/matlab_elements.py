"""Checks the elements of a MATLAB file of version 5 before a reader believes their sizes.

A reader allocates what a header claims. Here each element must fit in the one that it is in, and
each array in a cell or structure must be there. Format: MAT-File Format, MathWorks, 1999-2024.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING, Final

from gan.data.checks import largest_unpacked, refuse

if TYPE_CHECKING:
    import io
    from pathlib import Path

HEADER: Final = 128
"""Bytes before the first element."""

_TAG: Final = 8
_MATRIX: Final = 14
_COMPRESSED: Final = 15
_CELL: Final = 1
_STRUCT: Final = 2
_OBJECT: Final = 3
_MAX_DEPTH: Final = 16
_CHUNK: Final = 2**18


class _DamagedError(Exception):
    """An element is larger than what it is in. The message says which."""


def require_sound(path: Path, stream: io.BufferedIOBase, stored_size: int) -> None:
    """Refuse a file whose elements can't be what they claim.

    Args:
        path: The file, named in errors.
        stream: Its content, at its first byte.
        stored_size: Bytes on disk that it is unpacked from.

    Raises:
        DataError: An element is cut off, too large or nested too deeply, or unpacks to more than is
            plausible.
    """
    limit = largest_unpacked(stored_size)
    header = stream.read(HEADER)
    order = "<" if header[126:128] == b"IM" else ">"
    try:
        while tag := stream.read(_TAG):
            _check_next(stream, tag, order, limit)
    except (_DamagedError, zlib.error, struct.error) as error:
        raise refuse(path, f"a damaged MATLAB file ({error})", "an intact one") from error


def _check_next(stream: io.BufferedIOBase, tag: bytes, order: str, limit: int) -> None:
    if len(tag) < _TAG:
        raise _DamagedError("it ends within an element")
    kind, size = struct.unpack(f"{order}II", tag)
    if size > limit:
        raise _DamagedError(f"an element of {size} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise _DamagedError(f"an element of {size} bytes, of which {len(data)} are there")
    _check(data, kind, order, limit)


def _check(data: bytes, kind: int, order: str, limit: int) -> None:
    if kind == _COMPRESSED:
        inner = _unpacked(data, limit)
        if len(inner) < _TAG:
            raise _DamagedError("an empty compressed element")
        kind, size = struct.unpack_from(f"{order}II", inner)
        if size > len(inner) - _TAG:
            raise _DamagedError(f"an element of {size} bytes in one of {len(inner)}")
        _check_matrix(memoryview(inner)[_TAG : _TAG + size], kind, order, 0)
    else:
        _check_matrix(memoryview(data), kind, order, 0)


def _unpacked(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj()
    pieces, total = [], 0
    rest = data
    while rest and not unpacker.eof:
        piece = unpacker.decompress(rest, _CHUNK)
        rest = unpacker.unconsumed_tail
        total += len(piece)
        if total > limit:
            raise _DamagedError(f"an element that unpacks to more than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _check_matrix(data: memoryview, kind: int, order: str, depth: int) -> None:
    if kind != _MATRIX or not data:
        return
    if depth > _MAX_DEPTH:
        raise _DamagedError("arrays in one another without end")
    flags, at = _element(data, 0, order)
    sizes, at = _element(data, at, order)
    _, at = _element(data, at, order)
    if len(flags) < _TAG or len(sizes) % 4:
        raise _DamagedError("an array without its flags or sizes")
    lengths = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    if any(length < 0 for length in lengths):
        raise _DamagedError(f"an array of {' x '.join(map(str, lengths))}")
    array_class = struct.unpack(f"{order}I", flags[:4])[0] & 0xFF
    if array_class in {_CELL, _STRUCT, _OBJECT}:
        _check_inside(data, at, array_class, math.prod(lengths), order, depth)
    else:
        while at + _TAG <= len(data):
            _, at = _element(data, at, order)


def _check_inside(
    data: memoryview, at: int, array_class: int, count: int, order: str, depth: int
) -> None:
    """The arrays in a cell array or in a structure."""
    if array_class == _OBJECT:
        _, at = _element(data, at, order)
    if array_class != _CELL:
        width, at = _element(data, at, order)
        names, at = _element(data, at, order)
        one = struct.unpack(f"{order}i", width[:4])[0] if len(width) >= 4 else 0  # noqa: PLR2004
        if one < 1:
            raise _DamagedError("a structure whose names have no length")
        count *= len(names) // one
    if count * _TAG > len(data) - at:
        raise _DamagedError(f"{count} arrays in {len(data) - at} bytes")
    for _ in range(count):
        inside, end = _element(data, at, order, matrix=True)
        _check_matrix(inside, _MATRIX, order, depth + 1)
        at = end


def _element(
    data: memoryview, at: int, order: str, *, matrix: bool = False
) -> tuple[memoryview, int]:
    """The content of the element at a place, and the place after it."""
    if at + _TAG > len(data):
        raise _DamagedError("an array that is cut off")
    kind, size = struct.unpack_from(f"{order}II", data, at)
    if kind >> 16:
        # A small one: its size and its content are in the tag.
        if kind >> 16 > 4:  # noqa: PLR2004
            raise _DamagedError("a small element that is not small")
        return data[at + 4 : at + 4 + (kind >> 16)], at + _TAG
    if matrix and kind != _MATRIX:
        raise _DamagedError("something else than an array in a structure")
    begin = at + _TAG
    if size > len(data) - begin:
        raise _DamagedError(f"an element of {size} bytes in {len(data) - begin}")
    return data[begin : begin + size], begin + (size if matrix else -(-size // 8) * 8)
