"""Random variation of the handwriting: from uniform random numbers to the pen's path and width.

Each digit takes one row of uniform numbers and depends on nothing else, so the batch it is drawn in
doesn't matter. Normal numbers are approximated by the sum of three uniform ones. That sum has no
tails, so no digit is extreme.
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
"""Side of the square, in pixels, that a digit fills in height or width, as in MNIST."""

FEATHER: Final = 1.25
"""Width of a stroke's antialiased edge, in pixels."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How much handwriting varies, chosen so that pixel statistics match MNIST's.

    Values are standard deviations unless stated otherwise.
    """

    reach: float = 1.2
    """Range of the interpolation between the two poses: 1 is from one to the other."""

    jitter: float = 0.032
    """Displacement of a control point, in digit heights."""

    bend: float = 0.22
    """Each coefficient of the quadratic deformation of a digit."""

    breadth: float = 0.17
    """Logarithm of the aspect ratio, width over height."""

    lean: float = 0.24
    """Slant to the right, as horizontal shift per height."""

    mean_lean: float = 0.15
    """Mean slant to the right."""

    turn: float = 0.07
    """Rotation, in radians."""

    pen: float = 0.43
    """Half the pen's width, in pixels."""

    mean_pen: float = 1.46
    """Mean of half the pen's width, in pixels."""

    min_pen: float = 0.65
    """Minimum of half the pen's width, in pixels; thinner strokes would break into dots."""

    pressure: float = 0.07
    """Each cosine of the pressure along the path, relative to the pen's width."""


VARIATION: Final = Variation()

_PLAIN: Final = 3
"""Numbers used as they are: for the skeleton, and for the interpolation of its poses in x and y."""

_BENDS: Final = 6
_LEANS: Final = 3
_PENS: Final = 1
_WAVES: Final = 4
"""Standard normal numbers per digit for the deformation, the slant and shape, the pen and the
pressure."""

_UNIFORMS_PER_NORMAL: Final = 3
"""Uniform numbers that are summed to approximate a normal one."""

_MIN_VARIANCE: Final = 1e-6
"""Minimum variance across a digit. A straight stroke has none; avoids a division by zero."""


@dataclass(frozen=True, slots=True)
class PenPaths:
    """The pen's paths for n digits, as float64 arrays."""

    positions: Floats
    """n x positions x 2: x and y in pixels of the box."""

    half_widths: Floats
    """n x positions: half the stroke's width, in pixels."""

    pen_down: Floats
    """n x (positions - 1): 1 if the pen is down between two positions, else 0."""

    caps: Floats
    """n x positions: 1 at the free end of a stroke, else 0."""


def uniforms_per_digit(alphabet: Alphabet) -> int:
    """The number of uniform random numbers that one digit takes."""
    normals = 2 * alphabet.points + _BENDS + _LEANS + _PENS + _WAVES
    return _PLAIN + _UNIFORMS_PER_NORMAL * normals


def pen_paths(alphabet: Alphabet, labels: npt.NDArray[np.uint8], uniforms: Floats) -> PenPaths:
    """The pen's path for each label, varied by its row of random numbers.

    Args:
        alphabet: The skeletons.
        labels: n digits, 0 to 9.
        uniforms: n x `uniforms_per_digit` uniform random numbers in [0, 1).
    """
    which = (uniforms[:, :1] >= alphabet.shares[labels]).sum(axis=1)
    normals = _normals(uniforms[:, _PLAIN:])
    sizes = (2 * alphabet.points, _BENDS, _LEANS, _PENS)
    jitter, bends, leans, pens, waves = np.split(normals, np.cumsum(sizes), axis=1)
    controls = _control_points(alphabet.poses[which], uniforms[:, 1:_PLAIN], jitter)
    positions = _slant(_bend(alphabet.curves[which] @ controls, bends), leans)
    pen_half_widths = _thin_to_fit(_pen_half_widths(pens), positions, alphabet.room[which])
    half_widths = _apply_pressure(pen_half_widths, waves)
    pen_down, caps = alphabet.pen_down[which], alphabet.caps[which]
    return PenPaths(_scale_to_box(positions, half_widths), half_widths, pen_down, caps)


def _normals(uniforms: Floats) -> Floats:
    """Approximately normal numbers: mean 0, standard deviation 1, between -3 and 3."""
    sums: Floats = uniforms.reshape(len(uniforms), -1, _UNIFORMS_PER_NORMAL).sum(axis=2)
    return 2 * sums - _UNIFORMS_PER_NORMAL


def _control_points(poses: Floats, between: Floats, jitter: Floats) -> Floats:
    """Control points interpolated between the two poses, with jitter: n x points x 2."""
    along = 0.5 + VARIATION.reach * (between[:, np.newaxis] - 0.5)
    interpolated = poses[:, 0] + along * (poses[:, 1] - poses[:, 0])
    return interpolated + VARIATION.jitter * _smooth(jitter.reshape(interpolated.shape))


def _smooth(jitter: Floats) -> Floats:
    """Correlate the jitter of neighbouring points, keeping its standard deviation."""
    neighbours = np.roll(jitter, 1, axis=1) + np.roll(jitter, -1, axis=1)
    smooth: Floats = (2 * jitter + neighbours) / np.sqrt(6)
    return smooth


def _bend(positions: Floats, bends: Floats) -> Floats:
    """Deform whole digits by quadratic terms: a bow, a taper, a higher or lower waist."""
    x, y = positions[..., 0] - 0.4, positions[..., 1] - 0.5
    a, b, c, d, e, f = (VARIATION.bend * bends.T)[..., np.newaxis]
    bent_x = x + a * y * y + b * x * y + c * x * x
    bent_y = y + d * y * y + e * x * y + f * x * x
    return np.stack([bent_x, bent_y], axis=-1)


def _slant(positions: Floats, leans: Floats) -> Floats:
    """Change the digits' aspect ratio, slant them to the right and rotate them."""
    width, lean, turn = leans.T[..., np.newaxis]
    x, y = np.moveaxis(positions, -1, 0)
    slant = VARIATION.mean_lean + VARIATION.lean * lean
    x = x * np.exp(VARIATION.breadth * width) - y * slant
    cos, sin = np.cos(VARIATION.turn * turn), np.sin(VARIATION.turn * turn)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _pen_half_widths(pens: Floats) -> Floats:
    """Half the pen's width for each of n digits, in pixels."""
    return np.maximum(VARIATION.mean_pen + VARIATION.pen * pens[:, 0], VARIATION.min_pen)


def _thin_to_fit(pens: Floats, positions: Floats, room: Floats) -> Floats:
    """Reduce the n half widths smoothly so that no pen exceeds the room in its digit's loops."""
    heights = np.ptp(positions, axis=1).max(axis=1)
    crowding = pens / (room * BOX * _breadths(positions) / heights)
    reduction: Floats = np.sqrt(np.sqrt(1 + crowding * crowding * crowding * crowding))
    return pens / reduction


def _breadths(positions: Floats) -> Floats:
    """The width of each of n digits across its long axis (for a ring, the diameter)."""
    x, y = np.moveaxis(positions - positions.mean(axis=1, keepdims=True), -1, 0)
    xx, yy, xy = (x * x).mean(axis=1), (y * y).mean(axis=1), (x * y).mean(axis=1)
    across = (xx + yy - np.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)) / 2
    breadths: Floats = np.sqrt(8 * np.maximum(across, _MIN_VARIANCE))
    return breadths


def _apply_pressure(pens: Floats, waves: Floats) -> Floats:
    """Half the stroke's width in pixels, varied by low-frequency cosines: n x positions."""
    along = np.linspace(0, np.pi, POSITIONS)
    cosines = np.cos(np.arange(1, _WAVES + 1)[:, np.newaxis] * along)
    # Not a matrix product, because its last bits would depend on the batch size.
    pressure: Floats = (waves[..., np.newaxis] * cosines).sum(axis=1)
    return pens[:, np.newaxis] * (1 + VARIATION.pressure * pressure)


def _scale_to_box(positions: Floats, half_widths: Floats) -> Floats:
    """Scale the digits, with the ink around the pen's path, to fill the box; in pixels."""
    margin = half_widths.mean(axis=1) + FEATHER / 2
    low, high = positions.min(axis=1), positions.max(axis=1)
    scale = (BOX - 2 * margin) / (high - low).max(axis=1)
    centred = positions - (low + high)[:, np.newaxis] / 2
    scaled: Floats = centred * scale[:, np.newaxis, np.newaxis] + BOX / 2
    return scaled
