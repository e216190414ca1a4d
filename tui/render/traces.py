"""Series of numbers as marks in a grid: a line of braille dots, and a band of half cells.

Geometry only: fractions of a height in, cells out, no colours.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

DOTS_ACROSS: Final = 2
"""Columns of braille dots in a cell."""

DOTS_DOWN: Final = 4
"""Rows of braille dots in a cell."""

HALVES: Final = 2
"""Rows of a band in a cell."""

_BRAILLE: Final = 0x2800
_BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot in a braille character, as rows x columns of a cell."""


def line(fractions: npt.NDArray[np.floating], rows: int) -> npt.NDArray[np.bool_]:
    """A continuous line of dots, cut off at the edges of the grid.

    Each of two neighbouring dot columns is drawn half way to the other; NaN is a gap.

    Args:
        fractions: One for each dot column, 0 at the bottom to 1 at the top.
        rows: Rows of cells.

    Returns:
        The dots, `rows * DOTS_DOWN` x the number of fractions, the top row first.
    """
    height = rows * DOTS_DOWN
    top, bottom = _joined(_from_top(fractions, height))
    dots = np.arange(height)[:, None]
    return np.asarray((dots >= top) & (dots <= bottom))


def braille(dots: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    """The character of each cell; a blank if it has no dot."""
    rows, columns = dots.shape[0] // DOTS_DOWN, dots.shape[1] // DOTS_ACROSS
    cells = dots.reshape(rows, DOTS_DOWN, columns, DOTS_ACROSS).swapaxes(1, 2)
    codes = (cells * _BITS).sum(axis=(2, 3)).astype(np.uint32)
    return np.where(codes, codes + _BRAILLE, ord(" ")).astype(np.uint32).view("<U1")


def band(
    low: npt.NDArray[np.floating], high: npt.NDArray[np.floating], rows: int
) -> npt.NDArray[np.bool_]:
    """The half cells from a low to a high fraction in each column; NaN leaves a column out.

    Fractions beyond an edge are drawn at the edge, and every column has at least one half cell.

    Returns:
        `rows * HALVES` x columns, the top row first.
    """
    height = rows * HALVES
    top, bottom = _from_top(high, height), _from_top(low, height)
    halves = np.arange(height)[:, None]
    return np.asarray((halves >= top) & (halves <= bottom))


def cell_row(fraction: float, rows: int) -> int:
    """The row of cells in which a line at this fraction of the height has its dots."""
    return int(_from_top(np.array(fraction), rows * DOTS_DOWN)) // DOTS_DOWN


def _from_top(fractions: npt.NDArray[np.floating], height: int) -> npt.NDArray[np.float64]:
    """The row of each fraction, counted from the top and kept within the grid."""
    rows = np.rint((1 - fractions.astype(np.float64)) * (height - 1))
    return np.asarray(np.clip(rows, 0, height - 1))


def _joined(
    rows: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The top and the bottom dot of each column, so that neighbours touch but share no row."""
    before, after = rows[:-1], rows[1:]
    middle = (before + after) / 2
    falling = after > before
    last = np.where(falling, np.floor(middle), np.ceil(middle))
    first = np.where(falling, np.minimum(after, last + 1), np.maximum(after, last - 1))
    gap = np.array([np.nan])
    leaving, arriving = np.concatenate((last, gap)), np.concatenate((gap, first))
    top = np.fmin(rows, np.fmin(leaving, arriving))
    bottom = np.fmax(rows, np.fmax(leaving, arriving))
    return np.where(np.isnan(rows), np.nan, top), bottom
