"""Rows of text for a terminal: pieces side by side, cut and filled to a width in cells.

Pure, and apart from the widgets that draw with it, so that what fits where can be tested without a
screen. Strings are plain text, never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.style import Style

Piece = tuple[str, "Style"]
"""A text and its style."""

_ELLIPSIS: Final = "…"


def row(pieces: Iterable[Piece], width: int) -> Strip:
    """The pieces from the left in `width` cells, cut or filled with blanks."""
    strip = Strip(Segment(text, style) for text, style in pieces if text)
    return strip.adjust_cell_length(width)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Strip:
    """Pieces at both ends of a row; where they do not fit, the left ones are cut."""
    room = max(width - length(right), 0)
    return Strip.join([row(left, room), row(right, length(right))]).adjust_cell_length(width)


def length(pieces: Iterable[Piece]) -> int:
    """The cells that the pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def clipped(text: str, width: int) -> str:
    """The text in at most `width` cells; what is cut ends in `…`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + _ELLIPSIS if width > 0 else ""


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at blanks where there are any."""
    lines = [""]
    for word in text.split():
        for piece in _chopped(word, width):
            joined = f"{lines[-1]} {piece}".lstrip()
            if cell_len(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines


def bar(share: float, width: int) -> tuple[str, str]:
    """A bar of `width` cells as its done and its open part."""
    done = round(width * min(max(share, 0.0), 1.0))
    return "━" * done, "━" * (width - done)


def _chopped(word: str, width: int) -> list[str]:
    """A word too long for a line in pieces that fit; any other word whole."""
    pieces = [""]
    for character in word:
        if pieces[-1] and cell_len(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
