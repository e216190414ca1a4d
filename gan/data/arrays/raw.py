"""An array before it is read: its name, shape and type are known, its values come in blocks."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.data.checks import refuse, require_plausible
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy.typing as npt

    from gan.data.image_set import Bytes, Progress
    from gan.data.opening.paths import DataPath

    Stream = AbstractContextManager[io.BufferedIOBase]

_BLOCK: Final = 2**20
"""Bytes of a block."""

_JOINED: Final = 2**23
"""Bytes up to which small pieces are joined."""

_CHUNK: Final = 2**20
"""Bytes that are read at once."""


class RawArray(ABC):
    """An array of a source. Its type has no Python objects in it."""

    name: str
    """Its name in the source; may be empty."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    @abstractmethod
    def is_held(self) -> bool:
        """Whether it is in memory, or has to be, to be read at all."""

    @abstractmethod
    def whole(self, progress: Progress) -> npt.NDArray[Any]:
        """All values, in its shape; perhaps read-only.

        Raises:
            DataError: They can't be read.
        """

    @abstractmethod
    def blocks(self, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """The values in pieces along the first axis, from the beginning.

        Raises:
            DataError: They can't be read.
        """


class HeldArray(RawArray):
    """An array in memory."""

    def __init__(self, name: str, values: npt.NDArray[Any]) -> None:
        self.name = name
        self.shape = values.shape
        self.dtype = values.dtype
        self._values = values

    @property
    def is_held(self) -> bool:
        """It is."""
        return True

    def whole(self, progress: Progress) -> npt.NDArray[Any]:
        """The array itself."""
        del progress
        return self._values

    def blocks(self, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """The array as one piece."""
        yield self.whole(progress)


class ColumnsArray(RawArray):
    """Some columns of a table, side by side."""

    def __init__(self, table: RawArray, columns: slice) -> None:
        self._table = table
        self._columns = columns
        self.name = table.name
        self.shape = (table.shape[0], len(range(*columns.indices(table.shape[1]))))
        self.dtype = table.dtype

    @property
    def is_held(self) -> bool:
        """It is read block by block."""
        return False

    def whole(self, progress: Progress) -> npt.NDArray[Any]:
        """The columns, without the others between them."""
        found = np.empty(self.shape, self.dtype)
        first = 0
        for block in self.blocks(progress):
            found[first : first + len(block)] = block
            first += len(block)
        return found

    def blocks(self, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """The columns of the table's blocks."""
        return (block[:, self._columns] for block in self._table.blocks(progress))


class Gathered:
    """Pieces of an array along its first axis, as they come, each a copy of its own.

    Small ones are joined, so that the system gets their memory back once they are given up.
    """

    def __init__(self) -> None:
        self._joined: list[npt.NDArray[Any]] = []
        self._small: list[npt.NDArray[Any]] = []

    def add(self, piece: npt.NDArray[Any]) -> None:
        """Add a piece."""
        if self._small and self._small[0].dtype != piece.dtype:
            self._join()
        self._small.append(piece)
        if sum(one.nbytes for one in self._small) >= _JOINED:
            self._join()

    def pieces(self) -> list[npt.NDArray[Any]]:
        """All of them, which this then has no more."""
        self._join()
        pieces, self._joined = self._joined, []
        return pieces

    def _join(self) -> None:
        if self._small:
            self._joined.append(np.concatenate(self._small))
            self._small.clear()


class BlockArray(RawArray):
    """An array in memory in pieces along its first axis, which may differ in type.

    If all are bytes, the pieces are joined, and given up one by one as they are copied.
    """

    def __init__(self, name: str, pieces: list[npt.NDArray[Any]]) -> None:
        self.name = name
        self.shape = (sum(map(len, pieces)), *pieces[0].shape[1:])
        self.dtype = np.result_type(*{piece.dtype for piece in pieces})
        self._pieces = pieces

    @property
    def is_held(self) -> bool:
        """It is read in its pieces."""
        return False

    def whole(self, progress: Progress) -> npt.NDArray[Any]:
        """All values, joined."""
        del progress
        if len(self._pieces) > 1:
            joined = np.empty(self.shape, self.dtype)
            first = 0
            self._pieces.reverse()
            while self._pieces:
                piece = self._pieces.pop()
                joined[first : first + len(piece)] = piece
                first += len(piece)
            self._pieces.append(joined)
        return self._pieces[0]

    def blocks(self, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """The pieces."""
        del progress
        yield from self._pieces


@dataclass
class StoredArray(RawArray):
    """An array that lies in a stream as it lies in memory."""

    path: Path
    """What errors name."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    column_major: bool
    """Whether the first axis is the fastest."""

    stored_size: int
    """Bytes on disk that it is unpacked from."""

    opened: Callable[[], Stream]
    """Opens the stream at the first value; nothing but the values may follow."""

    begin: int | None = None
    """Where the first value is in the file at `path`, in bytes; `None` if the values are packed."""

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_held(self) -> bool:
        """If it is column-major, its images are not one after another."""
        return self.column_major

    def mirrored(self) -> StoredArray:
        """The same values with the axes, and their order in the file, the other way round."""
        return replace(self, shape=self.shape[::-1], column_major=not self.column_major)

    def planes(self, count: int, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """Where the axis that counts images is the fastest: pixels as they lie, of all images.

        Args:
            count: The number of images.
            progress: Called after every piece; counts bytes.

        Returns:
            Pieces of some pixels x count.

        Raises:
            DataError: They can't be read.
        """
        self.require_whole()
        plane = count * self.dtype.itemsize
        most = max(1, _BLOCK // plane)
        what, done = f"reading {safe_text(self.path.name)}", 0
        with self.opened() as stream:
            while done < self.size:
                pixels = min(most, (self.size - done) // plane)
                data = read_exactly(self.path, stream, pixels * plane, _ignore)
                done += len(data)
                progress(what, done, self.size, "bytes")
                yield data.view(self.dtype).reshape(pixels, count)
            self._require_end(stream)

    def whole(self, progress: Progress) -> npt.NDArray[Any]:
        """All values, read at once."""
        self.require_whole()
        with self.opened() as stream:
            data = read_exactly(self.path, stream, self.size, progress)
            self._require_end(stream)
        values: npt.NDArray[Any] = data.view(self.dtype)
        return values.reshape(self.shape, order="F" if self.column_major else "C")

    def blocks(self, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """Pieces of a few megabytes."""
        self.require_whole()
        rows = rows_of_block(self.shape, self.dtype)
        row_size = self.size // self.shape[0]
        what = f"reading {safe_text(self.path.name)}"
        with self.opened() as stream:
            for first in range(0, self.shape[0], rows):
                count = min(rows, self.shape[0] - first)
                data = read_exactly(self.path, stream, count * row_size, _ignore)
                progress(what, (first + count) * row_size, self.size, "bytes")
                yield data.view(self.dtype).reshape(count, *self.shape[1:])
            self._require_end(stream)

    def require_whole(self) -> None:
        """Refuse a file that can't hold what it announces, before memory is taken for that.

        Raises:
            DataError: It is too short, or is to unpack to more than is plausible.
        """
        require_plausible(self.path, self.size, self.stored_size)
        if self.begin is not None and self.stored_size < self.begin + self.size:
            received = f"{max(self.stored_size - self.begin, 0)} bytes of data"
            raise refuse(self.path, received, f"{self.size}, as the header says")

    def _require_end(self, stream: io.BufferedIOBase) -> None:
        if stream.read(1):
            received = f"more than {self.size} bytes of data"
            raise refuse(self.path, received, f"{self.size}, as the header says")


def read_exactly(path: DataPath, stream: io.BufferedIOBase, size: int, progress: Progress) -> Bytes:
    """Read exactly `size` bytes, in small pieces so that a stream can't return more.

    Args:
        path: The file behind the stream, named in the error.
        stream: A file or a decompressor, at the array's first byte.
        size: The array's size in bytes.
        progress: Called after every piece; counts bytes.

    Returns:
        A uint8 array of length `size`.

    Raises:
        DataError: The stream ends early.
    """
    data = np.empty(size, np.uint8)
    what = f"reading {safe_text(path.name)}"
    done = 0
    while done < size:
        count = stream.readinto(data.data[done : done + _CHUNK])
        if not count:
            raise refuse(path, f"{done} bytes of data", f"{size}, as the header says")
        done += count
        progress(what, done, size, "bytes")
    return data


def rows_of_block(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """How many rows of an array are read or converted at once."""
    return max(1, _BLOCK // max(1, math.prod(shape[1:]) * dtype.itemsize))


def narrowed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values of a block in the type that takes least room: a copy, of bytes if they fit."""
    if values.dtype.kind == "b":
        return values.copy()
    if values.size and values.min() >= 0 and values.max() <= 255:  # noqa: PLR2004
        whole = values.astype(np.uint8)
        if (whole == values).all():
            return whole
    if values.dtype.kind == "f" and values.dtype.itemsize > 4:  # noqa: PLR2004
        # What float32 can't hold stays as it is; NaN and infinity it can.
        with np.errstate(over="ignore"):
            short = values.astype(np.float32)
        if (np.isfinite(short) == np.isfinite(values)).all():
            return short
    return values.copy()


def described(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """An array for a person: `x_train (60000 x 28 x 28, uint8)`."""
    kind = "Python objects" if dtype.hasobject else dtype.name
    sizes = " x ".join(map(str, shape)) or "no axes"
    return f"{name} ({sizes}, {kind})".strip()


def _ignore(_what: str, _done: int, _total: int, _unit: str) -> None:
    """Blocks report their own progress."""
