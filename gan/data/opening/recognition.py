"""Tells by its content what a file is, whatever its name says.

A mirror that has died answers with a page, a clone without Git LFS has pointers, and much that is
offered as a data set is a pickle. Those are refused by what they are; a pickle is never opened.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

from gan.data.checks import refuse
from gan.data.opening.kinds import UNUSABLE, Kind
from gan.data.opening.streams import opened

if TYPE_CHECKING:
    import io

    from gan.data.opening.paths import DataPath


_HEAD: Final = 2048
"""Bytes that are looked at: a tar archive says what it is after 257 of them."""

_STARTS: Final = (
    (b"\x93NUMPY", Kind.NPY),
    (b"PAR1", Kind.PARQUET),
    (b"MATLAB ", Kind.MATLAB),
    (b"\x89HDF\r\n\x1a\n", Kind.HDF5),
    (b"\x89PNG\r\n\x1a\n", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF8", Kind.PICTURE),
    (b"II*\0", Kind.PICTURE),
    (b"MM\0*", Kind.PICTURE),
    (b"version https://git-lfs.github.com/", Kind.LFS_POINTER),
    (b"version https://hawser.github.com/", Kind.LFS_POINTER),
    (b"Rar!\x1a\x07", Kind.RAR),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"%PDF-", Kind.PDF),
    (b"ARROW1", Kind.ARROW),
    (b"FEA1", Kind.ARROW),
    (b"SQLite format 3\0", Kind.SQLITE),
)
_PATTERNS: Final = (
    (re.compile(rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]"), Kind.IDX),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Kind.PICTURE),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), Kind.PICTURE),
    (re.compile(rb"BM....\0\0\0\0", re.DOTALL), Kind.PICTURE),
    (re.compile(rb"P[1-6][ \t\r\n]+[0-9#]"), Kind.PICTURE),
    (re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)"), Kind.ZIP),
    # PyTorch's own magic number, pickled, with which its files began until version 1.6.
    (re.compile(rb"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"), Kind.PYTORCH),
    # Protocols 2 to 5 announce themselves; the older ones are text that begins with an opcode.
    (re.compile(rb"\x80[\x02-\x05](?=[\x95\x8a\x8c(\]}cXUKMJNGC)q\x85-\x8e])"), Kind.PICKLE),
    (
        re.compile(rb"\({0,4}([dl]p\d+\n|[\]}]q[\0-\x1f]|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n[pq(])"),
        Kind.PICKLE,
    ),
    (re.compile(rb"[\x10-\xff][\0-\x7f]\0\0\0\0\0\0\{\"", re.DOTALL), Kind.SAFETENSORS),
    # A stream of Arrow's: a mark, the length of a message, and where its table begins.
    (re.compile(rb"\xff{4}.{3}\0[\x04-\x40]\0{3}", re.DOTALL), Kind.ARROW),
)
_MARKUP: Final = (
    (
        re.compile(rb"<(!doctype\s+html|html|head|body|script|title|meta|!--)", re.IGNORECASE),
        Kind.HTML,
    ),
    (re.compile(rb"<(\?xml|error>)", re.IGNORECASE), Kind.XML),
    (re.compile(rb"\{\s*\"|\[\s*\{"), Kind.JSON),
)
_MATLAB_BY_NAME: Final = (".mat",)
_BOM: Final = b"\xef\xbb\xbf"
_WIDE_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_TEXT: Final = re.compile(rb"[\t\n\r\x0c -\x7e\x80-\xff]+")
_NUMBERS: Final = re.compile(rb"([-+]?[0-9][0-9.eE+-]*[ \t,;|]+){32}")
_TAR_MAGIC_AT: Final = 257
_NPY: Final = ".npy"


def recognise(path: DataPath) -> Kind:
    """What a file is by its content.

    Raises:
        DataError: It can't be read.
    """
    with opened(path) as stream:
        head = _head(stream)
        kind = kind_of(head)
        return _kind_of_zip(path, stream) if kind is Kind.ZIP else kind


def is_rows_of_numbers(path: DataPath) -> bool:
    """Whether a file begins with nothing but many numbers, so that it is more than a text.

    Raises:
        DataError: It can't be read.
    """
    with opened(path) as stream:
        return _NUMBERS.match(_head(stream)) is not None


def require_usable(path: DataPath, kind: Kind) -> None:
    """Refuse a file that no reader takes, by what it is.

    Raises:
        DataError: The message says what to do.
    """
    if expected := UNUSABLE.get(kind):
        raise refuse(path, kind.value, expected)


def kind_of(head: bytes) -> Kind:
    """What a file is by its first bytes; a zip archive may still be several things."""
    if not head:
        return Kind.EMPTY
    found = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    found = found or next((kind for pattern, kind in _PATTERNS if pattern.match(head)), None)
    if found is not None:
        return found
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        return Kind.TAR
    if _is_tfrecord(head):
        return Kind.TFRECORD
    return _kind_of_text(head)


def _is_tfrecord(head: bytes) -> bool:
    """Whether there is the length of a record and then its checksum: a masked CRC-32C."""
    length, found = head[:8], int.from_bytes(head[8:12], "little")
    if len(head) < 16 or not any(length):  # noqa: PLR2004
        return False
    crc = 0xFFFFFFFF
    for byte in length:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return found == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _kind_of_text(head: bytes) -> Kind:
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        return (
            Kind.EMPTY
            if not head.strip(b"\0 \t\r\n" + _BOM) and head[:1] != b"\0"
            else Kind.UNKNOWN
        )
    found = next((kind for pattern, kind in _MARKUP if pattern.match(text)), None)
    if found is not None:
        return found
    if _TEXT.fullmatch(text) or head.startswith(_WIDE_BOMS):
        return Kind.TABLE
    return Kind.UNKNOWN


def _kind_of_zip(path: DataPath, stream: io.BufferedReader) -> Kind:
    """NumPy's and PyTorch's files are zip archives too."""
    stream.seek(0)
    try:
        names = zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, OverflowError, KeyError) as error:
        is_numpy = path.suffix.lower() == ".npz"
        received = f"a damaged archive ({error})"
        raise refuse(
            path, received, "an intact .npz file" if is_numpy else "an intact one"
        ) from error
    if any(name.endswith("/data.pkl") for name in names):
        return Kind.PYTORCH
    arrays = [name for name in names if name.endswith(_NPY) and "/" not in name]
    is_numpy = path.suffix.lower() == ".npz" or len(arrays) == len(names) > 0
    return Kind.NPZ if is_numpy else Kind.ZIP


def _head(stream: io.BufferedReader) -> bytes:
    return stream.read(_HEAD)
