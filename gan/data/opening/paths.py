"""A path as readers need it: of a file or folder on disk, or of one in an archive."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Status(Protocol):
    """The part of `os.stat_result` that readers need."""

    @property
    def st_size(self) -> int:
        """Bytes that the file takes on disk; in an archive, the bytes that it takes there."""


class DataPath(Protocol):
    """The part of `pathlib.Path` that readers need; `pathlib.Path` itself is one."""

    @property
    def name(self) -> str:
        """The last part, such as `train.csv`."""

    @property
    def suffix(self) -> str:
        """The name from its last dot on, such as `.csv`."""

    @property
    def parent(self) -> DataPath:
        """The folder that it is in."""

    def is_file(self) -> bool:
        """Whether it is a regular file that exists."""

    def is_dir(self) -> bool:
        """Whether it is a folder that exists."""

    def iterdir(self) -> Iterator[DataPath]:
        """The files and folders in a folder, in any order."""

    def stat(self) -> Status:
        """Its size."""

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """A stream of the bytes of a file, which can seek."""

    def with_name(self, name: str, /) -> DataPath:
        """The path of another file in the same folder."""

    def __truediv__(self, name: str, /) -> DataPath:
        """The path of a file in this folder."""
