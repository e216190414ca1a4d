from __future__ import annotations

import numpy as np
import pytest

from gan.data.synthetic.alphabet import alphabet_of
from gan.data.synthetic.handwriting import (
    BOX,
    VARIATION,
    PenPaths,
    pen_paths,
    uniforms_per_digit,
)
from gan.data.synthetic.skeletons import SKELETONS

ALPHABET = alphabet_of(SKELETONS)


def written(labels: list[int], seed: int = 1) -> PenPaths:
    uniforms = np.random.default_rng(seed).random((len(labels), uniforms_per_digit(ALPHABET)))
    return pen_paths(ALPHABET, np.array(labels, np.uint8), uniforms)


def test_a_digit_depends_on_its_own_uniforms_alone() -> None:
    uniforms = np.random.default_rng(2).random((3, uniforms_per_digit(ALPHABET)))
    labels = np.array([4, 8, 4], np.uint8)

    together = pen_paths(ALPHABET, labels, uniforms)
    alone = pen_paths(ALPHABET, labels[1:2], uniforms[1:2])

    np.testing.assert_array_equal(together.positions[1:2], alone.positions)
    np.testing.assert_array_equal(together.half_widths[1:2], alone.half_widths)


def test_a_digit_fills_its_box_with_room_for_the_ink() -> None:
    paths = written([0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 20)

    low, high = paths.positions.min(axis=1), paths.positions.max(axis=1)
    margin = paths.half_widths.mean(axis=1)

    assert (low.min(axis=1) > margin).all()
    assert (high.max(axis=1) < BOX - margin).all()
    np.testing.assert_allclose((low + high) / 2, BOX / 2)
    np.testing.assert_allclose((high - low).max(axis=1) + 2 * margin, BOX, atol=1.3)


def test_no_two_digits_are_written_alike() -> None:
    paths = written([5] * 50)

    apart = np.abs(paths.positions[:, np.newaxis] - paths.positions).max(axis=(2, 3))

    assert apart[~np.eye(50, dtype=bool)].min() > 0.5


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-53])
def test_the_most_extreme_uniforms_are_still_a_digit(uniform: float) -> None:
    labels = np.arange(10, dtype=np.uint8)
    uniforms = np.full((10, uniforms_per_digit(ALPHABET)), uniform)

    paths = pen_paths(ALPHABET, labels, uniforms)

    assert np.isfinite(paths.positions).all()
    assert (paths.half_widths > 0).all()


def test_a_digit_with_loops_is_written_with_a_finer_pen_than_a_stroke() -> None:
    ones, eights = written([1] * 200), written([8] * 200)

    assert eights.half_widths.mean() < 0.95 * ones.half_widths.mean()


def test_digits_lean_to_the_right_on_the_whole() -> None:
    paths = written([1] * 400)

    leans = (paths.positions[:, 0, 0] - paths.positions[:, -1, 0]) / BOX

    assert 0.5 * VARIATION.mean_lean < leans.mean() < 3 * VARIATION.mean_lean
    assert (leans < 0).any()
