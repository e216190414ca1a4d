"""The same digit in every kind of glyphs, side by side: only an eye can judge a font."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from tui.choices import GLYPHS
from tui.render.digit_layout import DigitLayout
from tui.render.digits import render_digits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    import numpy.typing as npt

    from tui.choices import GlyphMode
    from tui.render.greys import Depth

GAP: Final = 2
_LEAST_ROWS: Final = 5
_MOST_ROWS: Final = 9
"""Rows of one digit in the dashboard at 120x40."""


def drawn_kinds(lost: Collection[str]) -> list[GlyphMode]:
    """The kinds of glyphs that don't shift the rest of a row."""
    return [kind for kind in GLYPHS if kind != "auto" and kind not in lost]


def ladder(
    image: npt.NDArray[np.uint8], kinds: Sequence[GlyphMode], columns: int, depth: Depth
) -> tuple[list[Strip], str]:
    """The digit in each kind, and a line with their names.

    Args:
        image: 28 x 28, from 0 (black) to 255 (white).
        kinds: From `drawn_kinds`.
        columns: The width for all of it.
        depth: The colours that the terminal has.

    Returns:
        Both empty if there is no room.
    """
    gaps = GAP * (len(kinds) - 1)
    rows = min((columns - gaps) // max(len(kinds), 1) // 2, _MOST_ROWS)
    if not kinds or rows < _LEAST_ROWS:
        return [], ""
    blocks = [
        render_digits(image[None], DigitLayout(kind, 1, 1, 2 * rows, rows), depth) for kind in kinds
    ]
    gap = Strip.blank(GAP)
    strips = [
        Strip.join([part for strip in parts for part in (gap, strip)][1:])
        for parts in zip(*blocks, strict=True)
    ]
    return strips, (" " * GAP).join(kind.ljust(2 * rows) for kind in kinds).rstrip()
