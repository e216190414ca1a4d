"""The keys that change only the view."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest

from tests import fakes
from tui.choices import GLYPHS, SMOOTHINGS
from tui.keys.bindings import BINDINGS
from tui.model.run_state import Grid, RunState, apply
from tui.model.view import View
from tui.model.view_actions import NAMES, acted

GRIDS = tuple(Grid(step, f"samples/{step:06d}.png") for step in range(0, 2400, 100))
RUN = replace(reduce(apply, fakes.training(), RunState()), grids=GRIDS)
LAST = len(GRIDS) - 1


def after(*keys: tuple[str, int], view: View | None = None) -> View:
    view = view or View()
    for name, by in keys:
        view = acted(name, view, RUN, by, columns=40)
    return view


class TestTime:
    def test_from_the_present_one_goes_to_the_last_grid(self) -> None:
        assert after(("grid", -1)).grid == LAST

    def test_ten_are_ten(self) -> None:
        assert after(("grid", -10), ("grid", -1)).grid == LAST - 10

    def test_before_the_first_there_is_none(self) -> None:
        assert after(("first_grid", 0), ("grid", -10)).grid == 0

    def test_after_the_last_is_the_present(self) -> None:
        assert after(("grid", -1), ("grid", 1)).grid is None

    def test_the_charts_cursor_goes_along(self) -> None:
        assert after(("first_grid", 0), ("grid", 3)).cursor == GRIDS[3].step

    def test_end_follows_the_run_again(self) -> None:
        changed = View(grid=3, cursor=300, window=(200, 400), real=True, smoothing=0.0)

        assert after(("follow", 0), view=changed) == View(smoothing=0.0)

    def test_a_run_without_grids_has_nothing_to_look_back_at(self) -> None:
        assert acted("grid", View(), RunState(), -1) == View()
        assert acted("first_grid", View(), RunState()) == View()

    def test_real_images_give_way_to_an_earlier_grid(self) -> None:
        assert not after(("real", 0), ("grid", -1)).real


class TestDigits:
    def test_the_arrows_go_through_an_opened_digit(self) -> None:
        moves = [("enlarge", 0), ("cursor", 1), ("digit", 4), ("cursor", -1)]

        assert after(*moves).digit == 4

    @pytest.mark.parametrize("move", [("cursor", -1), ("digit", -4), ("digit", 16)])
    def test_there_is_none_beyond_the_sixteen(self, move: tuple[str, int]) -> None:
        assert after(("enlarge", 0), move).digit == 0

    def test_without_one_open_the_arrows_are_the_charts(self) -> None:
        view = after(("cursor", -1))

        assert view.digit == 0
        assert view.cursor is not None

    def test_every_kind_of_glyph_comes_round(self) -> None:
        seen = [after(*[("glyphs", 0)] * presses).glyphs for presses in range(len(GLYPHS) + 1)]

        assert seen == [*GLYPHS, GLYPHS[0]]


class TestChart:
    def test_smoothings_come_round(self) -> None:
        seen = [after(*[("smoothing", 0)] * presses).smoothing for presses in range(5)]

        assert seen == [*SMOOTHINGS, SMOOTHINGS[0]]

    def test_histories_come_round(self) -> None:
        seen = [after(*[("history", 0)] * presses).history for presses in range(4)]

        assert seen == ["full", "recent", "epoch", "full"]

    def test_zooming_in_shows_half_and_out_all_again(self) -> None:
        half = after(("zoom", 2))
        assert half.window is not None
        first, last = half.window

        assert last - first + 1 == pytest.approx(600, abs=2)
        assert after(("zoom", -2), view=half).window is None

    def test_a_zoomed_chart_is_panned(self) -> None:
        half = after(("zoom", 2))
        earlier = after(("pan", -1), view=half)

        assert half.window is not None
        assert earlier.window is not None
        assert earlier.window[0] < half.window[0]


class TestBack:
    def test_escape_closes_one_thing_after_another(self) -> None:
        view = View(real=True, grid=2, cursor=200, enlarged=True, full_screen=True, window=(1, 50))
        closed = []
        while view != View():
            view, before = after(("back", 0), view=view), view
            closed.append(
                [name for name in View.__slots__ if getattr(view, name) != getattr(before, name)]
            )

        assert closed == [["real"], ["cursor", "grid"], ["enlarged"], ["full_screen"], ["window"]]

    def test_with_nothing_open_it_does_nothing(self) -> None:
        assert after(("back", 0)) == View()


def test_every_key_of_the_view_is_known() -> None:
    named = [binding.action.split("'")[1] for binding in BINDINGS if "view(" in binding.action]

    assert set(named) == set(NAMES)
