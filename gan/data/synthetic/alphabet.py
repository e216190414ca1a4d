"""The skeletons as arrays, so that a batch of digits is drawn with batched matrix products.

A Catmull-Rom curve is linear in its control points, so each skeleton becomes one matrix from
control points to pen positions. Skeletons with fewer control points than the largest one are padded
with points that have no effect.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.data.synthetic.skeletons import Skeleton

Floats = npt.NDArray[np.float64]

POSITIONS: Final = 72
"""Pen positions per digit: dense enough for the longest digit with the thinnest pen."""

_FINE: Final = 64
"""Line segments between two control points when measuring a curve's length."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The skeletons as float64 arrays, stacked along the first axis unless stated otherwise."""

    curves: Floats
    """skeletons x positions x points: matrices from control points to pen positions."""

    poses: Floats
    """skeletons x 2 x points x 2: the two poses; the last axis is x and y in digit heights."""

    pen_down: Floats
    """skeletons x (positions - 1): 1 if the pen is down between two positions, else 0."""

    caps: Floats
    """skeletons x positions: 1 at the free end of a stroke, else (at a corner too) 0."""

    room: Floats
    """skeletons: the half pen width that crowds a digit, as a fraction of its breadth."""

    shares: Floats
    """10 x skeletons: for each digit, the cumulative probability of its skeletons."""

    @property
    def points(self) -> int:
        """Control points per skeleton, including padding."""
        return int(self.poses.shape[2])


def alphabet_of(skeletons: Sequence[Skeleton]) -> Alphabet:
    """Convert skeletons to arrays, in the same order."""
    points = max(len(skeleton.pose.split()) for skeleton in skeletons)
    pens = [_pen_arrays(skeleton, points) for skeleton in skeletons]
    return Alphabet(
        curves=np.stack([curve for curve, _, _ in pens]),
        poses=np.stack([_poses(skeleton, points) for skeleton in skeletons]),
        pen_down=np.stack([pen_down for _, pen_down, _ in pens]),
        caps=np.stack([caps for _, _, caps in pens]),
        room=np.array([skeleton.room / 100 for skeleton in skeletons]),
        shares=_shares(skeletons),
    )


def catmull_rom(stroke: Sequence[int], parameters: Floats, points: int) -> Floats:
    """The matrix from control points to positions on a stroke's Catmull-Rom curve.

    Args:
        stroke: Indices of the points that the curve passes through, at least two.
        parameters: Curve parameters: k is the stroke's k-th point, fractions lie in between.
        points: The total number of control points.

    Returns:
        parameters x points. Each row sums to 1, so translating all points translates the curve.
    """
    begins = np.clip(parameters.astype(np.intp), 0, len(stroke) - 2)
    u = (parameters - begins)[:, np.newaxis]
    weights = 0.5 * np.hstack(
        [u * (u * (2 - u) - 1), u * u * (3 * u - 5) + 2, u * (u * (4 - 3 * u) + 1), u * u * (u - 1)]
    )
    through = np.zeros((len(stroke) + 2, points))
    through[np.arange(1, len(stroke) + 1), stroke] = 1
    # The curve continues straight beyond its ends: the neighbour is mirrored at the end point.
    through[0] = 2 * through[1] - through[2]
    through[-1] = 2 * through[-2] - through[-3]
    neighbours = through[begins[:, np.newaxis] + np.arange(4)]
    matrix: Floats = np.einsum("pk,pkc->pc", weights, neighbours)
    return matrix


def _pen_arrays(skeleton: Skeleton, points: int) -> tuple[Floats, Floats, Floats]:
    """The `curves`, `pen_down` and `caps` of one skeleton: see `Alphabet`."""
    middle = _poses(skeleton, points).mean(axis=0)
    sizes = _positions_per_stroke([_length(stroke, middle) for stroke in skeleton.strokes])
    pairs = list(zip(skeleton.strokes, sizes, strict=True))
    curve = np.vstack([_evenly_spaced(stroke, size, middle) for stroke, size in pairs])
    ends = np.cumsum(sizes)
    pen_down = np.ones(POSITIONS - 1)
    pen_down[ends[:-1] - 1] = 0
    uses = Counter(point for stroke in skeleton.strokes for point in stroke)
    caps = np.zeros(POSITIONS)
    caps[ends - sizes] = [uses[stroke[0]] == 1 for stroke in skeleton.strokes]
    caps[ends - 1] = [uses[stroke[-1]] == 1 for stroke in skeleton.strokes]
    return curve, pen_down, caps


def _evenly_spaced(stroke: Sequence[int], size: int, points: Floats) -> Floats:
    """The matrix to `size` positions evenly spaced along a stroke, including both ends."""
    fine = np.linspace(0, len(stroke) - 1, _FINE * (len(stroke) - 1) + 1)
    arc_lengths = _arc_lengths(catmull_rom(stroke, fine, len(points)) @ points)
    even = np.interp(np.linspace(0, arc_lengths[-1], size), arc_lengths, fine)
    return catmull_rom(stroke, even, len(points))


def _length(stroke: Sequence[int], points: Floats) -> float:
    """The length of a stroke's curve, in digit heights."""
    fine = np.linspace(0, len(stroke) - 1, _FINE * (len(stroke) - 1) + 1)
    return float(_arc_lengths(catmull_rom(stroke, fine, len(points)) @ points)[-1])


def _arc_lengths(positions: Floats) -> Floats:
    """The distance along a polyline at each of its positions, starting at 0."""
    steps = np.hypot(*np.diff(positions, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _positions_per_stroke(lengths: list[float]) -> npt.NDArray[np.intp]:
    """Divide the positions among strokes in proportion to their lengths, at least two each."""
    edges = np.cumsum([0.0, *lengths])
    spare = POSITIONS - 2 * len(lengths)
    extra = np.diff(np.rint(spare * edges / edges[-1]))
    return np.asarray(2 + extra, np.intp)


def _poses(skeleton: Skeleton, points: int) -> Floats:
    """The two poses in digit heights, padded with the origin: 2 x points x 2."""
    return np.stack([_parse_pose(pose, points) for pose in (skeleton.pose, skeleton.other)])


def _parse_pose(pose: str, points: int) -> Floats:
    """One pose in digit heights, padded with the origin: points x 2."""
    pairs = [[int(number) / 100 for number in pair.split(",")] for pair in pose.split()]
    return np.array(pairs + [[0.0, 0.0]] * (points - len(pairs)))


def _shares(skeletons: Sequence[Skeleton]) -> Floats:
    """The cumulative probabilities of each digit's skeletons: 10 x skeletons."""
    shares = np.zeros((10, len(skeletons)))
    for column, skeleton in enumerate(skeletons):
        shares[skeleton.digit, column] = skeleton.share
    cumulative = np.cumsum(shares, axis=1)
    return cumulative / np.maximum(cumulative[:, -1:], 1)
