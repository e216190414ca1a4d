"""From grey pixels to terminal cells: a glyph and two greys for each.

Apart from the digits, because it knows nothing of them: any image whose sides fit the mode goes in.
A cell can show two colours only. Half blocks have two pixels in a cell, so nothing is lost;
quadrants have four, and the best two-level picture of them is found exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from tui.render import greys
from tui.render.strips import painted

if TYPE_CHECKING:
    from textual.strip import Strip

GlyphMode = Literal["half", "quad"]
"""What fills a cell: half blocks (1 x 2 pixels) or quadrants (2 x 2 pixels)."""

PIXELS_PER_CELL: Final[dict[GlyphMode, tuple[int, int]]] = {"half": (1, 2), "quad": (2, 2)}
"""The pixels across and down in one cell."""

_GLYPHS: Final[dict[GlyphMode, npt.NDArray[np.str_]]] = {
    "half": np.array(list(" ▀▄█")),
    "quad": np.array(list(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")),
}
"""The glyph for each set of bright pixels; bit i is the i-th pixel in reading order."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """An image as cells; all three arrays are rows x columns."""

    glyphs: npt.NDArray[np.str_]
    """One character for each cell; a blank where both levels are one."""

    foreground: npt.NDArray[np.uint8]
    """Grey level, 0 to 25, of the bright pixels; never below the background."""

    background: npt.NDArray[np.uint8]
    """Grey level, 0 to 25, of the dark pixels."""


def to_cells(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.floating], mode: GlyphMode) -> Cells:
    """The best picture of an image that two greys a cell allow.

    Cells that look the same are the same: bright is always in front, and a cell of one grey is a
    blank.

    Args:
        pixels: Height x width, 0 black to 255 white; the sides are whole numbers of cells.
        mode: The pixels in a cell.

    Raises:
        ValueError: A side is not a whole number of cells.
    """
    grouped = _grouped(pixels, mode)
    bright, low, high = _split(grouped)
    background, foreground = _levels(low), _levels(high)
    bits = (bright << np.arange(grouped.shape[-1])).sum(axis=-1)
    glyphs = _GLYPHS[mode][np.where(foreground == background, 0, bits)]
    return Cells(glyphs, foreground, background)


def to_strips(cells: Cells) -> list[Strip]:
    """One strip for each row of cells."""
    styles = greys.styles()
    return [
        painted(glyphs, foreground, background, lambda front, back: styles[front][back])
        for glyphs, foreground, background in zip(
            cells.glyphs, cells.foreground, cells.background, strict=True
        )
    ]


def _grouped(
    pixels: npt.NDArray[np.uint8] | npt.NDArray[np.floating], mode: GlyphMode
) -> npt.NDArray[np.float32]:
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


def _levels(brightness: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The nearest level of each brightness."""
    return greys.quantise(np.clip(np.rint(brightness), 0, 255).astype(np.uint8))
