"""Arrays that are too large for memory, as the bytes of `.npy` and `.npz` files, piece by piece.

NumPy can read these files. Equal arrays give equal bytes, as in `gan.disk.arrays`.
"""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from gan.disk.arrays import FIRST_DATE, SUFFIX, npy_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Bytes = bytes | memoryview


class ArrayStream(NamedTuple):
    """An array whose values come in pieces."""

    shape: tuple[int, ...]
    dtype: str
    """In NumPy's spelling, such as `|u1` for uint8."""

    pieces: Iterable[Bytes]
    """The values in C order; as many as the shape says."""


def npy_pieces(array: ArrayStream) -> Iterator[Bytes]:
    """The bytes of an `.npy` file."""
    yield npy_header(array.shape, array.dtype)
    yield from array.pieces


def npz_pieces(arrays: Iterable[tuple[str, ArrayStream]]) -> Iterator[bytes]:
    """The bytes of an uncompressed `.npz` file.

    Args:
        arrays: Each with its name. The next is asked for once the values of the one before are
            written.
    """
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays:
            member = zipfile.ZipInfo(name + SUFFIX, FIRST_DATE)
            with archive.open(member, "w", force_zip64=True) as stream:
                for piece in npy_pieces(array):
                    stream.write(piece)
                    yield from sink.taken()
    yield from sink.taken()


class _Sink:
    """A file that can't seek, as `zipfile` sees it; keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: Bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> list[bytes]:
        taken, self._written = self._written, []
        return taken
