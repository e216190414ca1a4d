from __future__ import annotations

import numpy as np
import pytest

from gan.data.synthetic.alphabet import alphabet_of
from gan.data.synthetic.handwriting import (
    BOX,
    HABITS,
    PenWays,
    chances_per_digit,
    pen_ways,
)
from gan.data.synthetic.skeletons import SKELETONS

ALPHABET = alphabet_of(SKELETONS)


def written(labels: list[int], seed: int = 1) -> PenWays:
    chances = np.random.default_rng(seed).random((len(labels), chances_per_digit(ALPHABET)))
    return pen_ways(ALPHABET, np.array(labels, np.uint8), chances)


def test_a_digit_depends_on_its_own_chances_alone() -> None:
    chances = np.random.default_rng(2).random((3, chances_per_digit(ALPHABET)))
    labels = np.array([4, 8, 4], np.uint8)

    together = pen_ways(ALPHABET, labels, chances)
    alone = pen_ways(ALPHABET, labels[1:2], chances[1:2])

    np.testing.assert_array_equal(together.positions[1:2], alone.positions)
    np.testing.assert_array_equal(together.half_widths[1:2], alone.half_widths)


def test_a_digit_fills_its_box_with_room_for_the_ink() -> None:
    ways = written([0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 20)

    low, high = ways.positions.min(axis=1), ways.positions.max(axis=1)
    margin = ways.half_widths.mean(axis=1)

    assert (low.min(axis=1) > margin).all()
    assert (high.max(axis=1) < BOX - margin).all()
    np.testing.assert_allclose((low + high) / 2, BOX / 2)
    np.testing.assert_allclose((high - low).max(axis=1) + 2 * margin, BOX, atol=1.3)


def test_no_two_digits_of_a_kind_are_written_alike() -> None:
    ways = written([5] * 50)

    apart = np.abs(ways.positions[:, np.newaxis] - ways.positions).max(axis=(2, 3))

    assert apart[~np.eye(50, dtype=bool)].min() > 0.5


@pytest.mark.parametrize("chance", [0.0, 0.5, 1 - 2**-53])
def test_the_most_extreme_chances_are_still_a_digit(chance: float) -> None:
    labels = np.arange(10, dtype=np.uint8)
    chances = np.full((10, chances_per_digit(ALPHABET)), chance)

    ways = pen_ways(ALPHABET, labels, chances)

    assert np.isfinite(ways.positions).all()
    assert (ways.half_widths > 0).all()


def test_a_digit_with_loops_is_written_with_a_finer_pen_than_a_stroke() -> None:
    ones, eights = written([1] * 200), written([8] * 200)

    assert eights.half_widths.mean() < 0.95 * ones.half_widths.mean()


def test_digits_lean_to_the_right_on_the_whole() -> None:
    ways = written([1] * 400)

    leans = (ways.positions[:, 0, 0] - ways.positions[:, -1, 0]) / BOX

    assert 0.5 * HABITS.mean_lean < leans.mean() < 3 * HABITS.mean_lean
    assert (leans < 0).any()
