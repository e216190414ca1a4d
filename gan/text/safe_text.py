"""Untrusted strings, made safe to show.

File names, error messages and notes may hold escape codes, newlines or characters that reverse the
direction of text. Every screen, log and console passes such strings through `safe_text` first.
"""

from __future__ import annotations

from typing import Final

DEFAULT_LIMIT: Final = 500
"""Characters: more than any sentence needs, less than a page."""

PATH_LIMIT: Final = 8192
"""Characters: a path is never cut, because readers copy it. Systems allow at most 4096 bytes."""

_ELLIPSIS: Final = "…"


def safe_text(text: str, limit: int = DEFAULT_LIMIT) -> str:
    r"""The text on one line, with unprintable characters as escapes such as `\x1b`.

    Args:
        text: Any string, including lone surrogates from an undecodable file name.
        limit: Maximum length of the result in characters, at least 1; cut text ends in `…`.
    """
    shown = "".join(map(_visible, text[: limit + 1]))
    return shown if len(shown) <= limit else shown[: limit - 1] + _ELLIPSIS


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def brief(value: object, limit: int = 80) -> str:
    """A value from outside as it would be written in Python, cut to `limit` characters."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= limit else text[: limit - 3] + "..."
