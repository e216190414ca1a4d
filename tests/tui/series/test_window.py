"""Values of which the older ones are merged into bins, as a chart reads them."""

from __future__ import annotations

import numpy as np
import pytest

from tui.series.bins import Bins, summarized
from tui.series.smoothing import smoothed
from tui.series.window import Window

RANDOM = np.random.default_rng(0)
NOTHING = np.empty(0, np.float32)


def single(values: np.ndarray, lead: int = 0) -> Window:
    """A window of which every value is known."""
    values = values.astype(np.float32)
    return Window(len(values) - lead, lead, values, Bins.of(values), Bins.empty(0), NOTHING)


def half_merged(values: np.ndarray, merged: int, width: int) -> Window:
    """A window of which the first `merged` values are known only in bins of `width`."""
    values = values.astype(np.float32)
    old, new = values[:merged], values[merged:]
    bins = Bins.of(old).merged(np.arange(0, merged, width))
    return Window(len(values), 0, new, Bins.of(new), bins, old[::width], width)


def test_single_values_are_divided_as_an_array_is() -> None:
    values = RANDOM.random(500).astype(np.float32)
    values[[3, 77]] = np.nan, np.inf
    for parts in (1, 7, 500, 900):
        found, wanted = single(values).summary(parts), summarized(values, parts)
        assert np.array_equal(found.minimum, wanted.minimum, equal_nan=True)
        assert np.array_equal(found.maximum, wanted.maximum, equal_nan=True)
        assert np.array_equal(found.mean, wanted.mean, equal_nan=True)
        assert found.broken.tolist() == wanted.broken.tolist()


def test_the_seam_between_bins_and_single_values_does_not_show() -> None:
    values = RANDOM.random(1600)
    found, wanted = half_merged(values, 800, 16).summary(10), single(values).summary(10)

    assert found.minimum.tolist() == wanted.minimum.tolist()
    assert found.maximum.tolist() == wanted.maximum.tolist()
    assert found.mean == pytest.approx(wanted.mean)
    assert found.finite.tolist() == [160] * 10


def test_a_column_over_the_seam_holds_both_sides() -> None:
    found = half_merged(np.arange(32), 16, 16).summary(1)

    assert (found.minimum[0], found.maximum[0], found.finite[0]) == (0, 31, 32)


def test_columns_narrower_than_a_bin_all_show_it() -> None:
    found = half_merged(np.arange(32), 32, 16).summary(8)

    assert found.maximum.tolist() == [15] * 4 + [31] * 4


def test_the_average_reaches_back_over_the_lead() -> None:
    values = RANDOM.random(3000)

    assert single(values, 500).averages(0.98) == pytest.approx(
        smoothed(values.astype(np.float32), 0.98)[500:]
    )


def test_an_average_of_bins_is_about_that_of_their_values() -> None:
    values = 1 + np.sin(np.arange(4000) / 300)

    assert half_merged(values, 2000, 16).averages(0.98) == pytest.approx(
        single(values).averages(0.98), abs=0.05
    )


def test_a_merged_value_is_reported_as_the_mean_of_its_bin() -> None:
    window = half_merged(np.arange(32), 16, 16)

    assert [window.value(place) for place in (0, 15, 16, 31)] == [7.5, 7.5, 16, 31]


def test_a_sample_is_distributed_as_all_values_are() -> None:
    """Not as the extremes of the bins: in a long run each of them holds a spike."""
    values = np.ones(64_000)
    values[5::160] = 500
    sample = half_merged(values, 32_000, 16).sample()

    assert np.percentile(sample, 98) == 1
    assert sample.max() == 500


def test_few_values_are_all_their_sample() -> None:
    values = RANDOM.random(300).astype(np.float32)

    assert single(values).sample().tolist() == values.tolist()


def test_the_sample_of_groups_is_that_of_their_values() -> None:
    values = RANDOM.random(300).astype(np.float32)

    assert sorted(set(single(values).grouped(10).sample().tolist())) == sorted(values.tolist())


def test_nothing_is_nothing() -> None:
    empty = single(NOTHING)

    assert np.isnan(empty.summary(3).minimum).all()
    assert empty.averages(0.98).size == empty.sample().size == 0
