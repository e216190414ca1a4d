"""From the pen's way to grey values: antialiased strokes by two small matrices for each digit.

A pen that rests leaves a round Gaussian blot, and a Gaussian in two dimensions is the product of
two in one. So all the blots of a digit are one product of a rows x positions matrix with a
positions x columns matrix: far cheaper than the distance from every pixel to every segment.
Weighted by the way between them, the blots of a straight stroke add up to `exp(-r**2 / 2s**2)` at
the distance r from its middle; the logarithm gives r back, and with it an edge of known width.
Where strokes meet the sum is larger, and the corner fills a little, as ink does.

In float64, where machines differ in the last of sixteen digits only: rounded to 8 bits, a digit is
the same on all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.synthetic.handwriting import BOX, FEATHER

if TYPE_CHECKING:
    from gan.data.synthetic.alphabet import Floats
    from gan.data.synthetic.handwriting import PenWays

_SPREAD: Final = 0.7
"""A blot's deviation in half widths: smaller is crisper, larger needs fewer pen positions."""

_CAP: Final = 0.5
"""The blot added at a stroke's free end, which has a neighbour on one side only: a round end."""

_NO_INK: Final = 1e-300
"""What stands for no blot at all, so that its logarithm is finite."""


def inked(ways: PenWays) -> npt.NDArray[np.uint8]:
    """Draw n digits into their boxes: n x 20 x 20, 0 no ink to 255 full ink."""
    spreads = _SPREAD * ways.half_widths
    weights = _lengths(ways) / (np.sqrt(2 * np.pi) * spreads) + _CAP * ways.caps
    sharpness = -0.5 / (spreads * spreads)
    columns = _blots(ways.positions[..., 0], sharpness)
    rows = _blots(ways.positions[..., 1], sharpness) * weights[:, np.newaxis]
    return _grey(rows @ columns.swapaxes(1, 2), ways.half_widths.mean(axis=1))


def _lengths(ways: PenWays) -> Floats:
    """The length of stroke that each position stands for, half of either side: n x positions."""
    steps = np.diff(ways.positions, axis=1)
    halves = ways.bonds * np.sqrt((steps * steps).sum(axis=2)) / 2
    lengths = np.zeros_like(ways.half_widths)
    lengths[:, :-1] += halves
    lengths[:, 1:] += halves
    return lengths


def _blots(centres: Floats, sharpness: Floats) -> Floats:
    """Gaussians along one axis of the box: n x pixels x positions."""
    middles = np.arange(BOX)[:, np.newaxis] + 0.5
    exponents = middles - centres[:, np.newaxis]
    # In place: this is most of the work, and new arrays would cost more than the arithmetic.
    exponents *= exponents
    exponents *= sharpness[:, np.newaxis]
    return np.exp(exponents, out=exponents)


def _grey(blots: Floats, half_widths: Floats) -> npt.NDArray[np.uint8]:
    """Grey values of summed blots, n x 20 x 20, left by pens of n mean half widths."""
    distances = _SPREAD * np.sqrt(-2 * np.log(np.clip(blots, _NO_INK, 1)))
    depths = (1 - distances) * half_widths[:, np.newaxis, np.newaxis]
    return np.asarray(np.rint(255 * np.clip(0.5 + depths / FEATHER, 0, 1)), np.uint8)
