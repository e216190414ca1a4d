"""Values of which the older are merged, as a chart reads them."""

from __future__ import annotations

import numpy as np
import pytest

from tui.series.bins import Bins, buckets
from tui.series.smoothing import smoothed
from tui.series.window import Window

RANDOM = np.random.default_rng(0)
NOTHING = np.empty(0, np.float32)


def single(values: np.ndarray, lead: int = 0) -> Window:
    """A stretch of which every value is known."""
    values = values.astype(np.float32)
    return Window(len(values) - lead, lead, values, Bins.of(values), Bins.empty(0), NOTHING)


def half_merged(values: np.ndarray, merged: int, width: int) -> Window:
    """A stretch of which the first values are known in mergers of so many only."""
    values = values.astype(np.float32)
    old, new = values[:merged], values[merged:]
    atoms = Bins.of(old).merged(np.arange(0, merged, width))
    return Window(len(values), 0, new, Bins.of(new), atoms, old[::width], width)


def test_single_values_are_divided_as_an_array_is() -> None:
    values = RANDOM.random(500).astype(np.float32)
    values[[3, 77]] = np.nan, np.inf
    for parts in (1, 7, 500, 900):
        told, wanted = single(values).summary(parts), buckets(values, parts)
        assert np.array_equal(told.minimum, wanted.minimum, equal_nan=True)
        assert np.array_equal(told.maximum, wanted.maximum, equal_nan=True)
        assert np.array_equal(told.mean, wanted.mean, equal_nan=True)
        assert told.broken.tolist() == wanted.broken.tolist()


def test_the_seam_between_mergers_and_single_values_does_not_show() -> None:
    values = RANDOM.random(1600)
    told, wanted = half_merged(values, 800, 16).summary(10), single(values).summary(10)

    assert told.minimum.tolist() == wanted.minimum.tolist()
    assert told.maximum.tolist() == wanted.maximum.tolist()
    assert told.mean == pytest.approx(wanted.mean)
    assert told.finite.tolist() == [160] * 10


def test_a_column_over_the_seam_holds_both_sides() -> None:
    told = half_merged(np.arange(32), 16, 16).summary(1)

    assert (told.minimum[0], told.maximum[0], told.finite[0]) == (0, 31, 32)


def test_columns_narrower_than_a_merger_all_show_it() -> None:
    told = half_merged(np.arange(32), 32, 16).summary(8)

    assert told.maximum.tolist() == [15] * 4 + [31] * 4


def test_the_average_looks_back_over_the_lead() -> None:
    values = RANDOM.random(3000)

    assert single(values, 500).averages(0.98) == pytest.approx(
        smoothed(values.astype(np.float32), 0.98)[500:]
    )


def test_an_average_of_mergers_is_about_that_of_their_values() -> None:
    values = 1 + np.sin(np.arange(4000) / 300)

    assert half_merged(values, 2000, 16).averages(0.98) == pytest.approx(
        single(values).averages(0.98), abs=0.05
    )


def test_a_value_that_was_merged_is_told_as_the_mean_of_its_merger() -> None:
    stretch = half_merged(np.arange(32), 16, 16)

    assert [stretch.value(place) for place in (0, 15, 16, 31)] == [7.5, 7.5, 16, 31]


def test_a_sample_is_spread_as_all_values_are() -> None:
    """Not as the extremes of mergers are, of which a long run has a spike in each."""
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
