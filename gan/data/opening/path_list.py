"""Very many files by their names: a path is made when one is asked for, and takes no memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from gan.data.opening.paths import DataPath


class PathList(Sequence["DataPath"]):
    """Files in one or several folders. A path takes eight times the memory of a name."""

    def __init__(self, *parts: tuple[DataPath, Sequence[str]]) -> None:
        """List files.

        Args:
            parts: Folders, and the names of files in each.
        """
        self._parts = [part for part in parts if part[1]]
        self._ends = list(accumulate(len(names) for _, names in self._parts))

    @classmethod
    def joined(cls, lists: Iterable[PathList]) -> PathList:
        """The files of several lists, one after another."""
        return cls(*(part for one in lists for part in one.parts))

    @property
    def parts(self) -> Sequence[tuple[DataPath, Sequence[str]]]:
        """The folders, and the names of files in each, none of them empty."""
        return self._parts

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[DataPath]:
        return (folder / name for folder, names in self._parts for name in names)

    @overload
    def __getitem__(self, index: int) -> DataPath: ...

    @overload
    def __getitem__(self, index: slice) -> list[DataPath]: ...

    def __getitem__(self, index: int | slice) -> DataPath | list[DataPath]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        part = bisect_right(self._ends, place)
        folder, names = self._parts[part]
        return folder / names[place - self._ends[part] + len(names)]
