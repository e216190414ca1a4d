"""Series by name: over the same steps, in bounded memory, and never changed behind a reader."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import floats
from tui.series.history import RAW_WINDOW
from tui.series.named import MAX_NAMED, MISSED, NamedSeries, is_occasional, newest_logged


def values(series: NamedSeries, name: str) -> list[float]:
    """All values of a series; -1 where there is none."""
    column = series.columns[name]
    return [-1.0 if np.isnan(value) else value for value in column.newest(len(column)).tolist()]


class TestAppending:
    def test_values_of_one_step_may_come_in_several_events(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2)}, 5.0)
        series = series.append(1, {"b": floats(3, 4)}, 5.0).append(3, {"a": floats(5)}, 6.0)

        assert (series.first_step, series.last_step, len(series)) == (1, 3, 3)
        assert values(series, "a") == [1, 2, 5]
        assert values(series, "b") == [3, 4, -1]

    def test_a_series_that_comes_late_is_unknown_before(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2)}, 5.0).append(3, {"b": floats(9)}, 6.0)

        assert values(series, "b") == [-1, -1, 9]

    def test_steps_that_nobody_reported_are_a_gap(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1)}, 5.0).append(4, {"a": floats(4)}, 6.0)

        assert values(series, "a") == [1, -1, -1, 4]

    def test_what_is_logged_again_replaces_its_own_steps_alone(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2, 3, 4), "b": floats(1, 2, 3, 4)}, 5.0)

        again = series.append(2, {"a": floats(8, 9)}, 6.0)

        assert values(again, "a") == [1, 8, 9, 4]
        assert values(again, "b") == [1, 2, 3, 4]
        assert values(series, "a") == [1, 2, 3, 4]

    def test_a_value_that_comes_late_takes_no_other_away(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2, 3)}, 5.0)

        late = series.append(1, {"a": floats(np.nan, 8)}, 6.0)

        assert values(late, "a") == [1, 8, 3]

    def test_a_run_that_begins_late_begins_there(self) -> None:
        series = NamedSeries().append(500, {"a": floats(1, 2)}, 5.0)

        assert (series.first_step, series.last_step) == (500, 501)

    def test_after_a_jump_that_was_an_error_the_series_go_on(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2)}, 5.0)
        jumped = series.append(9 * RAW_WINDOW, {"a": floats(7)}, 6.0)

        assert len(jumped) == 1
        assert values(jumped.append(3, {"a": floats(3)}, 7.0), "a") == [1, 2, 3]

    def test_a_second_step_after_a_jump_confirms_it(self) -> None:
        far = 9 * RAW_WINDOW
        series = NamedSeries().append(1, {"a": floats(1, 2)}, 5.0)

        series = series.append(far, {"a": floats(7)}, 6.0).append(far + 1, {"a": floats(8)}, 7.0)

        assert values(series, "a") == [7, 8]
        assert series.before is None

    def test_of_very_many_series_the_first_are_kept_and_the_others_counted(self) -> None:
        many = {f"s{number}": floats(number) for number in range(MAX_NAMED + 3)}

        series = NamedSeries().append(1, many, 5.0).append(2, many, 6.0)

        assert list(series.columns) == [f"s{number}" for number in range(MAX_NAMED)]
        assert series.left_out == 3


class TestCutting:
    def test_all_series_end_at_the_step(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2, 3), "b": floats(4, 5, 6)}, 5.0)

        cut = series.truncated(2)

        assert (values(cut, "a"), values(cut, "b"), cut.last_step) == ([1, 2], [4, 5], 2)
        assert series.last_step == 3

    @pytest.mark.parametrize("step", [3, 4, 1000])
    def test_a_step_that_was_not_reached_cuts_nothing(self, step: int) -> None:
        series = NamedSeries().append(1, {"a": floats(1, 2, 3)}, 5.0)

        assert series.truncated(step) is series

    def test_a_cut_before_the_first_step_leaves_nothing(self) -> None:
        cut = NamedSeries().append(5, {"a": floats(1, 2)}, 5.0).truncated(0)

        assert len(cut) == 0
        assert values(cut.append(1, {"a": floats(9)}, 6.0), "a") == [9]


class TestMemory:
    def test_a_million_steps_of_a_series_take_few_megabytes(self) -> None:
        series, block = NamedSeries(), np.ones(50_000, np.float32)
        for start in range(1, 1_000_001, len(block)):
            series = series.append(start, {"a": block}, float(start))
        column = series.columns["a"]

        kept = column.raw._storage.buffer.nbytes + sum(
            getattr(column.merged, name).nbytes
            for name in ("minimum", "maximum", "total", "finite", "broken")
        )

        assert len(series) == 1_000_000
        assert kept < 4_000_000

    def test_the_times_of_many_events_are_thinned(self) -> None:
        series = NamedSeries()
        for step in range(1, 10_000):
            series = series.append(step, {"a": floats(1)}, float(step))

        assert len(series.times) < 5_000
        assert series.time_of(5_000) == pytest.approx(5_000, abs=3)


class TestOccasional:
    def test_a_value_an_epoch_is_occasional(self) -> None:
        assert is_occasional(floats(*[np.nan] * 9, 1.0))

    @pytest.mark.parametrize("logged", [[1.0], [1.0, np.nan, 2.0], [], [np.nan]])
    def test_a_value_at_most_steps_is_not(self, logged: list[float]) -> None:
        assert not is_occasional(floats(*logged))

    def test_of_an_occasional_series_only_what_was_logged_is_newest(self) -> None:
        series = NamedSeries().append(1, {"a": floats(np.nan, 1, np.nan, np.nan, 2, np.nan)}, 5.0)

        assert newest_logged(series.columns["a"], 10).tolist() == [1, 2]
        assert newest_logged(series.columns["a"], 1).tolist() == [2]

    def test_of_any_other_a_step_without_a_value_is_passed_over(self) -> None:
        series = NamedSeries().append(1, {"a": floats(1, np.nan, 2, 3, np.nan)}, 5.0)

        assert newest_logged(series.columns["a"], 9).tolist() == [1, 2, 3]

    def test_many_of_them_at_the_end_say_that_it_is_no_number_any_more(self) -> None:
        ended = floats(*[1.0] * 30, *[np.nan] * MISSED)
        series = NamedSeries().append(1, {"a": ended}, 5.0)

        assert np.isnan(newest_logged(series.columns["a"], MISSED)).all()
        assert len(newest_logged(series.columns["a"], 99)) == len(ended)

    def test_a_series_that_was_never_logged_has_no_newest_value(self) -> None:
        series = NamedSeries().append(1, {"a": floats(np.nan)}, 5.0)

        assert len(newest_logged(series.columns["a"], 5)) == 0


def test_a_window_has_the_steps_that_were_asked_for() -> None:
    series = NamedSeries().append(11, {"a": floats(*range(10))}, 5.0)

    window = series.window("a", 13, 15, lead=1)

    assert [window.value(place) for place in range(window.count)] == [2, 3, 4]
    assert window.lead == 1
