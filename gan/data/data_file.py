"""A file of data, wherever it is: readers ask it for its bytes and for its neighbours.

A file on disk is `DiskFile`. What is packed is unpacked as it is read, so a reader knows neither
compression nor archives. The size on disk bounds what may be unpacked: `checks.require_plausible`.
"""

from __future__ import annotations

import gzip
import zlib
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gan.data.checks import reading, refuse

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_GZIP_MAGIC: Final = b"\x1f\x8b"


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
    """A file on disk, which may be gzipped: its first bytes tell, not its name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    @property
    def name(self) -> str:
        """Its own name without `.gz`."""
        return self._path.name.removesuffix(".gz")

    @property
    def stored_size(self) -> int:
        """Its size."""
        with reading(self._path):
            return self._path.stat().st_size

    @property
    def is_packed(self) -> bool:
        """Whether it is gzipped."""
        with reading(self._path), self._path.open("rb") as raw:
            return raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC

    @contextmanager
    def opened(self) -> Iterator[io.BufferedIOBase]:
        """Its content, decompressed."""
        with reading(self._path), self._path.open("rb") as raw:
            is_packed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            raw.seek(0)
            try:
                yield gzip.GzipFile(fileobj=raw) if is_packed else raw
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                received = f"a damaged gzip file ({error})"
                raise refuse(self._path, received, "an intact one") from error

    def sibling(self, name: str) -> DataFile | None:
        """The file of this name in the same folder; a plain one comes before a gzipped one."""
        for found in (self._path.with_name(name), self._path.with_name(f"{name}.gz")):
            with reading(self._path.parent):
                if found.is_file():
                    return DiskFile(found)
        return None
