"""Draws antialiased strokes along the pen's path, with two small matrices per digit.

The pen leaves a round Gaussian blot at each position. A 2D Gaussian is the product of two 1D ones,
so the sum of a digit's blots is the product of a rows x positions and a positions x columns matrix,
which is far cheaper than the distance from every pixel to every segment. Weighted by the distance
between positions, the blots of a straight stroke add up to `exp(-r**2 / 2s**2)` at distance r from
its centre line, so a logarithm gives r, from which the edge is drawn. Where strokes meet, the sum
is larger and the corner fills in slightly, like real ink.

Computed in float64: machines differ only in the last digits, so the 8-bit images are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.synthetic.handwriting import BOX, FEATHER

if TYPE_CHECKING:
    from gan.data.synthetic.alphabet import Floats
    from gan.data.synthetic.handwriting import PenPaths

_SPREAD: Final = 0.7
"""A blot's standard deviation in half widths: smaller is sharper but needs more positions."""

_CAP: Final = 0.5
"""Weight of the extra blot that rounds a free end, which has a neighbour on one side only."""

_MIN_INK: Final = 1e-300
"""Lower bound of the sum of blots, so that its logarithm is finite."""


def draw_strokes(paths: PenPaths) -> npt.NDArray[np.uint8]:
    """Draw n digits in their boxes.

    Returns:
        uint8, n x 20 x 20; 0 is no ink, 255 is full ink.
    """
    spreads = _SPREAD * paths.half_widths
    weights = _lengths(paths) / (np.sqrt(2 * np.pi) * spreads) + _CAP * paths.caps
    exponent_scales = -0.5 / (spreads * spreads)
    columns = _gaussians(paths.positions[..., 0], exponent_scales)
    rows = _gaussians(paths.positions[..., 1], exponent_scales) * weights[:, np.newaxis]
    return _grey(rows @ columns.swapaxes(1, 2), paths.half_widths.mean(axis=1))


def _lengths(paths: PenPaths) -> Floats:
    """The stroke's length around each position, halfway to its neighbours: n x positions."""
    steps = np.diff(paths.positions, axis=1)
    halves = paths.pen_down * np.sqrt((steps * steps).sum(axis=2)) / 2
    lengths = np.zeros_like(paths.half_widths)
    lengths[:, :-1] += halves
    lengths[:, 1:] += halves
    return lengths


def _gaussians(means: Floats, exponent_scales: Floats) -> Floats:
    """Gaussians along one axis of the box: n x pixels x positions."""
    pixel_centres = np.arange(BOX)[:, np.newaxis] + 0.5
    exponents = pixel_centres - means[:, np.newaxis]
    # In place, because this is most of the work and allocation costs more than the arithmetic.
    exponents *= exponents
    exponents *= exponent_scales[:, np.newaxis]
    return np.exp(exponents, out=exponents)


def _grey(blots: Floats, half_widths: Floats) -> npt.NDArray[np.uint8]:
    """Grey values for sums of blots (n x 20 x 20), given the mean half widths of n pens."""
    distances = _SPREAD * np.sqrt(-2 * np.log(np.clip(blots, _MIN_INK, 1)))
    depths = (1 - distances) * half_widths[:, np.newaxis, np.newaxis]
    return np.asarray(np.rint(255 * np.clip(0.5 + depths / FEATHER, 0, 1)), np.uint8)
