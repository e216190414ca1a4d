"""Reads the members of a tar archive where they lie, compressed or not."""

from __future__ import annotations

import io
import tarfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, cast

from gan.data.checks import refuse
from gan.data.opening.archives import SMALL, Archive, ArchivePath, damaged, inner_name, require_few
from gan.data.opening.streams import opened
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.image_set import Progress
    from gan.data.opening.paths import DataPath

_MAX_HEADER: Final = 2**20
"""Bytes that `tarfile` may read at once: more than any header has."""

_DAMAGE: Final = (tarfile.TarError, ValueError, OverflowError, RuntimeError, KeyError)
"""What `tarfile` raises on a damaged header."""

_PROGRESS_INTERVAL: Final = 1024
"""Members between two calls of `progress`."""


@contextmanager
def opened_tar(path: DataPath, progress: Progress) -> Iterator[ArchivePath]:
    """The root of a tar archive. It has no directory, so it is looked through from end to end.

    Args:
        path: The archive.
        progress: Called every thousand files or so; counts them.

    Raises:
        DataError: The archive can't be read or is damaged.
    """
    with opened(path) as stream:
        try:
            archive = _TarArchive(path, stream, progress)
        except _DAMAGE as error:
            raise damaged(path, "tar", error) from error
        yield ArchivePath(archive, "")


class _TarArchive(Archive):
    def __init__(self, path: DataPath, stream: io.BufferedReader, progress: Progress) -> None:
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
                require_few(path, count)
                if count % _PROGRESS_INTERVAL == 0:
                    progress(f"looking through {safe_text(path.name)}", count, 0, "files")
                self._enter(member)
            _require_end(stream, archive.offset)

    def _enter(self, member: tarfile.TarInfo) -> None:
        inner = inner_name(member.name)
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
        if size > SMALL:
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
