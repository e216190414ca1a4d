"""Reads the members of a zip archive where they lie."""

from __future__ import annotations

import io
import stat
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from gan.data.checks import largest_unpacked, refuse
from gan.data.opening.archives import SMALL, Archive, ArchivePath, damaged, inner_name, require_few
from gan.data.opening.streams import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.opening.paths import DataPath

_METHODS: Final = {
    zipfile.ZIP_STORED: "stored",
    zipfile.ZIP_DEFLATED: "deflated",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "LZMA",
}
_ENCRYPTED: Final = 0x1

_DAMAGE: Final = (zipfile.BadZipFile, ValueError, RuntimeError, OverflowError, EOFError, KeyError)
"""What `zipfile` raises on a damaged directory or header."""


@contextmanager
def opened_zip(path: DataPath) -> Iterator[ArchivePath]:
    """The root of a zip archive.

    Raises:
        DataError: The archive can't be read or is damaged.
    """
    with opened(path) as stream:
        try:
            archive = _ZipArchive(path, zipfile.ZipFile(stream))
        except _DAMAGE as error:
            raise damaged(path, "zip", error) from error
        yield ArchivePath(archive, "")


class _ZipArchive(Archive):
    def __init__(self, path: DataPath, archive: zipfile.ZipFile) -> None:
        super().__init__(path)
        self._zip = archive
        self._members: dict[str, zipfile.ZipInfo] = {}
        members = archive.infolist()
        require_few(path, len(members))
        for member in members:
            inner = inner_name(member.filename)
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
            return io.BytesIO(stream.read()) if member.file_size <= SMALL else stream
        except _DAMAGE as error:
            raise damaged(path, "zip", error) from error


def _is_special(mode: int) -> bool:
    """Whether a zip member is a link or a device, by its Unix mode."""
    kind = stat.S_IFMT(mode)
    return kind not in {0, stat.S_IFREG, stat.S_IFDIR}
