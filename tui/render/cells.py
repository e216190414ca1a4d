"""From grey pixels to terminal cells: a glyph and two greys for each.

Apart from the digits, because it knows nothing of them: any image whose sides fit the mode goes in.
A cell can show two colours only. Half blocks have two pixels in a cell, so nothing is lost; the
others have more, and the best two-level picture of them is found exactly. Where there are no
colours at all a cell shows which pixels are bright, and in ASCII how bright the whole is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt
from rich.style import Style

from tui.render import greys
from tui.render.glyphs import BLOCKS, PIXELS_PER_CELL, GlyphMode
from tui.render.strips import painted

if TYPE_CHECKING:
    from textual.strip import Strip

    Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.floating]

__all__ = ["PIXELS_PER_CELL", "Cells", "Depth", "GlyphMode", "to_cells", "to_strips"]

Depth = Literal["greys", "sixteen", "mono"]
"""The colours there are: the 26 greys of 256 colours, the four greys of 16, or none."""

_BRIGHT_FROM: Final = 80.0
"""Without colours, the brightness from which a pixel is lit: strokes stay whole, and holes open."""

_RAMP: Final = np.array(list(" .:-=+*#%@"))
"""ASCII characters from the darkest to the brightest, by how much of a cell they cover."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """An image as cells; all three arrays are rows x columns."""

    glyphs: npt.NDArray[np.str_]
    """One character for each cell; a blank where both levels are one."""

    foreground: npt.NDArray[np.uint8]
    """Grey level, 0 to 25, of the bright pixels; never below the background."""

    background: npt.NDArray[np.uint8]
    """Grey level, 0 to 25, of the dark pixels."""


def to_cells(pixels: Pixels, mode: GlyphMode, depth: Depth = "greys") -> Cells:
    """The best picture of an image that the colours allow.

    Cells that look the same are the same: bright is always in front, and a cell of one grey is a
    blank.

    Args:
        pixels: Height x width, 0 black to 255 white; the sides are whole numbers of cells.
        mode: The pixels in a cell.
        depth: The colours there are; without any, both levels of a cell are as of one colour.

    Raises:
        ValueError: A side is not a whole number of cells.
    """
    grouped = _grouped(pixels, mode)
    if mode == "ascii":
        return _plain(_RAMP[_steps(grouped.mean(axis=-1))])
    if depth == "mono":
        return _plain(BLOCKS[mode][_masks(grouped >= _BRIGHT_FROM)])
    bright, low, high = _split(grouped)
    background, foreground = _levels(low, depth), _levels(high, depth)
    glyphs = BLOCKS[mode][np.where(foreground == background, 0, _masks(bright))]
    return Cells(glyphs, foreground, background)


def to_strips(cells: Cells, depth: Depth = "greys") -> list[Strip]:
    """One strip for each row of cells."""
    styles, plain = greys.styles(), Style.null()

    def style_of(front: int, back: int) -> Style:
        return plain if depth == "mono" else styles[front][back]

    return [
        painted(glyphs, foreground, background, style_of)
        for glyphs, foreground, background in zip(
            cells.glyphs, cells.foreground, cells.background, strict=True
        )
    ]


def _plain(glyphs: npt.NDArray[np.str_]) -> Cells:
    """Glyphs that say all by themselves: white on black."""
    white = np.full(glyphs.shape, greys.LEVELS - 1, np.uint8)
    return Cells(glyphs, white, np.zeros_like(white))


def _masks(bright: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """The bright pixels of each cell as a sum of bits."""
    return np.asarray((bright << np.arange(bright.shape[-1])).sum(axis=-1), np.intp)


def _steps(brightness: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The nearest step of the ramp."""
    steps = np.rint(np.clip(brightness, 0, 255) * ((_RAMP.size - 1) / 255))
    return np.asarray(steps, np.intp)


def _grouped(pixels: Pixels, mode: GlyphMode) -> npt.NDArray[np.float32]:
    """The pixels as rows x columns x pixels of one cell, in reading order."""
    across, down = PIXELS_PER_CELL[mode]
    height, width = pixels.shape
    if height % down or width % across:
        raise ValueError(
            f"an image of {width} x {height} pixels is not whole cells of {across} x {down}"
        )
    blocks = pixels.astype(np.float32).reshape(height // down, down, width // across, across)
    shape = height // down, width // across, down * across
    return np.asarray(blocks.swapaxes(1, 2).reshape(shape))


def _split(
    pixels: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The split of each cell's pixels into dark and bright with the least squared error.

    In one dimension the best two groups are a prefix and a suffix of the sorted values, so trying
    each cut finds it; the least error within groups is the largest variance between them.

    Returns:
        Which pixels are bright, the mean of the dark ones and the mean of the bright ones. Where
        all are equal none is bright and both means are that value.
    """
    count = pixels.shape[-1]
    ordered = np.sort(pixels, axis=-1)
    below = np.cumsum(ordered, axis=-1)
    sizes = np.arange(1, count, dtype=np.float32)
    low, high = below[..., :-1] / sizes, (below[..., -1:] - below[..., :-1]) / (count - sizes)
    cut = (low * low * sizes + high * high * (count - sizes)).argmax(axis=-1)[..., None]
    bright = pixels > np.take_along_axis(ordered, cut, axis=-1)
    dark_mean = np.take_along_axis(low, cut, axis=-1)[..., 0]
    bright_mean = np.take_along_axis(high, cut, axis=-1)[..., 0]
    return bright, dark_mean, bright_mean


def _levels(brightness: npt.NDArray[np.float32], depth: Depth) -> npt.NDArray[np.uint8]:
    """The nearest level of each brightness that there is."""
    whole = np.clip(np.rint(brightness), 0, 255).astype(np.uint8)
    return greys.quantise_to_four(whole) if depth == "sixteen" else greys.quantise(whole)
