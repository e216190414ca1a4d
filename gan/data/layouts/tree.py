"""Folders as layouts look at them: listed once, without hidden files and what programs leave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from gan.data.checks import reading, refuse
from gan.data.layouts.names import in_order, is_junk
from gan.data.pictures.decoding import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.opening.paths import DataPath

MAX_DEPTH: Final = 6
"""Folders below the one that was given in which images are looked for."""

_MAX_FOLDERS: Final = 100_000


@dataclass(slots=True)
class _Budget:
    """How many more folders may be listed."""

    left: int = _MAX_FOLDERS


class Folder:
    """A folder, listed when it is first asked."""

    def __init__(
        self,
        path: DataPath,
        below: tuple[str, ...] = (),
        *,
        suffixes: frozenset[str] = SUFFIXES,
        budget: _Budget | None = None,
        around: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        self.path = path
        self._around = around | _identity(path)
        """This folder and those around it, by device and inode: a link to one leads round."""

        self.below = below
        """The names of the folders from the one that was given down to this one."""

        self._suffixes = suffixes
        """What the names of pictures end in, in lower case."""

        self._budget = budget or _Budget()

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    @cached_property
    def _listed(self) -> tuple[list[DataPath], list[Folder]]:
        self._budget.left -= 1
        if self._budget.left < 0:
            raise refuse(self.path, f"more than {_MAX_FOLDERS} folders", "a folder of one data set")
        files, folders = [], []
        with reading(self.path):
            for path in self.path.iterdir():
                if is_junk(path.name):
                    continue
                if path.is_dir():
                    if not _identity(path) & self._around:
                        folders.append(self._inner(path))
                else:
                    files.append(path)
        return sorted(files, key=_name), sorted(folders, key=_class_order)

    def _inner(self, path: DataPath) -> Folder:
        below = (*self.below, path.name)
        return Folder(
            path, below, suffixes=self._suffixes, budget=self._budget, around=self._around
        )

    @cached_property
    def pictures(self) -> list[DataPath]:
        """The files that are pictures by their names, in their order.

        Raises:
            DataError: As `files`.
        """
        return [path for path in self.files if suffix_of(path) in self._suffixes]

    @property
    def files(self) -> list[DataPath]:
        """The files in it, by name.

        Raises:
            DataError: It can't be listed, or too many folders were.
        """
        return self._listed[0]

    @property
    def folders(self) -> list[Folder]:
        """The folders in it: numbers first, by value, then words. None if it is too deep.

        Raises:
            DataError: As `files`.
        """
        return self._listed[1] if len(self.below) < MAX_DEPTH else []

    def walk(self) -> Iterator[Folder]:
        """This folder and all below it, in order."""
        yield self
        for folder in self.folders:
            yield from folder.walk()


def _identity(path: DataPath) -> frozenset[tuple[int, int]]:
    """Which folder of the disk it is; empty in an archive, which has no links to folders."""
    if not isinstance(path, Path):
        return frozenset()
    with reading(path):
        status = path.stat()
    return frozenset({(status.st_dev, status.st_ino)})


def suffix_of(path: DataPath) -> str:
    """The name of a file from its last dot on, in lower case, such as `.png`."""
    return PurePosixPath(path.name).suffix.lower()


def _name(path: DataPath) -> str:
    return path.name


def _class_order(folder: Folder) -> tuple[bool, int, str]:
    return in_order(folder.name)
