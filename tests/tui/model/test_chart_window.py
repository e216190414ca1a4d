"""Which steps the chart shows, and how keys move over them."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest

from tests.fakes import steps
from tests.recorded_runs import classifier_story, gan_story
from tui.model.chart_window import (
    RECENT_STEPS,
    moved_cursor,
    next_history,
    panned,
    shown_steps,
    zoomed,
)
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.series.steps import Steps

RUN = reduce(apply, [steps(1, 5000)], RunState())
EMPTY = RunState()


class TestShown:
    def test_usually_all_steps(self) -> None:
        assert shown_steps(View(), RUN) == (1, 5000)

    def test_the_recent_history_is_the_newest(self) -> None:
        assert shown_steps(View(history="recent"), RUN) == (5000 - RECENT_STEPS + 1, 5000)

    def test_a_window_is_as_it_is(self) -> None:
        assert shown_steps(View(window=(100, 200)), RUN) == (100, 200)

    def test_of_a_window_only_steps_that_are_there(self) -> None:
        """As after a roll back."""
        assert shown_steps(View(window=(4900, 6000)), RUN) == (4900, 5000)

    def test_of_a_window_beyond_them_the_newest_few(self) -> None:
        """As after a roll back to before it."""
        assert shown_steps(View(window=(7000, 8000)), RUN) == (4991, 5000)

    def test_of_no_steps_none(self) -> None:
        first, last = shown_steps(View(), EMPTY)

        assert last < first


class TestCursor:
    def test_it_begins_at_the_newest_step(self) -> None:
        assert moved_cursor(View(), RUN, -1, 50).cursor == 4900

    def test_it_moves_by_what_can_be_seen(self) -> None:
        assert moved_cursor(View(cursor=1000), RUN, 10, 50).cursor == 2000

    def test_close_up_it_moves_by_steps(self) -> None:
        assert moved_cursor(View(cursor=105, window=(100, 120)), RUN, 1, 50).cursor == 106

    @pytest.mark.parametrize("columns", [33, 36, 73, 75])
    @pytest.mark.parametrize("count", [80, 100, 130, 500, 1200, 25_000])
    def test_each_press_moves_one_visible_column(self, count: int, columns: int) -> None:
        run, view = reduce(apply, [steps(1, count)], RunState()), View()
        axis, seen = Steps(1, count, columns), [columns - 1]
        while seen[-1]:
            view = moved_cursor(view, run, -1, columns)
            assert view.cursor is not None
            seen.append(axis.column(view.cursor) or 0)

        assert seen == list(range(columns))[::-1]

    def test_by_epoch_it_moves_from_epoch_to_epoch(self) -> None:
        run = replace(RUN, progress=replace(RUN.progress, steps_per_epoch=1000))
        view, seen = View(history="epoch"), []
        for _ in range(4):
            view = moved_cursor(view, run, -1, 40)
            assert view.cursor is not None
            seen.append((view.cursor - 1) // 1000)

        assert seen == [3, 2, 1, 0]

    @pytest.mark.parametrize(("by", "end"), [(-1000, 1), (1000, 5000)])
    def test_it_stays_among_the_steps(self, by: int, end: int) -> None:
        assert moved_cursor(View(), RUN, by, 50).cursor == end

    def test_where_nothing_is_shown_it_moves_all_the_same(self) -> None:
        assert moved_cursor(View(cursor=10), RUN, 1, 0).cursor == 11

    def test_a_run_without_steps_has_none(self) -> None:
        assert moved_cursor(View(), EMPTY, 1, 50) == View()


class TestZoom:
    def test_without_a_cursor_the_newest_end_stays(self) -> None:
        assert zoomed(View(), RUN, 2).window == (2501, 5000)

    def test_with_one_it_stays_where_it_is_on_the_screen(self) -> None:
        first, last = zoomed(View(cursor=1001), RUN, 2).window or (0, 0)

        assert (1001 - first) / (last - first) == pytest.approx(0.2, abs=0.01)

    def test_a_cursor_that_is_out_of_sight_comes_into_sight(self) -> None:
        first, last = zoomed(View(cursor=10, window=(3001, 4000)), RUN, 2).window or (0, 0)

        assert first <= 10 <= last

    def test_out_to_everything_it_follows_the_run_again(self) -> None:
        assert zoomed(View(window=(2501, 5000)), RUN, 0.5).window is None

    def test_there_is_a_closest(self) -> None:
        view = View()
        for _ in range(30):
            view = zoomed(view, RUN, 2)

        assert view.window == (4991, 5000)

    def test_a_run_of_few_steps_stays_whole(self) -> None:
        assert zoomed(View(), reduce(apply, [steps(1, 5)], RunState()), 2).window is None


class TestPan:
    def test_it_moves_by_a_share_of_what_is_shown(self) -> None:
        assert panned(View(window=(1001, 2000)), RUN, 0.5).window == (1501, 2500)

    @pytest.mark.parametrize(("share", "window"), [(-9, (1, 1000)), (9, (4001, 5000))])
    def test_it_stays_among_the_steps(self, share: float, window: tuple[int, int]) -> None:
        assert panned(View(window=(1001, 2000)), RUN, share).window == window

    def test_without_a_window_there_is_nothing_to_move(self) -> None:
        assert panned(View(), RUN, 1) == View()


def test_another_history_ends_a_zoom() -> None:
    assert next_history(View(window=(1, 10)), RunState()) == View(history="recent")


def test_a_recorded_run_is_never_charted_by_epochs() -> None:
    run, view, seen = reduce(apply, gan_story(), RunState()), View(), set()
    for _ in range(5):
        view = next_history(view, run)
        seen.add(view.history)

    assert seen == {"full", "recent"}
    assert next_history(View(history="epoch"), run).history == "recent"


def test_a_chart_of_a_recorded_run_spans_the_steps_of_its_series() -> None:
    run = reduce(apply, classifier_story(), RunState())

    assert shown_steps(View(), run) == (1, 1200)
    assert shown_steps(View(window=(100, 200)), run) == (100, 200)
    assert zoomed(View(), run, 2.0).window == (601, 1200)
