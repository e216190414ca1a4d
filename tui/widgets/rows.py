"""Rows of text for a terminal: pieces next to each other, cut, wrapped and filled to a width.

Pure functions; widths are in cells. Strings are plain text, never markup; `row` makes them safe to
show.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.strip import Strip

from gan.text.safe_text import LINE_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.style import Style

Piece = tuple[str, "Style"]
"""A text and its style."""


def row(pieces: Iterable[Piece], width: int) -> Strip:
    """The pieces from the left, cut or filled with blanks to `width` cells."""
    strip = Strip(Segment(safe_text(text, LINE_LIMIT), style) for text, style in pieces if text)
    return strip.adjust_cell_length(width)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Strip:
    """Pieces at both ends of a row; if they do not fit, the left ones are cut."""
    room = max(width - length(right), 0)
    return Strip.join([row(left, room), row(right, length(right))]).adjust_cell_length(width)


def length(pieces: Iterable[Piece]) -> int:
    """The number of cells that the pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


@lru_cache(maxsize=8192)
def wrapped(text: str, width: int) -> tuple[str, ...]:
    """The text in lines of at most `width` cells, broken at blanks, or after slashes without any.

    A path that has no slash there, or any other word, is broken anywhere. Blanks at a break are
    dropped and others kept. Cached, because a log wraps the same lines
    whenever one more is added.

    Args:
        text: Plain text in one line.
        width: Cells of a line, at least 1. A character wider than that has a line of its own.
    """
    lines = []
    text = text.rstrip()
    while (end := _characters_in(text, width)) < len(text):
        cut = text.rfind(" ", 1, end + 1)
        if not text[: max(cut, 0)].strip():
            cut = text.rfind("/", 1, end) + 1
        if not text[:cut].strip():
            cut = end
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return (*lines, text)


def _characters_in(text: str, width: int) -> int:
    """How many characters at the start of a text fit in `width` cells; at least 1."""
    if text.isascii():
        return max(min(len(text), width), 1)
    # Enough for a line with some combining characters; measuring a long text takes much longer.
    head = text[: 4 * width]
    return len(head) if cell_len(head) <= width else max(len(chop_cells(head, width)[0]), 1)


def bar(share: float, width: int) -> tuple[str, str]:
    """The done and the open part of a progress bar of `width` cells; `share` is clipped to 0..1."""
    done = round(width * min(max(share, 0.0), 1.0))
    return "━" * done, "━" * (width - done)
