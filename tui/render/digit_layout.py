"""The layout of a grid of digits: how many, how large and in which glyphs for a number of cells.

It knows how small a digit can get and stay legible, and which glyphs are most legible at which
size. It draws nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.render.glyphs import PIXELS_PER_CELL

if TYPE_CHECKING:
    from tui.choices import GlyphMode, Glyphs

IMAGE_SIDE: Final = 28
"""Height and width of a digit in pixels, as `gan.events.IMAGE_SIDE`."""

_MIN_ROWS: Final = 4
"""A digit in fewer than 8 x 4 cells is illegible."""

_MIN_ROWS_OF_CHARACTERS: Final = 5
"""Among others, a digit in fewer than 10 x 5 plain characters is illegible; fewer are shown."""

_HALF_FROM_COLUMNS: Final = 18
"""From this width half blocks are as legible as quadrants, and calmer; below, quadrants win."""

GRID_SIDES: Final = (4, 2, 1)
"""Digits along a side of the grid, in order of preference; the first shows all samples."""


_SHEET_ACROSS: Final = 10
"""Digits side by side in a sheet: as many as MNIST has classes."""

_LARGEST_IN_SHEET: Final = IMAGE_SIDE // 2
"""Rows of a digit in a sheet: every pixel, in half blocks."""


@dataclass(frozen=True, slots=True)
class DigitLayout:
    """The cells of a grid of digits; a digit has twice as many columns as rows."""

    mode: GlyphMode
    """The glyphs that fill a cell."""

    across: int
    """Digits in a row of the grid."""

    down: int
    """Digits in a column of the grid."""

    digit_columns: int
    """Columns of cells of one digit."""

    digit_rows: int
    """Rows of cells of one digit."""

    @property
    def columns(self) -> int:
        """Columns of cells of the whole grid."""
        return self.across * self.digit_columns

    @property
    def rows(self) -> int:
        """Rows of cells of the whole grid."""
        return self.down * self.digit_rows


def fit_digits(
    columns: int, rows: int, *, glyphs: Glyphs = "auto", alone: bool = False
) -> DigitLayout | None:
    """The best layout for `columns` x `rows` cells.

    All sixteen digits if they are legible, else four, else one. They grow until a cell holds whole
    pixels (28 x 14 cells, but 14 x 7 octants and 56 x 28 sextants), and beyond that only by whole
    multiples, so that all pixels have the same size.

    Args:
        columns: Width in cells.
        rows: Height in cells.
        glyphs: What the digits are drawn with.
        alone: Whether only one digit is shown, as large as it fits.

    Returns:
        The layout, or `None` if not even one legible digit fits.
    """
    for side in GRID_SIDES[-1:] if alone else GRID_SIDES:
        digit_rows = min(columns // (2 * side), rows // side)
        if digit_rows >= (_MIN_ROWS if side == 1 else _min_rows(glyphs)):
            return _layout(side, digit_rows, glyphs)
    return None


def fit_some_digits(
    columns: int, rows: int, *, most: int, glyphs: Glyphs = "auto"
) -> DigitLayout | None:
    """The layout with the most digits that are legible, in a grid of any shape.

    A few digits less are worth it if the others become larger: what counts is their number times
    the root of their size.

    Args:
        columns: Width in cells.
        rows: Height in cells.
        most: Maximum number of digits; with as many, they are as large as they fit.
        glyphs: What the digits are drawn with.

    Returns:
        The layout, or `None` if not even one legible digit fits.
    """
    smallest = _min_rows(glyphs)
    sizes = range(smallest, max(min(rows, columns // 2), smallest - 1) + 1)
    shapes = [(min(columns // (2 * size), most), rows // size, size) for size in sizes]
    if not shapes:
        return None
    across, down, digit_rows = max(
        shapes, key=lambda shape: (min(shape[0] * shape[1], most) * math.sqrt(shape[2]), shape[2])
    )
    count = min(across * down, most)
    digit_rows = _whole_multiple(digit_rows, _mode(digit_rows, glyphs))
    down = math.ceil(count / across)
    return DigitLayout(
        _mode(digit_rows, glyphs), math.ceil(count / down), down, 2 * digit_rows, digit_rows
    )


def digit_sheet(columns: int, *, most: int, glyphs: Glyphs = "auto") -> DigitLayout:
    """The layout of a sheet of digits that may be of any height.

    Up to ten digits side by side, as wide as there is room for, and fewer if so many would be
    illegible; the last row may have places left.

    Args:
        columns: Width in cells.
        most: How many digits there are, 1 or more.
        glyphs: What they are drawn with.
    """
    room = max(_min_rows(glyphs), columns // (2 * min(_SHEET_ACROSS, most)))
    across = max(1, min(columns // (2 * room), _SHEET_ACROSS, most))
    mode = _mode(room, glyphs)
    digit_rows = min(_whole_multiple(room, mode), _LARGEST_IN_SHEET)
    return DigitLayout(mode, across, math.ceil(most / across), 2 * digit_rows, digit_rows)


def _min_rows(glyphs: Glyphs) -> int:
    """Minimum rows of a digit in a grid of several."""
    return _MIN_ROWS_OF_CHARACTERS if glyphs == "ascii" else _MIN_ROWS


def _layout(side: int, room: int, glyphs: Glyphs) -> DigitLayout:
    """A square grid, with the requested glyphs or the most legible ones at this size."""
    mode = _mode(room, glyphs)
    digit_rows = _whole_multiple(room, mode)
    return DigitLayout(mode, side, side, 2 * digit_rows, digit_rows)


def _mode(room: int, glyphs: Glyphs) -> GlyphMode:
    """The requested glyphs, or the most legible ones for digits of so many rows."""
    best: GlyphMode = "half" if 2 * room >= _HALF_FROM_COLUMNS else "quad"
    return best if glyphs == "auto" else glyphs


def _whole_multiple(digit_rows: int, mode: GlyphMode) -> int:
    """The largest number of rows that holds whole multiples of a digit's pixels.

    Below the first such number, the rows as they are.
    """
    across, down = PIXELS_PER_CELL[mode]
    lossless = math.lcm(
        IMAGE_SIDE // math.gcd(IMAGE_SIDE, 2 * across), IMAGE_SIDE // math.gcd(IMAGE_SIDE, down)
    )
    return digit_rows // lossless * lossless or digit_rows
