"""Digits as rows of a terminal: scaled to their place, then a glyph and two greys for each cell.

A cell can show only two colours. With half blocks it has two pixels, so nothing is lost; with more
pixels the two-level picture of minimum squared error is found exactly. Without colours the whole
image has two levels, found the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from tui.render import greys
from tui.render.digit_layout import IMAGE_SIDE
from tui.render.glyphs import BLOCKS, PIXELS_PER_CELL, ascii_glyphs
from tui.render.strips import painted

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.choices import BlockMode, GlyphMode
    from tui.render.digit_layout import DigitLayout
    from tui.render.greys import Depth

    Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.floating]

_BRIGHTENED: Final[npt.NDArray[np.uint8]] = np.minimum(np.arange(256) * 1.2, 255).astype(np.uint8)
"""The new value of each brightness in a digit that was shrunk. Of five gains, 1.2 and the next one
are the most legible."""

_THRESHOLDS: Final = (64, 160)
"""Range of the brightness that separates ink from background without colours: darker pixels are
never ink and brighter ones always are, so that neither dim noise nor a white image is misread."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """An image as cells; all three arrays are rows x columns."""

    glyphs: npt.NDArray[np.str_]
    """One character for each cell; a blank if both levels are equal."""

    foreground: npt.NDArray[np.uint8]
    """Grey level of the bright pixels; never below the background."""

    background: npt.NDArray[np.uint8]
    """Grey level of the dark pixels."""

    depth: Depth = "greys"
    """The set of greys that the levels index."""


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


def to_cells(pixels: Pixels, mode: GlyphMode, depth: Depth = "greys") -> Cells:
    """The best picture of an image with two greys per cell.

    Cells that look equal are equal: the brighter grey is always the foreground, and a cell of one
    grey is a blank.

    Args:
        pixels: Height x width, from 0 (black) to 255 (white); the sides are whole numbers of cells.
        mode: The glyphs that fill a cell.
        depth: The greys that the terminal has.

    Raises:
        ValueError: A side is not a whole number of cells.
    """
    grouped = _grouped(pixels, mode)
    if mode == "ascii":
        return _in_characters(grouped, depth)
    if depth == "mono":
        return _in_ink(grouped, mode)
    return _in_two_greys(grouped, mode, depth)


def to_strips(cells: Cells) -> list[Strip]:
    """One strip for each row of cells."""
    styles = greys.styles(cells.depth)
    return [
        painted(glyphs, foreground, background, lambda front, back: styles[front][back])
        for glyphs, foreground, background in zip(
            cells.glyphs, cells.foreground, cells.background, strict=True
        )
    ]


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


def _grouped(pixels: Pixels, mode: GlyphMode) -> npt.NDArray[np.float32]:
    """The pixels as rows x columns x pixels of one cell, in reading order."""
    across, down = PIXELS_PER_CELL[mode]
    height, width = pixels.shape
    if height % down or width % across:
        raise ValueError(
            f"an image of {width} x {height} pixels does not divide into cells of {across} x {down}"
        )
    blocks = pixels.astype(np.float32).reshape(height // down, down, width // across, across)
    shape = height // down, width // across, down * across
    return np.asarray(blocks.swapaxes(1, 2).reshape(shape))


def _in_two_greys(grouped: npt.NDArray[np.float32], mode: BlockMode, depth: Depth) -> Cells:
    """Each cell with the two greys that fit it best."""
    bright, low, high = _split(grouped)
    background, foreground = _levels(low, depth), _levels(high, depth)
    glyphs = BLOCKS[mode][np.where(foreground == background, 0, _masks(bright))]
    return Cells(glyphs, foreground, background, depth)


def _in_ink(grouped: npt.NDArray[np.float32], mode: BlockMode) -> Cells:
    """Each pixel in either the terminal's foreground or its background."""
    glyphs = BLOCKS[mode][_masks(grouped > _threshold(grouped))]
    return _written(glyphs, "mono")


def _in_characters(grouped: npt.NDArray[np.float32], depth: Depth) -> Cells:
    """Each cell as a plain character, white on black or in the terminal's own colours."""
    return _written(ascii_glyphs(grouped), depth)


def _written(glyphs: npt.NDArray[np.str_], depth: Depth) -> Cells:
    """Characters in the brightest level on the darkest."""
    dark = np.zeros(glyphs.shape, np.uint8)
    return Cells(glyphs, dark + np.uint8(len(greys.BRIGHTNESS[depth]) - 1), dark, depth)


def _masks(bright: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """The bright pixels of each cell as one number; bit i is pixel i."""
    return np.packbits(bright, axis=-1, bitorder="little")[..., 0]


def _threshold(pixels: npt.NDArray[np.float32]) -> float:
    """The brightness above which a pixel is ink, for the best two-level picture of the image."""
    if not pixels.size:
        return _THRESHOLDS[0]
    _, low, high = _split(pixels.reshape(1, -1))
    return float(np.clip((low[0] + high[0]) / 2, *_THRESHOLDS))


def _split(
    pixels: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The split of each cell's pixels into dark and bright with the minimum squared error.

    In one dimension the best two groups are a prefix and a suffix of the sorted values, so trying
    each cut finds it; the minimum error within groups is the maximum variance between them.

    Returns:
        Which pixels are bright, the mean of the dark ones and the mean of the bright ones. If all
        pixels are equal none is bright and both means are that value.
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
    """The nearest level of each brightness."""
    return greys.quantise(np.clip(np.rint(brightness), 0, 255).astype(np.uint8), depth)
