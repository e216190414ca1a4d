"""Opens the content of a file: decompressed if it is compressed, which its first bytes tell.

A stream delivers no more than is plausible for the size of its file, so that a decompression bomb
ends in an error and not in full memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any, Final, cast

from gan.data.checks import largest_unpacked, reading, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.data.opening.paths import DataPath

_BUFFER: Final = 2**17

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_MODULES: Final = ("compression.zstd", "backports.zstd")
"""Python has it from 3.14 on; the second is the same for older ones."""

_OPENERS: Final[dict[bytes, tuple[str, Callable[[IO[bytes]], Any]]]] = {
    b"\x1f\x8b": ("gzip", lambda raw: gzip.GzipFile(fileobj=raw, mode="rb")),
    b"\xfd7zXZ\0": ("xz", lzma.LZMAFile),
    b"BZh": ("bzip2", bz2.BZ2File),
}
"""By the first bytes: the name of a compression, and what makes a stream of its content."""

COMPRESSED_SUFFIXES: Final = (".gz", ".xz", ".bz2", ".zst")
"""What the names of compressed files end in; only names are compared by it."""

_LONGEST_MAGIC: Final = 6

DAMAGE: Final = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, zipfile.BadZipFile, EOFError)
"""What the decompressors raise on damaged data."""


class BoundedStream(io.RawIOBase):
    """A stream that ends in a `DataError` once it has delivered more than a limit."""

    def __init__(self, path: DataPath, content: IO[bytes], limit: int) -> None:
        self._path = path
        self._content = content
        self._limit = limit
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes; backwards, the content is decompressed again from its start."""
        return True

    def tell(self) -> int:
        """The position in the decompressed content."""
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Read up to as many bytes as the buffer has.

        Raises:
            DataError: The content is larger than the limit.
        """
        view = memoryview(buffer).cast("B")
        piece = self._content.read(len(view))
        view[: len(piece)] = piece
        self._move(self._position + len(piece))
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position. Decompressors can't seek from the end, so it is looked for.

        Raises:
            DataError: The content is larger than the limit.
        """
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            while self.read(_BUFFER):
                pass
            offset += self._position
        if offset > self._limit:
            self._move(offset)
        self._position = self._content.seek(max(0, offset))
        return self._position

    def _move(self, position: int) -> None:
        if position > self._limit:
            received = "a compressed file that unpacks to more than is plausible for its size"
            raise refuse(self._path, received, f"at most {self._limit} bytes")
        self._position = position

    def close(self) -> None:
        """Close the decompressor too."""
        if not self.closed:
            self._content.close()
        super().close()


@contextmanager
def opened(path: DataPath) -> Iterator[io.BufferedReader]:
    """A stream of a file's content, decompressed if it is compressed.

    Raises:
        DataError: The file can't be read or is damaged, there or inside the block; or this Python
            can't decompress it.
    """
    with reading(path):
        # Fails if there is no such file.
        path.stat()
        # Opening a named pipe would block forever.
        if not path.is_file():
            raise refuse(path, "something that is not a regular file", "a file with images")
    with reading(path), path.open("rb") as raw:
        magic = raw.read(_LONGEST_MAGIC)
        raw.seek(0)
        name = compression(magic)
        try:
            yield _content(path, raw, magic)
        except DAMAGE as error:
            received = f"a damaged {name or 'archived'} file ({error})"
            raise refuse(path, received, "an intact one") from error
        except OSError as error:
            # The decompressors report damage without a number; the system has one.
            if name and error.errno is None:
                received = f"a damaged {name} file ({error})"
                raise refuse(path, received, "an intact one") from error
            raise


def is_compressed(path: DataPath) -> bool:
    """Whether a file is compressed.

    Raises:
        DataError: It can't be read.
    """
    with reading(path), path.open("rb") as raw:
        return bool(compression(raw.read(_LONGEST_MAGIC)))


def compression(magic: bytes) -> str:
    """The name of a compression by the first six bytes of a file; empty if there is none."""
    if magic.startswith(_ZSTD_MAGIC):
        return "Zstandard"
    return next((name for start, (name, _) in _OPENERS.items() if magic.startswith(start)), "")


def without_compression(name: str) -> str:
    """The name of a file without the suffix of a compression: `train.csv` of `train.csv.gz`."""
    for suffix in COMPRESSED_SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _content(path: DataPath, raw: IO[bytes], magic: bytes) -> io.BufferedReader:
    opener = next((make for start, (_, make) in _OPENERS.items() if magic.startswith(start)), None)
    if magic.startswith(_ZSTD_MAGIC):
        opener = _zstandard(path)
    if opener is None:
        return raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast("Any", raw))
    return io.BufferedReader(
        BoundedStream(path, opener(raw), largest_unpacked(path.stat().st_size)), _BUFFER
    )


def _zstandard(path: DataPath) -> Callable[[IO[bytes]], IO[bytes]]:
    module = next(filter(_is_installed, _ZSTD_MODULES), None)
    if module is None:
        received = "a Zstandard file, which this Python can't decompress"
        expected = "the file unpacked by `unzstd`, or the Python package backports.zstd"
        raise refuse(path, received, expected)
    return cast("Callable[[IO[bytes]], IO[bytes]]", import_module(module).ZstdFile)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        # The package above it isn't installed either.
        return False
