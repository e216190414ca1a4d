"""The grid of generated digits: what layout fits a room, and its strips.

Apart from the cells, because it is the part that knows the images: sixteen of 28 x 28, how small a
digit may get before it says nothing, and which glyphs read best at which size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from tui.render.cells import to_cells, to_strips
from tui.render.glyphs import PIXELS_PER_CELL, GlyphMode

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.render.greys import Depth

Glyphs = Literal["auto", "half", "quad", "sextant", "octant", "ascii"]
"""What a person may ask for; `auto` takes what reads best at the size, of what all terminals have.

Sextants and octants are newer than many fonts, and some multiplexers drop octants and shift what
stands to the right of them.
"""

GLYPHS: Final[tuple[Glyphs, ...]] = get_args(Glyphs)
"""All of them, in the order that a key goes through them."""

_SIDE: Final = 28
"""Height and width of a digit in pixels."""

_FEWEST_ROWS: Final = 4
"""Below 8 x 4 cells a digit can no longer be read."""

_FEWEST_ROWS_OF_CHARACTERS: Final = 5
"""Below 10 x 5 it cannot be read in plain characters, and fewer digits are shown."""

_HALF_FROM_COLUMNS: Final = 18
"""From this width half blocks are as legible as quadrants, and calmer; below, quadrants win."""

_BRIGHTENED: Final[npt.NDArray[np.uint8]] = np.minimum(np.arange(256) * 1.2, 255).astype(np.uint8)
"""Each brightness after a digit shrank; of five gains this and its neighbour are most legible."""

_GRIDS: Final = (4, 2, 1)
"""Digits along a side of the grid, the most welcome first."""


@dataclass(frozen=True, slots=True)
class DigitLayout:
    """How a grid of digits lies in the terminal; a digit is twice as many columns as rows."""

    mode: GlyphMode
    """The glyphs it is drawn with."""

    across: int
    """Digits in a row of the grid."""

    down: int
    """Digits in a column of the grid."""

    digit_columns: int
    """Columns of cells that one digit takes."""

    digit_rows: int
    """Rows of cells that one digit takes."""

    @property
    def columns(self) -> int:
        """Columns of cells of the whole grid."""
        return self.across * self.digit_columns

    @property
    def rows(self) -> int:
        """Rows of cells of the whole grid."""
        return self.down * self.digit_rows


def fit_digits(
    columns: int, rows: int, *, glyphs: Glyphs = "auto", most: Literal[1, 16] = 16
) -> DigitLayout | None:
    """The best layout for a room of so many cells.

    All sixteen digits if they stay legible, else four, else one. They grow to where a cell holds
    whole pixels (28 x 14 cells, but 14 x 7 octants and 56 x 28 sextants), and beyond that only by
    whole multiples, so that pixels stay equal.

    Args:
        columns: Of the room.
        rows: Of the room.
        glyphs: What the digits are drawn with.
        most: 1 for one digit alone, as large as it fits.

    Returns:
        The layout, or none where not even one legible digit fits.
    """
    for side in _GRIDS if most > 1 else _GRIDS[-1:]:
        digit_rows = min(columns // (2 * side), rows // side)
        if digit_rows >= (_FEWEST_ROWS if side == 1 else _fewest_rows(glyphs)):
            return _layout(side, digit_rows, glyphs)
    return None


def render_digits(
    images: npt.NDArray[np.uint8], layout: DigitLayout, depth: Depth = "greys"
) -> list[Strip]:
    """The first digits of a batch, row by row, as `layout.rows` strips of `layout.columns` cells.

    Args:
        images: n x 28 x 28, 0 black to 255 white. Beyond what the layout holds they are left out;
            where there are fewer, the places stay black.
        layout: From `fit_digits`.
        depth: The colours that the terminal has.
    """
    across, down = PIXELS_PER_CELL[layout.mode]
    width, height = layout.digit_columns * across, layout.digit_rows * down
    grid = np.zeros((layout.down, layout.across, height, width), np.uint8)
    for place, image in zip(np.ndindex(layout.down, layout.across), images, strict=False):
        grid[place] = _resized(image, width, height)
    pixels = grid.swapaxes(1, 2).reshape(layout.down * height, layout.across * width)
    return to_strips(to_cells(pixels, layout.mode, depth))


def _fewest_rows(glyphs: Glyphs) -> int:
    """The rows that a digit needs for others to stand beside it."""
    return _FEWEST_ROWS_OF_CHARACTERS if glyphs == "ascii" else _FEWEST_ROWS


def _layout(side: int, room: int, glyphs: Glyphs) -> DigitLayout:
    """A square grid, with the glyphs that were asked for or that read best at this size."""
    best: GlyphMode = "half" if 2 * room >= _HALF_FROM_COLUMNS else "quad"
    mode = best if glyphs == "auto" else glyphs
    digit_rows = _whole_multiple(room, mode)
    return DigitLayout(mode, side, side, 2 * digit_rows, digit_rows)


def _whole_multiple(digit_rows: int, mode: GlyphMode) -> int:
    """The rows as they are up to the first whole multiple of a digit's pixels, else the largest."""
    across, down = PIXELS_PER_CELL[mode]
    lossless = math.lcm(_SIDE // math.gcd(_SIDE, 2 * across), _SIDE // math.gcd(_SIDE, down))
    return digit_rows // lossless * lossless or digit_rows


def _resized(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """One digit in so many pixels: untouched or repeated by whole multiples, else by LANCZOS.

    LANCZOS keeps the strokes: of seven filters it leaves the most legible small digits. A stroke
    thinner than a pixel grows dim when it shrinks, so what shrinks is made brighter again.
    """
    if width % _SIDE == height % _SIDE == 0:
        return image.repeat(height // _SIDE, axis=0).repeat(width // _SIDE, axis=1)
    # Here, because nothing is resized before the first frame.
    from PIL import Image

    resized = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
    return _BRIGHTENED[resized] if min(width, height) < _SIDE else resized
