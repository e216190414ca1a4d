"""A file of data, wherever it is: readers ask it for its bytes and for its neighbours.

What is packed is unpacked as it is read, so a reader knows neither
compression nor archives. The size on disk bounds what may be unpacked: `checks.require_plausible`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from gan.data.checks import reading
from gan.data.opening.streams import (
    COMPRESSED_SUFFIXES,
    is_compressed,
    opened,
    without_compression,
)

if TYPE_CHECKING:
    import io
    from contextlib import AbstractContextManager

    from gan.data.opening.paths import DataPath


class DataFile(ABC):
    """One file of a source."""

    @property
    @abstractmethod
    def path(self) -> Path:
        """Where it is, as errors name it; what is in an archive is below the archive's path."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its own name, without the suffix of its compression: `train.csv` of `train.csv.gz`."""

    @property
    @abstractmethod
    def stored_size(self) -> int:
        """Bytes on disk that its content is unpacked from.

        Raises:
            DataError: The disk refuses.
        """

    @property
    @abstractmethod
    def is_packed(self) -> bool:
        """Whether its content is unpacked as it is read, so that seeking back begins again."""

    @abstractmethod
    def opened(self) -> AbstractContextManager[io.BufferedIOBase]:
        """The content, unpacked, from the first byte on; it can seek, if slowly.

        Raises:
            DataError: It can't be read, or its packing is damaged, which may show at any read
                inside the block.
        """

    @abstractmethod
    def sibling(self, name: str) -> DataFile | None:
        """The file of this name, packed or not, beside this one; `None` if there is none."""


class DiskFile(DataFile):
    """A file on disk or in an archive, which may be compressed: its first bytes tell."""

    def __init__(self, place: DataPath) -> None:
        self._place = place

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._place if isinstance(self._place, Path) else Path(str(self._place))

    @property
    def name(self) -> str:
        """Its own name without `.gz` or the like."""
        return without_compression(self._place.name)

    @property
    def stored_size(self) -> int:
        """Its size, or the part of the archive's that it takes."""
        with reading(self._place):
            return self._place.stat().st_size

    @property
    def is_packed(self) -> bool:
        """Whether it is compressed, or in an archive."""
        return not isinstance(self._place, Path) or is_compressed(self._place)

    def opened(self) -> AbstractContextManager[io.BufferedIOBase]:
        """Its content, decompressed."""
        return opened(self._place)

    def sibling(self, name: str) -> DataFile | None:
        """The file of this name in the same folder; a plain one comes before a compressed one."""
        for suffix in ("", *COMPRESSED_SUFFIXES):
            found = self._place.with_name(name + suffix)
            with reading(self._place.parent):
                if found.is_file():
                    return DiskFile(found)
        return None
