"""The grid of generated digits: which layout fits a number of cells, and its strips.

It knows the images: how many there are and their size, how small a digit can get and stay legible,
and which glyphs are most legible at which size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from tui.render.cells import to_cells, to_strips
from tui.render.glyphs import PIXELS_PER_CELL

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.choices import GlyphMode, Glyphs
    from tui.render.greys import Depth

IMAGE_SIDE: Final = 28
"""Height and width of a digit in pixels, as `gan.events.IMAGE_SIDE`."""

_MIN_ROWS: Final = 4
"""A digit in fewer than 8 x 4 cells is illegible."""

_MIN_ROWS_OF_CHARACTERS: Final = 5
"""Among others, a digit in fewer than 10 x 5 plain characters is illegible; fewer are shown."""

_HALF_FROM_COLUMNS: Final = 18
"""From this width half blocks are as legible as quadrants, and calmer; below, quadrants win."""

_BRIGHTENED: Final[npt.NDArray[np.uint8]] = np.minimum(np.arange(256) * 1.2, 255).astype(np.uint8)
"""The new value of each brightness in a digit that was shrunk. Of five gains, 1.2 and the next one
are the most legible."""

GRID_SIDES: Final = (4, 2, 1)
"""Digits along a side of the grid, in order of preference; the first shows all samples."""


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


def render_digits(
    images: npt.NDArray[np.uint8], layout: DigitLayout, depth: Depth = "greys"
) -> list[Strip]:
    """The first digits of a batch, row by row, as `layout.rows` strips of `layout.columns` cells.

    Args:
        images: n x 28 x 28, from 0 (black) to 255 (white). Those beyond the layout's capacity are
            left out; places without an image stay black.
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


def _min_rows(glyphs: Glyphs) -> int:
    """Minimum rows of a digit in a grid of several."""
    return _MIN_ROWS_OF_CHARACTERS if glyphs == "ascii" else _MIN_ROWS


def _layout(side: int, room: int, glyphs: Glyphs) -> DigitLayout:
    """A square grid, with the requested glyphs or the most legible ones at this size."""
    best: GlyphMode = "half" if 2 * room >= _HALF_FROM_COLUMNS else "quad"
    mode = best if glyphs == "auto" else glyphs
    digit_rows = _whole_multiple(room, mode)
    return DigitLayout(mode, side, side, 2 * digit_rows, digit_rows)


def _whole_multiple(digit_rows: int, mode: GlyphMode) -> int:
    """The largest number of rows that holds whole multiples of a digit's pixels.

    Below the first such number, the rows as they are.
    """
    across, down = PIXELS_PER_CELL[mode]
    lossless = math.lcm(
        IMAGE_SIDE // math.gcd(IMAGE_SIDE, 2 * across), IMAGE_SIDE // math.gcd(IMAGE_SIDE, down)
    )
    return digit_rows // lossless * lossless or digit_rows


def _resized(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """One digit in `width` x `height` pixels: repeated by whole multiples, else by LANCZOS.

    Of seven filters LANCZOS gives the most legible small digits. A stroke thinner than a pixel
    becomes dim, so a digit that was shrunk is brightened.
    """
    if width % IMAGE_SIDE == height % IMAGE_SIDE == 0:
        return image.repeat(height // IMAGE_SIDE, axis=0).repeat(width // IMAGE_SIDE, axis=1)
    # Imported here, because nothing is resized before the first frame.
    from PIL import Image

    resized = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
    return _BRIGHTENED[resized] if min(width, height) < IMAGE_SIDE else resized
