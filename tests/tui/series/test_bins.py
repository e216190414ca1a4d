"""Many values in few bins."""

import numpy as np
import pytest

from tui.series.bins import summarized


def test_each_bin_has_its_extremes_and_its_mean() -> None:
    result = summarized(np.array([1, 3, 2, 8, 6, 7], np.float32), 2)
    assert result.minimum.tolist() == [1, 6]
    assert result.maximum.tolist() == [3, 8]
    assert result.mean.tolist() == [2, 7]
    assert result.finite.tolist() == [3, 3]


def test_fifteen_of_fifteen_spikes_are_kept() -> None:
    random = np.random.default_rng(0)
    values = random.normal(1, 0.1, 25_000).astype(np.float32)
    places = np.arange(15) * 1600 + random.integers(0, 400, 15)
    values[places] = 100 + np.arange(15)
    assert set(range(100, 115)) <= set(summarized(values, 60).maximum.tolist())


def test_fifteen_of_fifteen_dips_are_kept() -> None:
    values = np.ones(25_000, np.float32)
    values[np.arange(15) * 1600 + 7] = -np.arange(1, 16)
    assert set(range(-15, 0)) <= set(summarized(values, 60).minimum.tolist())


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    result = summarized(np.array([np.nan, 1, 3, np.inf, -np.inf, 5], np.float32), 2)
    assert result.broken.tolist() == [1, 2]
    assert result.minimum.tolist() == [1, 5]
    assert result.maximum.tolist() == [3, 5]
    assert result.mean.tolist() == [2, 5]


def test_a_bin_of_nothing_finite_is_nan() -> None:
    result = summarized(np.array([np.nan, np.inf, 1], np.float32), 3)
    assert np.isnan(result.maximum).tolist() == [True, True, False]
    assert np.isnan(result.mean).tolist() == [True, True, False]


def test_fewer_values_than_bins_fill_those_that_they_span() -> None:
    result = summarized(np.array([5, np.nan], np.float32), 5)
    assert result.mean[:3].tolist() == [5, 5, 5]
    assert result.broken.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_no_values_give_empty_bins(count: int) -> None:
    result = summarized(np.zeros(0, np.float32), count)
    assert np.isnan(result.minimum).all()
    assert result.finite.tolist() == [0] * count


@pytest.mark.parametrize(("size", "count"), [(1, 1), (7, 3), (25_000, 61), (10, 10)])
def test_every_value_is_in_one_bin(size: int, count: int) -> None:
    result = summarized(np.ones(size, np.float32), count)
    assert result.finite.sum() == size
    assert result.finite.max() - result.finite.min() <= 1
