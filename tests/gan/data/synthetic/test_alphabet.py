from __future__ import annotations

import numpy as np
import pytest

from gan.data.synthetic.alphabet import POSITIONS, alphabet_of, catmull_rom
from gan.data.synthetic.skeletons import SKELETONS, Skeleton

CROSS = Skeleton(
    digit=1,
    share=100,
    room=100,
    strokes=((0, 1), (2, 3)),
    pose="50,0 50,100 0,50 100,50",
    other="50,0 50,100 0,50 100,50",
)
"""Two straight strokes of the same length whose ends do not touch."""

ELBOW = Skeleton(
    digit=7,
    share=100,
    room=100,
    strokes=((0, 1), (1, 2)),
    pose="0,0 60,0 60,100",
    other="0,0 80,0 40,100",
)
"""Two straight strokes that meet in a corner."""


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])

    curve = catmull_rom((0, 1, 2, 3), np.arange(4.0), 4) @ points

    np.testing.assert_allclose(curve, points, atol=1e-12)


def test_a_stroke_of_two_points_is_straight() -> None:
    curve = catmull_rom((0, 1), np.array([0.25, 0.5]), 2) @ np.array([[0.0, 0.0], [4.0, 8.0]])

    np.testing.assert_allclose(curve, [[1.0, 2.0], [2.0, 4.0]])


def test_a_curve_moves_with_its_points() -> None:
    weights = catmull_rom((2, 0, 1), np.linspace(0, 2, 9), 5)

    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_pen_positions_are_evenly_spaced() -> None:
    alphabet = alphabet_of([CROSS])

    steps = np.hypot(*np.diff(alphabet.curves[0] @ alphabet.poses[0, 0], axis=0).T)

    np.testing.assert_allclose(steps[alphabet.pen_down[0] == 1], 1 / (POSITIONS / 2 - 1), rtol=1e-3)


def test_the_pen_is_lifted_between_strokes() -> None:
    lifts = np.flatnonzero(alphabet_of([CROSS]).pen_down[0] == 0)

    assert lifts.tolist() == [POSITIONS // 2 - 1]


def test_free_ends_have_caps_and_corners_do_not() -> None:
    alphabet = alphabet_of([CROSS, ELBOW])

    assert alphabet.caps[0].sum() == 4
    assert np.flatnonzero(alphabet.caps[1]).tolist() == [0, POSITIONS - 1]


def test_strokes_that_share_a_point_stay_joined() -> None:
    alphabet = alphabet_of([ELBOW])
    corner = int(np.flatnonzero(alphabet.pen_down[0] == 0)[0])

    np.testing.assert_allclose(alphabet.curves[0, corner], alphabet.curves[0, corner + 1])


def test_padding_points_have_no_effect() -> None:
    alphabet = alphabet_of([CROSS, ELBOW])

    assert alphabet.points == 4
    assert not alphabet.curves[1, :, 3].any()


def test_every_uniform_number_falls_on_a_skeleton_of_its_digit() -> None:
    alphabet = alphabet_of(SKELETONS)
    uniforms = np.linspace(0, 1, 1000, endpoint=False)[:, np.newaxis]

    for digit in range(10):
        which = (uniforms >= alphabet.shares[digit]).sum(axis=1)

        assert {SKELETONS[number].digit for number in which} == {digit}


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_every_skeleton_uses_all_the_positions(skeleton: Skeleton) -> None:
    alphabet = alphabet_of([skeleton])

    assert alphabet.curves.shape[1] == POSITIONS
    assert (alphabet.pen_down == 0).sum() == len(skeleton.strokes) - 1
