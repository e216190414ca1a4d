"""What differs from one digit to the next: a row of chances in, the pen's way and width out.

Every quantity is an arithmetic function of uniform numbers in [0, 1), the same number of them for
each digit. So a digit depends on its own row alone, whatever batch it is drawn in, and nothing is
ever extreme: what varies like a bell is a sum of three uniform numbers, which has no tails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gan.data.synthetic.alphabet import POSITIONS

if TYPE_CHECKING:
    from gan.data.synthetic.alphabet import Alphabet, Floats

BOX: Final = 20
"""Side of the square, in pixels, that a digit fills in height or in width, as in MNIST."""

FEATHER: Final = 1.25
"""Width, in pixels, over which a stroke's edge goes from white to black."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How much hands differ, chosen so that the pixels are distributed as MNIST's are.

    A number is a standard deviation unless it says otherwise.
    """

    reach: float = 1.2
    """How far apart two digits can be between the two poses: 1 is from the one to the other."""

    jitter: float = 0.032
    """Of a control point, in digit heights."""

    bend: float = 0.22
    """Of each coefficient of the smooth bend of a whole digit."""

    breadth: float = 0.17
    """Of the logarithm of width over height."""

    lean: float = 0.24
    """Of the lean to the right, in widths per height."""

    mean_lean: float = 0.15
    """The mean of that lean."""

    turn: float = 0.07
    """Of the rotation, in radians."""

    pen: float = 0.43
    """Of half the pen's width, in pixels."""

    mean_pen: float = 1.46
    """The mean of half the pen's width, in pixels."""

    finest_pen: float = 0.65
    """The least of half the pen's width, in pixels: finer strokes would break into dots."""

    pressure: float = 0.07
    """Of each wave of pressure along the pen's way, relative to the pen's width."""


HABITS: Final = Habits()

_PLAIN: Final = 3
"""Chances that are used as they are: which skeleton, and where between its poses in x and in y."""

_BENDS: Final = 6
_LEANS: Final = 3
_PENS: Final = 1
_WAVES: Final = 4

_BELL: Final = 3
"""Uniform numbers that are added up for one that varies like a bell."""

_THIN: Final = 1e-6
"""The least variance across a digit: a straight stroke has none, and is not divided by."""


@dataclass(frozen=True, slots=True)
class PenWays:
    """How a pen wrote n digits."""

    positions: Floats
    """n x positions x 2: x and y in pixels of the box."""

    half_widths: Floats
    """n x positions: half the stroke's width there, in pixels."""

    bonds: Floats
    """n x (positions - 1): 1 where the pen is down from one position to the next."""

    caps: Floats
    """n x positions: 1 where a stroke ends freely."""


def chances_per_digit(alphabet: Alphabet) -> int:
    """How many uniform numbers one digit takes."""
    return _PLAIN + _BELL * (2 * alphabet.points + _BENDS + _LEANS + _PENS + _WAVES)


def pen_ways(alphabet: Alphabet, labels: npt.NDArray[np.uint8], chances: Floats) -> PenWays:
    """Write each label as its row of chances says.

    Args:
        alphabet: The skeletons.
        labels: n digits, 0 to 9.
        chances: n x `chances_per_digit` uniform numbers in [0, 1).
    """
    which = (chances[:, :1] >= alphabet.shares[labels]).sum(axis=1)
    bells = _bells(chances[:, _PLAIN:])
    sizes = (2 * alphabet.points, _BENDS, _LEANS, _PENS)
    jitter, bends, leans, pens, waves = np.split(bells, np.cumsum(sizes), axis=1)
    controls = _posed(alphabet.poses[which], chances[:, 1:_PLAIN], jitter)
    positions = _leant(_bent(alphabet.curves[which] @ controls, bends), leans)
    half_widths = _pressed(_fitting(_pens(pens), positions, alphabet.room[which]), waves)
    bonds, caps = alphabet.bonds[which], alphabet.caps[which]
    return PenWays(_boxed(positions, half_widths), half_widths, bonds, caps)


def _bells(chances: Floats) -> Floats:
    """Numbers of mean 0 and deviation 1, within 3 either way: a third as many as chances."""
    sums: Floats = chances.reshape(len(chances), -1, _BELL).sum(axis=2)
    return 2 * sums - _BELL


def _posed(poses: Floats, between: Floats, jitter: Floats) -> Floats:
    """Control points, n x points x 2: somewhere between two poses, and none quite in its place."""
    along = 0.5 + HABITS.reach * (between[:, np.newaxis] - 0.5)
    posed = poses[:, 0] + along * (poses[:, 1] - poses[:, 0])
    return posed + HABITS.jitter * _smooth(jitter.reshape(posed.shape))


def _smooth(jitter: Floats) -> Floats:
    """The same deviation, but points that follow each other move much alike."""
    neighbours = np.roll(jitter, 1, axis=1) + np.roll(jitter, -1, axis=1)
    smooth: Floats = (2 * jitter + neighbours) / np.sqrt(6)
    return smooth


def _bent(positions: Floats, bends: Floats) -> Floats:
    """The digits bent as a whole by quadratic terms: a bow, a taper, a waist higher or lower."""
    x, y = positions[..., 0] - 0.4, positions[..., 1] - 0.5
    a, b, c, d, e, f = (HABITS.bend * bends.T)[..., np.newaxis]
    bent_x = x + a * y * y + b * x * y + c * x * x
    bent_y = y + d * y * y + e * x * y + f * x * x
    return np.stack([bent_x, bent_y], axis=-1)


def _leant(positions: Floats, leans: Floats) -> Floats:
    """The digits made wide or narrow, leant to the right and turned."""
    width, lean, turn = leans.T[..., np.newaxis]
    x, y = np.moveaxis(positions, -1, 0)
    x = x * np.exp(HABITS.breadth * width) - y * (HABITS.mean_lean + HABITS.lean * lean)
    cos, sin = np.cos(HABITS.turn * turn), np.sin(HABITS.turn * turn)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _pens(pens: Floats) -> Floats:
    """Half the width of each hand's pen, in pixels: n."""
    return np.maximum(HABITS.mean_pen + HABITS.pen * pens[:, 0], HABITS.finest_pen)


def _fitting(pens: Floats, positions: Floats, room: Floats) -> Floats:
    """The pens made finer where they would fill a digit's loops: none exceeds the room."""
    heights = np.ptp(positions, axis=1).max(axis=1)
    crowding = pens / (room * BOX * _breadths(positions) / heights)
    finer: Floats = np.sqrt(np.sqrt(1 + crowding * crowding * crowding * crowding))
    return pens / finer


def _breadths(positions: Floats) -> Floats:
    """How broad each digit is across its own long axis, however it leans: a ring's diameter."""
    x, y = np.moveaxis(positions - positions.mean(axis=1, keepdims=True), -1, 0)
    xx, yy, xy = (x * x).mean(axis=1), (y * y).mean(axis=1), (x * y).mean(axis=1)
    across = (xx + yy - np.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)) / 2
    breadths: Floats = np.sqrt(8 * np.maximum(across, _THIN))
    return breadths


def _pressed(pens: Floats, waves: Floats) -> Floats:
    """Half the stroke's width at each position, in pixels, under slow waves of pressure."""
    along = np.linspace(0, np.pi, POSITIONS)
    tones = np.cos(np.arange(1, _WAVES + 1)[:, np.newaxis] * along)
    # Not a matrix product of the whole batch: its last bits would depend on the batch's size.
    pressure: Floats = (waves[..., np.newaxis] * tones).sum(axis=1)
    return pens[:, np.newaxis] * (1 + HABITS.pressure * pressure)


def _boxed(positions: Floats, half_widths: Floats) -> Floats:
    """The digits in pixels, as large as the box allows with the ink around the pen's way."""
    margin = half_widths.mean(axis=1) + FEATHER / 2
    low, high = positions.min(axis=1), positions.max(axis=1)
    scale = (BOX - 2 * margin) / (high - low).max(axis=1)
    from_middle = positions - (low + high)[:, np.newaxis] / 2
    boxed: Floats = from_middle * scale[:, np.newaxis, np.newaxis] + BOX / 2
    return boxed
