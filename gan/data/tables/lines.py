"""Reads text in pieces of whole lines, each of which ends in a newline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.data.checks import refuse, require_plausible
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from gan.data.data_file import DataFile
    from gan.data.image_set import Progress

_PIECE: Final = 2**18
"""Bytes of a piece: what is computed from it stays in a processor's cache."""

_LONGEST: Final = 2**23
"""Bytes of a line: more than any image in text has."""

_BOM: Final = b"\xef\xbb\xbf"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


def pieces(file: DataFile, stream: io.BufferedIOBase, progress: Progress) -> Iterator[bytes]:
    r"""The text in pieces, with `\n` at the end of each line and no mark at the beginning.

    Raises:
        DataError: It isn't text, has a line without end, or unpacks to more than is plausible.
    """
    what = f"reading {safe_text(file.path.name)}"
    stored = file.stored_size
    total = 0 if file.is_packed else stored
    done, rest = 0, b""
    while data := stream.read(_PIECE):
        if not done:
            data = _beginning(file, data)
        done += len(data)
        require_plausible(file.path, done, stored)
        progress(what, min(done, total) if total else done, total, "bytes")
        if b"\0" in data:
            raise refuse(file.path, "bytes that are not text", "a table of text")
        text = rest + data
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if len(rest) > _LONGEST:
            raise refuse(file.path, f"a line of more than {_LONGEST:,} bytes", "a row an image")
        if end:
            yield _with_newlines(text[:end])
    if rest.strip():
        yield _with_newlines(rest + b"\n")


def _beginning(file: DataFile, data: bytes) -> bytes:
    if data.startswith(_WIDE):
        raise refuse(file.path, "text in UTF-16", "UTF-8; save it again in that encoding")
    return data.removeprefix(_BOM)


def _with_newlines(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
