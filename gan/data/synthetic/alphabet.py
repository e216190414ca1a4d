"""Skeletons made ready for arithmetic: one array of matrices from control points to pen positions.

A Catmull-Rom curve is linear in its control points, so each skeleton becomes one matrix, computed
once, and a batch of digits of every kind is one batched product. Skeletons with fewer points than
the largest are filled with points that no position depends on.
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
"""Pen positions in one digit: near enough for the longest digit in the thinnest pen."""

_FINE: Final = 64
"""Steps between two control points when a curve's length is measured."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The skeletons as arrays; the first axis of each is the skeleton."""

    curves: Floats
    """skeletons x positions x points: control points to pen positions."""

    poses: Floats
    """skeletons x 2 x points x 2: both extremes; pose, point, then x and y in digit heights."""

    bonds: Floats
    """skeletons x (positions - 1): 1 where the pen is down from one position to the next."""

    caps: Floats
    """skeletons x positions: 1 where a stroke ends freely, 0 within it or at a corner."""

    room: Floats
    """skeletons: the half width that crowds a digit, as a part of its breadth."""

    shares: Floats
    """10 x skeletons: each digit's skeletons, as cumulative shares of 1."""

    @property
    def points(self) -> int:
        """Control points of each skeleton, those that nothing depends on included."""
        return int(self.poses.shape[2])


def alphabet_of(skeletons: Sequence[Skeleton]) -> Alphabet:
    """The arrays of `skeletons`, in their order."""
    points = max(len(skeleton.pose.split()) for skeleton in skeletons)
    pens = [_pen(skeleton, points) for skeleton in skeletons]
    return Alphabet(
        curves=np.stack([curve for curve, _, _ in pens]),
        poses=np.stack([_poses(skeleton, points) for skeleton in skeletons]),
        bonds=np.stack([bonds for _, bonds, _ in pens]),
        caps=np.stack([caps for _, _, caps in pens]),
        room=np.array([skeleton.room / 100 for skeleton in skeletons]),
        shares=_shares(skeletons),
    )


def catmull_rom(stroke: Sequence[int], parameters: Floats, points: int) -> Floats:
    """The matrix from control points to the positions at `parameters` of a stroke's curve.

    Args:
        stroke: The numbers of the points that the curve passes through, two or more.
        parameters: Where on the curve; k is the stroke's point k, and fractions lie between.
        points: How many control points there are in all.

    Returns:
        parameters x points. Each row adds up to 1, so that moving all points moves the curve.
    """
    begins = np.clip(parameters.astype(np.intp), 0, len(stroke) - 2)
    u = (parameters - begins)[:, np.newaxis]
    weights = 0.5 * np.hstack(
        [u * (u * (2 - u) - 1), u * u * (3 * u - 5) + 2, u * (u * (4 - 3 * u) + 1), u * u * (u - 1)]
    )
    through = np.zeros((len(stroke) + 2, points))
    through[np.arange(1, len(stroke) + 1), stroke] = 1
    # Beyond its ends the curve runs straight on: the neighbour, reflected in the end point.
    through[0] = 2 * through[1] - through[2]
    through[-1] = 2 * through[-2] - through[-3]
    neighbours = through[begins[:, np.newaxis] + np.arange(4)]
    matrix: Floats = np.einsum("pk,pkc->pc", weights, neighbours)
    return matrix


def _pen(skeleton: Skeleton, points: int) -> tuple[Floats, Floats, Floats]:
    """The curve, bonds and caps of one skeleton: see `Alphabet`."""
    middle = _poses(skeleton, points).mean(axis=0)
    sizes = _divide([_length(stroke, middle) for stroke in skeleton.strokes])
    pairs = list(zip(skeleton.strokes, sizes, strict=True))
    curve = np.vstack([_even(stroke, size, middle) for stroke, size in pairs])
    ends = np.cumsum(sizes)
    bonds = np.ones(POSITIONS - 1)
    bonds[ends[:-1] - 1] = 0
    uses = Counter(point for stroke in skeleton.strokes for point in stroke)
    caps = np.zeros(POSITIONS)
    caps[ends - sizes] = [uses[stroke[0]] == 1 for stroke in skeleton.strokes]
    caps[ends - 1] = [uses[stroke[-1]] == 1 for stroke in skeleton.strokes]
    return curve, bonds, caps


def _even(stroke: Sequence[int], size: int, points: Floats) -> Floats:
    """The matrix to `size` positions at even distances along a stroke, both ends included."""
    fine = np.linspace(0, len(stroke) - 1, _FINE * (len(stroke) - 1) + 1)
    travelled = _travelled(catmull_rom(stroke, fine, len(points)) @ points)
    even = np.interp(np.linspace(0, travelled[-1], size), travelled, fine)
    return catmull_rom(stroke, even, len(points))


def _length(stroke: Sequence[int], points: Floats) -> float:
    """The length of a stroke's curve, in digit heights."""
    fine = np.linspace(0, len(stroke) - 1, _FINE * (len(stroke) - 1) + 1)
    return float(_travelled(catmull_rom(stroke, fine, len(points)) @ points)[-1])


def _travelled(positions: Floats) -> Floats:
    """The distance along a polyline at each of its positions, beginning with 0."""
    steps = np.hypot(*np.diff(positions, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _divide(lengths: list[float]) -> npt.NDArray[np.intp]:
    """How many of the positions each stroke gets: by length, two at least, all of them used."""
    edges = np.cumsum([0.0, *lengths])
    spare = POSITIONS - 2 * len(lengths)
    extra = np.diff(np.rint(spare * edges / edges[-1]))
    return np.asarray(2 + extra, np.intp)


def _poses(skeleton: Skeleton, points: int) -> Floats:
    """2 x points x 2: both extremes in digit heights, filled up with the origin."""
    return np.stack([_filled(pose, points) for pose in (skeleton.pose, skeleton.other)])


def _filled(pose: str, points: int) -> Floats:
    """One pose in digit heights, filled up to `points` with the origin."""
    pairs = [[int(number) / 100 for number in pair.split(",")] for pair in pose.split()]
    return np.array(pairs + [[0.0, 0.0]] * (points - len(pairs)))


def _shares(skeletons: Sequence[Skeleton]) -> Floats:
    """10 x skeletons: for each digit, the cumulative share of its skeletons."""
    shares = np.zeros((10, len(skeletons)))
    for column, skeleton in enumerate(skeletons):
        shares[skeleton.digit, column] = skeleton.share
    cumulative = np.cumsum(shares, axis=1)
    return cumulative / np.maximum(cumulative[:, -1:], 1)
