"""Reads the members of a zip or tar archive where they lie, as if it were a folder.

Nothing is unpacked to disk. The name of a member is only a key: one that is absolute or has `..` is
left out, and so is everything that is neither a file nor a folder, such as a link.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final, Literal, cast

from gan.data.checks import largest_unpacked, refuse
from gan.data.opening.streams import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gan.data.opening.paths import DataPath

_MAX_MEMBERS: Final = 2_000_000
_MAX_NAME: Final = 1024
"""Characters of a member's whole name; the members of longer ones are left out."""

_MAX_HEADER: Final = 2**20
"""Bytes that `tarfile` may read at once: more than any header has."""

_SMALL: Final = 2**18
"""Members up to this size are read at once."""

_METHODS: Final = {
    zipfile.ZIP_STORED: "stored",
    zipfile.ZIP_DEFLATED: "deflated",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "LZMA",
}
_ENCRYPTED: Final = 0x1

_BAD_ZIP: Final = (zipfile.BadZipFile, ValueError, RuntimeError, OverflowError, EOFError, KeyError)
_BAD_TAR: Final = (tarfile.TarError, ValueError, OverflowError, RuntimeError, KeyError)
"""What Python's readers raise on a damaged directory or header."""


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


@contextmanager
def opened_zip(path: DataPath) -> Iterator[ArchivePath]:
    """The root of a zip archive.

    Raises:
        DataError: The archive can't be read or is damaged.
    """
    with opened(path) as stream:
        try:
            archive = _ZipArchive(path, zipfile.ZipFile(stream))
        except _BAD_ZIP as error:
            raise _damaged(path, "zip", error) from error
        yield ArchivePath(archive, "")


@contextmanager
def opened_tar(path: DataPath) -> Iterator[ArchivePath]:
    """The root of a tar archive, compressed or not.

    Raises:
        DataError: The archive can't be read or is damaged.
    """
    with opened(path) as stream:
        try:
            archive = _TarArchive(path, stream)
        except _BAD_TAR as error:
            raise _damaged(path, "tar", error) from error
        yield ArchivePath(archive, "")


def _damaged(path: DataPath, kind: str, error: Exception) -> Exception:
    return refuse(path, f"a damaged {kind} archive ({error})", "an intact one")


def reading_order(paths: Iterable[DataPath]) -> list[int]:
    """The indices of paths in the order in which they are read fastest.

    A compressed tar archive can only be read forwards; files on disk keep their order.
    """
    positions = [
        path.archive.position(path.inner) if isinstance(path, ArchivePath) else 0 for path in paths
    ]
    return sorted(range(len(positions)), key=positions.__getitem__)


class _ZipArchive(Archive):
    def __init__(self, path: DataPath, archive: zipfile.ZipFile) -> None:
        super().__init__(path)
        self._zip = archive
        self._members: dict[str, zipfile.ZipInfo] = {}
        members = archive.infolist()
        _require_few(path, len(members))
        for member in members:
            inner = _inner_name(member.filename)
            if inner is None or _is_special(member.external_attr >> 16):
                continue
            self.add(inner, is_folder=member.is_dir())
            if not member.is_dir():
                self._members[inner] = member

    def holds(self, inner: str) -> bool:
        return inner in self._members

    def size(self, inner: str) -> int:
        return self._members[inner].compress_size if inner in self._members else 0

    def position(self, inner: str) -> int:
        return self._members[inner].header_offset

    def open(self, inner: str) -> IO[bytes]:
        member, path = self._members[inner], ArchivePath(self, inner)
        if member.flag_bits & _ENCRYPTED:
            raise refuse(path, "an encrypted file", "an archive without a password")
        if member.compress_type not in _METHODS:
            received = f"a file compressed by method {member.compress_type}"
            raise refuse(path, received, f"one that is {', '.join(_METHODS.values())}")
        limit = largest_unpacked(path.stat().st_size)
        if member.file_size > limit:
            received = f"a file of {member.compress_size} bytes that unpacks to {member.file_size}"
            raise refuse(path, received, f"at most {limit}")
        try:
            stream = self._zip.open(member)
            return io.BytesIO(stream.read()) if member.file_size <= _SMALL else stream
        except _BAD_ZIP as error:
            raise _damaged(path, "zip", error) from error


class _TarArchive(Archive):
    def __init__(self, path: DataPath, stream: io.BufferedReader) -> None:
        super().__init__(path)
        self._stream = stream
        self._packed = path.stat().st_size
        self._members: dict[str, tuple[int, int]] = {}
        """Offset and size of each file."""
        with tarfile.open(
            fileobj=cast("IO[bytes]", _HeaderStream(path, stream)), mode="r:"
        ) as archive:
            count = 0
            while (member := archive.next()) is not None:
                # `tarfile` keeps all that it has read.
                cast("Any", archive).members.clear()
                count += 1
                _require_few(path, count)
                self._enter(member)
            _require_end(stream, archive.offset)

    def _enter(self, member: tarfile.TarInfo) -> None:
        inner = _inner_name(member.name)
        if inner is None or not (member.isdir() or member.isreg()) or member.issparse():
            return
        self.add(inner, is_folder=member.isdir())
        if member.isreg():
            self._members[inner] = (member.offset_data, member.size)

    def holds(self, inner: str) -> bool:
        return inner in self._members

    def size(self, inner: str) -> int:
        return min(self._members[inner][1], self._packed) if inner in self._members else 0

    def position(self, inner: str) -> int:
        return self._members[inner][0]

    def open(self, inner: str) -> IO[bytes]:
        offset, size = self._members[inner]
        window = _Window(self._stream, offset, size)
        if size > _SMALL:
            return io.BufferedReader(window)
        content = window.readall()
        if len(content) != size:
            path = ArchivePath(self, inner)
            raise refuse(path, f"{len(content)} bytes of a cut archive", f"{size}")
        return io.BytesIO(content)


class _HeaderStream:
    """What `tarfile` reads headers from: no read is larger than a header can be."""

    def __init__(self, path: DataPath, stream: io.BufferedReader) -> None:
        self._path = path
        self._stream = stream

    def read(self, size: int) -> bytes:
        if size > _MAX_HEADER:
            received = f"a header of {size} bytes in a tar archive"
            raise refuse(self._path, received, f"at most {_MAX_HEADER}")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


class _Window(io.RawIOBase):
    """A part of a stream that others read too."""

    def __init__(self, stream: io.BufferedReader, offset: int, size: int) -> None:
        self._stream = stream
        self._offset = offset
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._size - self._position))
        if not wanted:
            return 0
        self._stream.seek(self._offset + self._position)
        piece = self._stream.read(wanted)
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def _require_end(stream: io.BufferedReader, offset: int) -> None:
    """Refuse an archive with something else where its end should be, which `tarfile` ignores."""
    stream.seek(offset)
    if stream.read(tarfile.BLOCKSIZE).strip(b"\0"):
        msg = f"no header at byte {offset}"
        raise tarfile.ReadError(msg)


def _require_few(path: DataPath, count: int) -> None:
    if count > _MAX_MEMBERS:
        raise refuse(path, f"{count} files in an archive", f"at most {_MAX_MEMBERS}")


def _inner_name(name: str) -> str | None:
    """A member's name in the form `a/b`; `None` if it would leave the archive or is too long."""
    # Some programs on Windows write their own separator.
    parts = [p for p in name.replace("\\", "/").split("/") if p not in {"", "."}]
    is_outside = name.startswith(("/", "\\")) or ".." in parts or parts[:1] == [""]
    if is_outside or not parts or parts[0].endswith(":") or len(name) > _MAX_NAME:
        return None
    return "/".join(parts)


def _is_special(mode: int) -> bool:
    """Whether a zip member is a link or a device, by its Unix mode."""
    kind = stat.S_IFMT(mode)
    return kind not in {0, stat.S_IFREG, stat.S_IFDIR}
