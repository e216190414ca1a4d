"""Strings from outside, made safe to show.

File names, error messages and notes may hold escape codes, newlines or characters that turn the
direction of writing. Whatever shows such a string, a screen, a log or a plain line, passes it
through here first, so this is the only place that decides what is printable.
"""

from __future__ import annotations

from typing import Final

DEFAULT_LIMIT: Final = 500
"""Characters: more than any sentence needs, less than a page."""

PATH_LIMIT: Final = 8192
"""Characters: a path is never cut, for a reader copies it. Systems allow 4096 bytes at most."""

_ELLIPSIS: Final = "…"


def safe_text(text: str, limit: int = DEFAULT_LIMIT) -> str:
    r"""The text on one line, with every character that is not printable as an escape like `\x1b`.

    Args:
        text: Any string, lone surrogates of an undecodable file name included.
        limit: Length of the result at most, in characters, at least 1; what is cut ends in `…`.
    """
    shown = "".join(map(_visible, text[: limit + 1]))
    return shown if len(shown) <= limit else shown[: limit - 1] + _ELLIPSIS


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
