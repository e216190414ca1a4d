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
_PLAIN: Final = frozenset(range(4, 16))
"""The classes of arrays of letters (4), of numbers, and sparse ones (5)."""

_MATRICES: Final = frozenset({_MATRIX})
_FLAGS: Final = frozenset({6})
_SIZES: Final = frozenset({5})
_NAMES: Final = frozenset({1, 2, 16})
_VALUES: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})
"""The types of elements, by what they are for: numbers of 8 to 64 bits, and letters."""

_MAX_AXES: Final = 32
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
    content = memoryview(data)
    if kind == _COMPRESSED:
        content, _ = _element(memoryview(_unpacked(data, limit)), 0, order, _MATRICES)
    elif kind != _MATRIX:
        raise _DamagedError(f"an element of type {kind} in the place of an array")
    _check_matrix(content, order, 0)


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


def _check_matrix(data: memoryview, order: str, depth: int) -> None:
    if not data:
        return
    if depth > _MAX_DEPTH:
        raise _DamagedError("arrays in one another without end")
    flags, at = _element(data, 0, order, _FLAGS)
    sizes, at = _element(data, at, order, _SIZES)
    _, at = _element(data, at, order, _NAMES)
    if len(flags) != _TAG or len(sizes) % 4 or not 8 <= len(sizes) <= _MAX_AXES * 4:  # noqa: PLR2004
        raise _DamagedError("an array without its flags or sizes")
    lengths = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    if any(length < 0 for length in lengths):
        raise _DamagedError(f"an array of {' x '.join(map(str, lengths))}")
    array_class = struct.unpack(f"{order}I", flags[:4])[0] & 0xFF
    if array_class in {_CELL, _STRUCT, _OBJECT}:
        _check_inside(data, at, array_class, math.prod(lengths), order, depth)
    elif array_class in _PLAIN:
        while at + _TAG <= len(data):
            _, at = _element(data, at, order, _VALUES)
    else:
        raise _DamagedError(f"an array of class {array_class}, such as objects of MATLAB's are")


def _check_inside(
    data: memoryview, at: int, array_class: int, count: int, order: str, depth: int
) -> None:
    """The arrays in a cell array or in a structure."""
    if array_class == _OBJECT:
        _, at = _element(data, at, order, _NAMES)
    if array_class != _CELL:
        width, at = _element(data, at, order, _SIZES)
        names, at = _element(data, at, order, _NAMES)
        one = struct.unpack(f"{order}i", width)[0] if len(width) == 4 else 0  # noqa: PLR2004
        if one < 1 or len(names) % one:
            raise _DamagedError("a structure whose names have no length")
        count *= len(names) // one
    if count * _TAG > len(data) - at:
        raise _DamagedError(f"{count} arrays in {len(data) - at} bytes")
    for _ in range(count):
        inside, at = _element(data, at, order, _MATRICES)
        _check_matrix(inside, order, depth + 1)


def _element(
    data: memoryview, at: int, order: str, kinds: frozenset[int]
) -> tuple[memoryview, int]:
    """The content of the element at a place, and the place after it."""
    if at + _TAG > len(data):
        raise _DamagedError("an array that is cut off")
    kind, size = struct.unpack_from(f"{order}II", data, at)
    begin, is_small = at + _TAG, kind >> 16 != 0
    if is_small:
        # Its size and its content are in the tag.
        kind, size, begin = kind & 0xFFFF, kind >> 16, at + 4
    if kind not in kinds:
        raise _DamagedError(f"an element of type {kind} in the place of another")
    if size > (4 if is_small else len(data) - begin):
        raise _DamagedError(f"an element of {size} bytes in {len(data) - begin}")
    if is_small:
        return data[begin : begin + size], at + _TAG
    return data[begin : begin + size], begin + (size if kind == _MATRIX else -(-size // 8) * 8)
