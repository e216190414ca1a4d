"""An archive as if it were a folder: its members are read where they lie.

Nothing is unpacked to disk. The name of a member is only a key: one that is absolute or has `..` is
left out, and so is everything that is neither a file nor a folder, such as a link. `zip_archives`
and `tar_archives` open the two kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final, Literal

from gan.data.checks import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gan.data.opening.paths import DataPath
    from gan.errors import DataError

_MAX_MEMBERS: Final = 2_000_000
_MAX_NAME: Final = 1024
"""Characters of a member's whole name; the members of longer ones are left out."""

SMALL: Final = 2**18
"""Members up to this size are read at once."""


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """The size of a member."""

    st_size: int
    """The bytes that it takes in the archive."""


class Archive(ABC):
    """An open archive: its files by name, and the names in each of its folders."""

    def __init__(self, path: DataPath) -> None:
        self.path = path
        self._names: dict[str, dict[str, None]] = {"": {}}

    def add(self, inner: str, *, is_folder: bool) -> None:
        """Enter a member, and the folders above it, which archives may leave out."""
        if is_folder:
            self._names.setdefault(inner, {})
        while inner:
            parent, _, name = inner.rpartition("/")
            siblings = self._names.setdefault(parent, {})
            if name in siblings:
                return
            siblings[name] = None
            inner = parent

    def names(self, inner: str) -> Iterable[str]:
        """The names in a folder; none if it isn't one."""
        return self._names.get(inner, {})

    def is_folder(self, inner: str) -> bool:
        """Whether a member is a folder."""
        return inner in self._names

    @abstractmethod
    def holds(self, inner: str) -> bool:
        """Whether a member is a file."""

    @abstractmethod
    def size(self, inner: str) -> int:
        """The bytes that a file takes in the archive."""

    @abstractmethod
    def position(self, inner: str) -> int:
        """Where a file begins. Reading in this order is fastest."""

    @abstractmethod
    def open(self, inner: str) -> IO[bytes]:
        """A stream of a file's bytes.

        Raises:
            DataError: It can't be read.
        """


@dataclass(frozen=True, slots=True)
class ArchivePath:
    """A `DataPath` in an archive."""

    archive: Archive
    inner: str
    """The names of folders and file, separated by `/`; empty for the archive itself."""

    def __str__(self) -> str:
        return f"{self.archive.path}/{self.inner}" if self.inner else str(self.archive.path)

    @property
    def name(self) -> str:
        """The last part of the path; that of the archive for its root."""
        return self.inner.rpartition("/")[2] or self.archive.path.name

    @property
    def suffix(self) -> str:
        """The name from its last dot on."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> ArchivePath:
        """The folder that it is in; the root is its own."""
        return ArchivePath(self.archive, self.inner.rpartition("/")[0])

    def is_file(self) -> bool:
        """Whether it is a file in the archive."""
        return self.archive.holds(self.inner)

    def is_dir(self) -> bool:
        """Whether it is a folder in the archive."""
        return self.archive.is_folder(self.inner)

    def iterdir(self) -> Iterator[ArchivePath]:
        """What is in a folder, in the archive's order."""
        prefix = f"{self.inner}/" if self.inner else ""
        return (ArchivePath(self.archive, prefix + name) for name in self.archive.names(self.inner))

    def stat(self) -> MemberStatus:
        """The bytes that it takes in the archive."""
        return MemberStatus(self.archive.size(self.inner))

    def open(self, _mode: Literal["rb"] = "rb", /) -> IO[bytes]:
        """A stream of its bytes.

        Raises:
            FileNotFoundError: There is no such file in the archive.
            DataError: It can't be read.
        """
        if not self.is_file():
            raise FileNotFoundError(2, "No such file in the archive", str(self))
        return self.archive.open(self.inner)

    def with_name(self, name: str, /) -> ArchivePath:
        """The path of another file in the same folder."""
        return self.parent / name

    def __truediv__(self, name: str, /) -> ArchivePath:
        return ArchivePath(self.archive, f"{self.inner}/{name}" if self.inner else name)


def reading_order(paths: Sequence[DataPath]) -> Sequence[int]:
    """The indices of paths in the order in which they are read fastest.

    A compressed tar archive can only be read forwards; files on disk keep their order.
    """
    if not paths or not isinstance(paths[0], ArchivePath):
        return range(len(paths))
    positions = [
        path.archive.position(path.inner) for path in paths if isinstance(path, ArchivePath)
    ]
    return sorted(range(len(positions)), key=positions.__getitem__)


def require_few(path: DataPath, count: int) -> None:
    """Refuse an archive of too many members.

    Raises:
        DataError: There are more than `_MAX_MEMBERS`.
    """
    if count > _MAX_MEMBERS:
        raise refuse(path, f"{count} files in an archive", f"at most {_MAX_MEMBERS}")


def inner_name(name: str) -> str | None:
    """A member's name in the form `a/b`; `None` if it would leave the archive or is too long."""
    # Some programs on Windows write their own separator.
    parts = [p for p in name.replace("\\", "/").split("/") if p not in {"", "."}]
    is_outside = name.startswith(("/", "\\")) or ".." in parts or parts[:1] == [""]
    if is_outside or not parts or parts[0].endswith(":") or len(name) > _MAX_NAME:
        return None
    return "/".join(parts)


def damaged(path: DataPath, kind: str, error: Exception) -> DataError:
    """The error for an archive that can't be read."""
    return refuse(path, f"a damaged {kind} archive ({error})", "an intact one")
