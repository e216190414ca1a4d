"""The gate for text from outside: untrusted strings, made safe to show.

Names of files, messages, notes and whatever a log or a configuration holds may have escape codes,
newlines, or characters that hide or reorder others. Everything that writes text for people (a row,
a toast, a title, a line on a console) passes it through `safe_text`, wherever it comes from. Doing
so twice changes nothing.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from typing import Final

DEFAULT_LIMIT: Final = 500
"""Characters: more than any sentence needs, less than a page."""

PATH_LIMIT: Final = 8192
"""Characters: a path is never cut, because readers copy it. Systems allow at most 4096 bytes."""

LINE_LIMIT: Final = 4 * PATH_LIMIT
"""Characters of a whole line, which may name several paths."""

_ELLIPSIS: Final = "…"

_ORDINARY: Final = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2500-\u25ff\u2800-\u28ff]*"
)
"""Text that needs no closer look: ASCII, Latin, punctuation, and what charts are drawn with."""

_UNRELIABLE: Final = re.compile(
    # Letters and marks that show nothing (Default_Ignorable in Unicode).
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
    # Parts of flags, and colours of skin, whose width depends on the terminal.
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)
"""Characters that Python counts as printable, but that show nothing or shift the rest of a row."""

_MARKS: Final = frozenset({"Mn", "Me"})
"""The categories of marks, which are drawn over the character before them."""

_MAX_MARKS: Final = 4
"""Marks on one character: more than any language writes, too few to cover the lines above."""

_LONGEST_ESCAPE: Final = 10
"""Characters of an escape such as `\\U000e0001`."""

_SHELL_PLAIN: Final = re.compile(rb"[ -&(-\[\]-~]")
"""The bytes that stand for themselves in `$'...'`: ASCII without `'` and the backslash."""


def safe_text(text: str, limit: int = DEFAULT_LIMIT) -> str:
    r"""The text on one line, with characters that are not shown as escapes such as `\x1b`.

    Controls, newlines, marks of direction, zero-width characters, undecodable bytes, and marks that
    have no character of their own become escapes. Everything else stays, wide characters too.

    Args:
        text: Any string, including lone surrogates from an undecodable file name.
        limit: Maximum length of the result in characters, at least 1; cut text ends in `…`.
    """
    shown = text[: limit + 1]
    if not _ORDINARY.fullmatch(shown):
        shown = _escaped(shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + _ELLIPSIS


def safe_lines(text: str) -> str:
    """The text with each of its lines made safe to show, and none cut."""
    return "\n".join(safe_text(line, _LONGEST_ESCAPE * len(line) + 1) for line in text.split("\n"))


def shell_word(text: str) -> str:
    r"""The text as one word of a command line that can be copied from a screen into a shell.

    What `safe_text` would change is written as bytes in `$'...'`, which bash, zsh and ksh read.
    """
    if safe_text(text, len(text) or 1) == text:
        return shlex.quote(text)
    return f"$'{''.join(map(_shell_byte, b''.join(map(_encoded, text))))}'"


def _escaped(text: str) -> str:
    # A mark at the start, or after an escape, would be drawn over another character than its own.
    shown, marks = [], _MAX_MARKS
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        is_shown = character.isprintable() and not _UNRELIABLE.match(character)
        if is_shown and marks <= _MAX_MARKS:
            shown.append(character)
        else:
            shown.append(_escape(character))
            marks = _MAX_MARKS
    return "".join(shown)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _encoded(character: str) -> bytes:
    """The bytes of a character of a file name; an undecodable byte is a surrogate from U+DC80."""
    is_byte = "\udc80" <= character <= "\udcff"
    return character.encode("utf-8", "surrogateescape" if is_byte else "surrogatepass")


def _shell_byte(byte: int) -> str:
    plain = bytes([byte])
    return plain.decode("ascii") if _SHELL_PLAIN.fullmatch(plain) else f"\\x{byte:02x}"
