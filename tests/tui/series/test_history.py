"""The arrays behind the charts: cheap to append to, and never changed behind a reader's back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import floats, steps
from tui.render.scale import range_of
from tui.series.history import MAX_BINS, RAW_WINDOW, Column, LongColumn, LossHistory


class TestColumn:
    def test_values_come_back_in_order(self) -> None:
        column = Column().append(floats(1, 2)).append(floats(3))

        assert column.values.tolist() == [1, 2, 3]
        assert column.values.dtype == np.float32

    def test_an_older_column_stays_as_it_was(self) -> None:
        older = Column().append(floats(1, 2))
        seen = older.values

        older.append(floats(3))

        assert older.values.tolist() == [1, 2]
        assert seen.tolist() == [1, 2]

    def test_two_branches_of_one_column_do_not_see_each_other(self) -> None:
        trunk = Column().append(floats(1))

        left, right = trunk.append(floats(2)), trunk.append(floats(3))

        assert left.values.tolist() == [1, 2]
        assert right.values.tolist() == [1, 3]

    def test_appending_after_a_cut_leaves_the_uncut_column_alone(self) -> None:
        whole = Column().append(floats(1, 2, 3))

        cut = whole.truncated(1).append(floats(9))

        assert cut.values.tolist() == [1, 9]
        assert whole.values.tolist() == [1, 2, 3]

    def test_a_chain_of_appends_shares_one_buffer(self) -> None:
        """Else every event would copy the whole run."""
        first = Column().append(floats(1))

        last = first
        for value in range(100):
            last = last.append(floats(value))

        assert np.shares_memory(first.values, last.values)

    def test_growing_past_the_buffer_keeps_every_value(self) -> None:
        column = Column()
        for start in range(0, 5000, 100):
            column = column.append(np.arange(start, start + 100, dtype=np.float32))

        assert np.array_equal(column.values, np.arange(5000, dtype=np.float32))

    def test_the_newest_are_the_last(self) -> None:
        column = Column().append(floats(1, 2, 3))

        assert column.newest(2).tolist() == [2, 3]
        assert column.newest(9).tolist() == [1, 2, 3]
        assert column.newest(0).tolist() == []

    def test_views_cannot_be_written(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            Column().append(floats(1)).values[0] = 2


class TestLossHistory:
    def test_it_begins_at_the_first_reported_step(self) -> None:
        history = LossHistory().append(steps(501, 10))

        assert (history.first_step, history.last_step, len(history)) == (501, 510, 10)

    def test_an_empty_history_ends_before_its_first_step(self) -> None:
        assert LossHistory().last_step == 0

    def test_every_column_grows_alike(self) -> None:
        event = steps(1, 5)
        history = LossHistory().append(event)

        assert np.array_equal(history.d_loss.raw.values, event.d_loss)
        assert np.array_equal(history.g_loss.raw.values, event.g_loss)
        assert np.array_equal(history.real_score.values, event.real_score)
        assert np.array_equal(history.fake_score.values, event.fake_score)

    def test_steps_reported_again_replace_the_earlier_ones(self) -> None:
        history = LossHistory().append(steps(1, 10, d_loss=floats(*[1] * 10)))

        again = history.append(steps(6, 2, d_loss=floats(7, 8)))

        assert again.d_loss.raw.values.tolist() == [1, 1, 1, 1, 1, 7, 8]
        assert again.last_step == 7

    def test_steps_before_the_first_reported_one_replace_all(self) -> None:
        history = LossHistory().append(steps(501, 10)).append(steps(1, 5))

        assert (history.first_step, history.last_step) == (1, 5)

    def test_steps_that_were_never_reported_are_a_gap(self) -> None:
        history = LossHistory().append(steps(1, 2)).append(steps(5, 1))

        assert np.isnan(history.d_loss.raw.values).tolist() == [False, False, True, True, False]
        assert history.last_step == 5

    @pytest.mark.parametrize(("step", "kept"), [(0, 0), (3, 3), (10, 10), (99, 10)])
    def test_a_resume_keeps_what_lies_up_to_its_step(self, step: int, kept: int) -> None:
        history = LossHistory().append(steps(1, 10)).truncated(step)

        assert len(history) == kept
        assert len(history.fake_score) == kept


MILLIONS = 10_000_000
CHUNK = 50_000


@pytest.fixture(scope="module")
def long() -> tuple[LongColumn, dict[int, float]]:
    """Ten million values between 0 and 1, and the places and heights of the spikes among them."""
    random, column, spikes = np.random.default_rng(0), LongColumn(), {}
    for start in range(0, MILLIONS, CHUNK):
        values = random.random(CHUNK, np.float32)
        place = int(random.integers(CHUNK))
        values[place] = 10 + start / CHUNK
        spikes[start + place] = float(values[place])
        column = column.append(values)
    return column, spikes


class TestLongColumn:
    def test_ten_million_values_are_kept_in_bounded_memory(
        self, long: tuple[LongColumn, dict[int, float]]
    ) -> None:
        column, _ = long

        assert len(column) == MILLIONS
        assert len(column.merged) < MAX_BINS
        assert len(column.raw) < 2 * RAW_WINDOW

    def test_no_spike_is_lost(self, long: tuple[LongColumn, dict[int, float]]) -> None:
        column, spikes = long
        seen = [column.window(max(place - 1000, 0), 2000).summary(1).maximum[0] for place in spikes]

        # Another spike may lie within the same window.
        assert all(top >= height for top, height in zip(seen, spikes.values(), strict=True))

    def test_every_value_counts_once(self, long: tuple[LongColumn, dict[int, float]]) -> None:
        column, _ = long
        for parts in (1, 7, 130, 1000):
            summary = column.window(0, MILLIONS).summary(parts)

            assert summary.finite.sum() == MILLIONS
            assert summary.broken.sum() == 0

    def test_a_narrow_window_finds_the_spike_in_its_place(
        self, long: tuple[LongColumn, dict[int, float]]
    ) -> None:
        column, spikes = long
        place, height = next(iter(spikes.items()))
        near = column.window(max(place - 5000, 0), 10_000).summary(10)

        assert near.maximum.max() == height

    def test_means_are_those_of_all_values(self, long: tuple[LongColumn, dict[int, float]]) -> None:
        column, _ = long
        summary = column.window(0, MILLIONS).summary(10)

        assert summary.mean == pytest.approx([0.5] * 10, abs=0.01)

    def test_an_older_column_stays_as_it_was(self) -> None:
        older = LongColumn().append(np.zeros(2 * RAW_WINDOW - 1, np.float32))
        newer = older.append(np.ones(RAW_WINDOW, np.float32))

        assert len(older) == 2 * RAW_WINDOW - 1
        assert older.window(0, len(older)).summary(1).maximum[0] == 0
        assert newer.window(0, len(newer)).summary(1).maximum[0] == 1

    def test_a_cut_among_single_values_is_exact(
        self, long: tuple[LongColumn, dict[int, float]]
    ) -> None:
        column, _ = long
        cut = column.truncated(MILLIONS - 12_345)

        assert len(cut) == MILLIONS - 12_345
        assert np.isfinite(cut.raw.values).all()
        assert cut.newest(1)[0] == column.newest(12_346)[0]

    def test_a_cut_through_merged_ones_leaves_a_gap_and_the_places_of_all_others(
        self, long: tuple[LongColumn, dict[int, float]]
    ) -> None:
        column, _ = long
        cut = column.truncated(5_000_003).append(np.full(10, 7, np.float32))

        assert len(cut) == 5_000_013
        assert cut.window(5_000_003, 10).summary(1).maximum[0] == 7
        assert cut.window(0, 5_000_013).summary(1).broken[0] == 5_000_003 % column.width

    def test_after_any_cut_values_stay_in_their_places(self) -> None:
        """An odd number of bins has one without a neighbour when they are next merged."""
        column = LongColumn()
        while len(column.merged) < MAX_BINS // 2:
            column = column.append(np.zeros(RAW_WINDOW, np.float32))
        column = column.truncated(column.width * 10_001)
        while column.width == LongColumn().width:
            before = len(column)
            column = column.append(np.zeros(RAW_WINDOW, np.float32))
            assert len(column) == before + RAW_WINDOW

    def test_a_value_is_exact_while_it_is_kept(self) -> None:
        column = LongColumn().append(np.arange(100_000, dtype=np.float32))

        assert column.window(0, 100_000).value(98_765) == 98_765

    def test_an_axis_does_not_grow_with_the_run(self) -> None:
        """However long it is, one value in five hundred is a spike and not the range."""
        values = np.random.default_rng(0).uniform(0.2, 0.8, CHUNK).astype(np.float32)
        values[::512] = 500
        column = LongColumn()
        for _ in range(40):
            column = column.append(values)

        assert range_of([column.window(0, len(column)).sample()], log=True)[1] < 3

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_non_finite_values_are_counted_when_merged_too(self, value: float) -> None:
        values = np.ones(4 * RAW_WINDOW, np.float32)
        values[[0, RAW_WINDOW // 2, -1]] = value
        column = LongColumn().append(values)
        summary = column.window(0, len(values)).summary(3)

        assert summary.broken.sum() == 3
        assert summary.maximum.tolist() == [1, 1, 1]

    def test_a_part_is_smoothed_as_the_whole_is(self) -> None:
        values = np.random.default_rng(1).random(5000, np.float32)
        column = LongColumn().append(values)
        whole = column.window(0, 5000).averages(0.98)
        part = column.window(3000, 500, lead=400).averages(0.98)

        assert part == pytest.approx(whole[3000:3500], abs=1e-3)

    def test_epochs_are_values_of_their_own(self) -> None:
        column = LongColumn().append(np.arange(25, dtype=np.float32))
        summary = column.window(0, 25).grouped(10).summary(3)

        assert summary.minimum.tolist() == [0, 10, 20]
        assert summary.maximum.tolist() == [9, 19, 24]
        assert summary.mean.tolist() == [4.5, 14.5, 22]


class TestTimes:
    def test_a_step_was_made_between_the_records_around_it(self) -> None:
        history = LossHistory().append(steps(1, 10, time=100.0)).append(steps(11, 10, time=200.0))

        assert history.time_of(20) == 200.0
        assert history.time_of(15) == pytest.approx(150.0)

    def test_a_run_without_steps_has_no_time(self) -> None:
        assert LossHistory().time_of(1) is None

    def test_many_records_keep_few_times(self) -> None:
        history = LossHistory()
        for step in range(1, 10_000):
            history = history.append(steps(step, 1, time=float(step)))

        assert len(history.times) <= 4096
        assert history.time_of(5000) == pytest.approx(5000, abs=8)

    def test_what_was_rolled_back_has_no_time(self) -> None:
        history = LossHistory().append(steps(1, 10, time=100.0)).append(steps(11, 10, time=200.0))

        assert history.truncated(10).time_of(20) == 100.0


class TestJumps:
    """Steps that a damaged line of the log puts far from the others."""

    FAR = 41_000_000_000

    def test_a_jump_costs_no_memory(self) -> None:
        history = LossHistory().append(steps(1, 100)).append(steps(self.FAR, 7))

        assert (history.first_step, len(history)) == (self.FAR, 7)
        assert len(history.d_loss.raw._storage.buffer) < 10_000

    @pytest.mark.parametrize("jumps", [[FAR], [FAR, 2**53], [FAR, 3], [2**53 - 7, 10**12, FAR]])
    def test_after_one_the_history_goes_on_as_before(self, jumps: list[int]) -> None:
        before = LossHistory().append(steps(1_000_000, 100))
        history = before
        for first in jumps:
            history = history.append(steps(first, 7))

        history = history.append(steps(1_000_100, 5))

        assert (history.first_step, history.last_step) == (1_000_000, 1_000_104)
        assert history.before is None

    def test_a_jump_that_is_followed_is_where_the_history_begins(self) -> None:
        history = LossHistory().append(steps(1, 100)).append(steps(self.FAR, 7))

        history = history.append(steps(self.FAR + 7, 7))

        assert (history.first_step, len(history), history.before) == (self.FAR, 14, None)

    def test_going_back_to_before_a_jump_keeps_what_is_there(self) -> None:
        history = LossHistory().append(steps(1, 100)).append(steps(self.FAR, 7)).truncated(50)

        assert (history.first_step, history.last_step) == (1, 50)

    def test_steps_that_are_missing_are_a_gap_if_they_are_not_too_many(self) -> None:
        history = LossHistory().append(steps(1, 100)).append(steps(50_101, 100))

        assert (history.first_step, history.last_step) == (1, 50_200)
        assert np.isnan(history.d_loss.newest(50_100)[:50_000]).all()
