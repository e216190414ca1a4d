"""The moving average."""

import numpy as np
import pytest

from tui.series.smoothing import smoothed


def _by_hand(values: list[float], smoothing: float) -> list[float]:
    total = weight = 0.0
    result = []
    for value in values:
        known = np.isfinite(value)
        total = smoothing * total + (value if known else 0.0)
        weight = smoothing * weight + known
        result.append(total / weight if known else np.nan)
    return result


def test_it_begins_at_the_first_value() -> None:
    assert smoothed(np.array([4.66, 4.66], np.float32), 0.98) == pytest.approx([4.66, 4.66])


def test_no_smoothing_changes_nothing() -> None:
    values = np.array([1, 5, 2], np.float32)
    assert (smoothed(values, 0) == values).all()


@pytest.mark.parametrize("smoothing", [0.5, 0.9, 0.98, 0.999])
def test_it_equals_the_loop_that_defines_it(smoothing: float) -> None:
    values = np.random.default_rng(0).normal(1, 1, 3000).astype(np.float32)
    values[[0, 1, 700, 701, 2999]] = [np.nan, np.inf, -np.inf, np.nan, np.nan]
    expected = np.array(_by_hand(values.tolist(), smoothing))
    np.testing.assert_allclose(smoothed(values, smoothing), expected, rtol=1e-5, atol=1e-6)


def test_a_bad_value_is_a_gap_and_poisons_nothing() -> None:
    result = smoothed(np.array([1, np.nan, 1, np.inf, 1], np.float32), 0.9)
    assert np.isnan(result).tolist() == [False, True, False, True, False]
    assert result[[0, 2, 4]] == pytest.approx([1, 1, 1])


def test_nothing_finite_is_all_gap() -> None:
    assert np.isnan(smoothed(np.full(5, np.nan, np.float32))).all()


def test_no_values_give_none() -> None:
    assert smoothed(np.zeros(0, np.float32)).size == 0


def test_a_long_run_stays_exact() -> None:
    values = np.full(100_000, 0.7, np.float32)
    assert np.abs(smoothed(values, 0.5) - values).max() == 0


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 2.0])
def test_a_smoothing_that_is_none_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match=f"a smoothing of {smoothing} is outside"):
        smoothed(np.zeros(1, np.float32), smoothing)


def test_weights_far_beyond_what_a_float_can_hold_change_nothing() -> None:
    """A long run is averaged in so few steps that its weights vanish at once."""
    values = np.random.default_rng(0).random(3000).astype(np.float32)
    expected = np.array(_by_hand(values.tolist(), 0.002))
    np.testing.assert_allclose(smoothed(values, 0.002), expected, rtol=1e-5)
