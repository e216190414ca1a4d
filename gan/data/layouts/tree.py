"""Folders as layouts look at them: listed once, without hidden files and what programs leave."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.data.checks import reading, refuse
from gan.data.layouts.names import in_order, is_junk
from gan.data.opening.path_list import PathList
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
    def _listed(self) -> tuple[list[str], list[Folder]]:
        self._budget.left -= 1
        if self._budget.left < 0:
            raise refuse(self.path, f"more than {_MAX_FOLDERS} folders", "a folder of one data set")
        files, folders = [], []
        with reading(self.path):
            for name, is_folder in _entries(self.path):
                if is_junk(name):
                    continue
                if not is_folder:
                    files.append(name)
                elif not _identity(self.path / name) & self._around:
                    folders.append(self._inner(self.path / name))
        return sorted(files), sorted(folders, key=_class_order)

    def _inner(self, path: DataPath) -> Folder:
        below = (*self.below, path.name)
        return Folder(
            path, below, suffixes=self._suffixes, budget=self._budget, around=self._around
        )

    @cached_property
    def pictures(self) -> PathList:
        """The files that are pictures by their names, in their order.

        Raises:
            DataError: As `files`.
        """
        names = [name for name in self.names if _suffix_of(name) in self._suffixes]
        return PathList((self.path, names))

    @property
    def names(self) -> list[str]:
        """The names of the files in it, in order.

        Raises:
            DataError: As `files`.
        """
        return self._listed[0]

    @property
    def files(self) -> PathList:
        """The files in it, by name.

        Raises:
            DataError: It can't be listed, or too many folders were.
        """
        return PathList((self.path, self.names))

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


def _entries(folder: DataPath) -> Iterator[tuple[str, bool]]:
    """The names in a folder, and whether each is a folder."""
    if not isinstance(folder, Path):
        yield from ((path.name, path.is_dir()) for path in folder.iterdir())
        return
    with os.scandir(folder) as entries:
        # Listing says what an entry is; only a link has to be looked at.
        yield from ((entry.name, _is_folder(entry)) for entry in entries)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads round and round.
        return False


def _suffix_of(name: str) -> str:
    """A name from its last dot on, in lower case, such as `.png`."""
    dot = name.rfind(".")
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def _class_order(folder: Folder) -> tuple[bool, int, str]:
    return in_order(folder.name)
