"""Keys that change the view: each asserted by the view or by what it asks for."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan import events
from gan.commands import Evaluate, Interpolate, RestoreLatents
from gan.errors import StorageError
from gan.events import Severity
from gan.export.writer import EXPORTS
from tests import fakes
from tests.fakes import START
from tests.tui.showing import RunningApp, running
from tui.app.app import GanTuiApp
from tui.keys.bindings import BINDINGS
from tui.model.view import View
from tui.screens.export_dialog import ExportDialog
from tui.screens.log_screen import LogScreen
from tui.widgets.digit_grid import DigitGrid

WIDE = (120, 40)
INTERPOLATION = events.LatentsInterpolated(
    time=START, step=1200, frames=np.zeros((24, 16, 28, 28), np.uint8)
)


def with_grids() -> list[events.Event]:
    """A run with three grids on disk."""
    drawn = [
        events.SamplesDrawn(
            time=START, step=step, images=fakes.squares(), path=f"samples/{step:06d}.png"
        )
        for step in (0, 500, 1000)
    ]
    return [*fakes.training(), *drawn]


class TestView:
    @pytest.mark.parametrize(
        ("key", "view"),
        [
            ("g", View(glyphs="half")),
            ("f", View(full_screen=True)),
            ("enter", View(enlarged=True)),
            ("v", View(real=True)),
            ("l", View(log_axis=False)),
            ("m", View(smoothing=0.995)),
            ("h", View(history="recent")),
            ("t", View(theme="light")),
            ("left_square_bracket", View(grid=2, cursor=1000)),
            ("left_curly_bracket", View(grid=0, cursor=0)),
            ("home", View(grid=0, cursor=0)),
        ],
    )
    async def test_a_key_changes_the_view(self, key: str, view: View) -> None:
        async with running(with_grids()) as dash:
            await dash.press(key)

            assert dash.app.view == view
            assert dash.source.sent == []

    @pytest.mark.parametrize("key", ["left", "right", "shift+left", "shift+right"])
    async def test_the_arrows_read_the_chart(self, key: str) -> None:
        async with running(size=WIDE) as dash:
            await dash.press(key)

            assert dash.app.view.cursor is not None

    async def test_ten_columns_are_further_than_one(self) -> None:
        async with running(size=WIDE) as dash:
            await dash.press("left", "left")
            near = dash.app.view.cursor
            await dash.press("shift+left")

            assert near is not None
            assert dash.app.view.cursor is not None
            assert near - dash.app.view.cursor > 100

    @pytest.mark.parametrize(("key", "count"), [("plus", 600), ("equals_sign", 600)])
    async def test_plus_shows_half_as_many_steps(self, key: str, count: int) -> None:
        async with running(size=WIDE) as dash:
            await dash.press(key)

            assert dash.app.view.window is not None
            first, last = dash.app.view.window
            assert last - first + 1 == pytest.approx(count, abs=2)

            await dash.press("less_than_sign")
            assert dash.app.view.window[0] < first
            await dash.press("greater_than_sign", "minus")
            assert dash.app.view.window is None

    @pytest.mark.parametrize(("key", "digit"), [("right", 1), ("down", 4)])
    async def test_the_arrows_go_through_an_opened_digit(self, key: str, digit: int) -> None:
        async with running(size=WIDE) as dash:
            await dash.press("enter", key)

            assert dash.app.view.digit == digit
            assert f"digit {digit + 1} of 16" in dash.row("caption")

            await dash.press("up" if key == "down" else "left", "escape")
            assert dash.app.view == View()

    async def test_end_follows_the_run_again(self) -> None:
        async with running(with_grids()) as dash:
            await dash.press("home", "plus", "end")

            assert dash.app.view == View()

    async def test_a_click_opens_a_digit_and_another_closes_it(self) -> None:
        async with running(size=WIDE) as dash:
            await dash.pilot.click(DigitGrid, offset=(20, 10))
            assert (dash.app.view.enlarged, dash.app.view.digit) == (True, 5)

            await dash.pilot.click(DigitGrid, offset=(36, 18))
            assert not dash.app.view.enlarged

    async def test_the_whole_screen_is_the_digits(self) -> None:
        async with running(size=(120, 61)) as dash:
            await dash.press("f")

            assert dash.app.query_one(DigitGrid).size == (112, 56)
            assert not dash.app.query_one("#chart").display

    async def test_choices_are_remembered_and_passing_things_are_not(self) -> None:
        kept: list[View] = []
        async with running(remember=kept.append) as dash:
            await dash.press("f", "home", "m")
            await dash.until(lambda: kept)

        assert [view.smoothing for view in kept] == [0.995]

    async def test_preferences_that_cannot_be_saved_are_in_the_log(self) -> None:
        def refuse(_: View) -> None:
            raise OSError(28, "No space left on device")

        async with running(remember=refuse) as dash:
            await dash.press("m")
            await dash.until(
                lambda: "could not save view preferences: No space" in dash.app.state.log[-1].text
            )

    async def test_keys_can_be_remapped(self) -> None:
        async with running(keymap={"smoothing": "x"}) as dash:
            await dash.press("m")
            assert dash.app.view.smoothing == View().smoothing

            await dash.press("x")
            assert dash.app.view.smoothing != View().smoothing


class TestTime:
    async def test_an_earlier_grid_is_read_and_named(self) -> None:
        async with running(with_grids(), size=WIDE) as dash:
            before = dash.app.query_one(DigitGrid).render_line(4)
            await dash.press("left_square_bracket", "left_square_bracket")
            await dash.until(lambda: "step 500, grid 2 of 3" in dash.row("caption"))

            assert dash.source.opened[-1] == "samples/000500.png"
            assert dash.app.query_one(DigitGrid).render_line(4) != before

    @pytest.mark.parametrize(
        ("keys", "place"),
        [
            (["home", "right_square_bracket"], 1),
            (["home", "right_curly_bracket"], None),
            (["home", "right_square_bracket", "left_square_bracket"], 0),
        ],
    )
    async def test_one_goes_on_from_an_earlier_grid(
        self, keys: list[str], place: int | None
    ) -> None:
        async with running(with_grids()) as dash:
            await dash.press(*keys)

            assert dash.app.view.grid == place

    async def test_a_film_is_slowed_down_and_says_how_fast_it_is(self) -> None:
        async with running(with_grids()) as dash:
            await dash.press("comma", "full_stop", "full_stop")

            assert notifications(dash) == [
                "2 grids a second",
                "5 grids a second",
                "10 grids a second",
            ]

    async def test_one_that_cannot_be_read_is_reported_and_nothing_breaks(self) -> None:
        async with running(with_grids()) as dash:
            dash.source.error = StorageError("cannot read samples/001000.png: Input/output error")
            await dash.press("left_square_bracket")
            await dash.until(lambda: notifications(dash))

            assert "Input/output error" in notifications(dash)[0]
            assert dash.app.is_running

    async def test_a_plays_every_grid_and_then_follows_the_run(self) -> None:
        async with running(with_grids(), size=WIDE) as dash:
            await dash.press("full_stop", "full_stop", "a")
            await dash.until(lambda: dash.app.view.grid is None and len(dash.source.opened) > 2)

            assert dash.source.opened == [f"samples/{step:06d}.png" for step in (0, 500, 1000)]

    async def test_without_grids_a_does_nothing(self) -> None:
        async with running() as dash:
            await dash.press("a")

            assert not dash.app._player.is_playing

    async def test_a_stops_playing_even_if_the_grids_are_gone(self) -> None:
        async with running(with_grids()) as dash:
            await dash.press("a")
            dash.app.state = replace(dash.app.state, grids=())
            await dash.press("a")

            assert not dash.app._player.is_playing

    async def test_a_again_stops_the_film_where_it_is(self) -> None:
        async with running(with_grids(), size=WIDE) as dash:
            await dash.press("a", "a")

            assert dash.app.view.grid == 0

    async def test_after_a_roll_back_the_present_is_shown(self) -> None:
        async with running([*with_grids()]) as dash:
            await dash.press("left_square_bracket")
            await dash.put(events.RolledBack(time=START, step=500, branch=1))

            assert dash.app.view.grid is None
            assert [grid.step for grid in dash.app.state.grids] == [0, 500]


class TestQuality:
    async def test_capital_e_asks_for_an_evaluation(self) -> None:
        async with running() as dash:
            await dash.press("E")

            assert dash.source.sent == [Evaluate()]


class TestLatents:
    async def test_capital_r_asks_for_the_runs_own(self) -> None:
        async with running() as dash:
            await dash.press("R")

            assert dash.source.sent == [RestoreLatents()]

    async def test_i_asks_for_an_interpolation_and_plays_it_when_it_comes(self) -> None:
        async with running(size=WIDE) as dash:
            await dash.press("i")
            assert dash.source.sent == [Interpolate()]

            await dash.put(INTERPOLATION)
            await dash.until(lambda: "between latents" in dash.row("caption"))

    async def test_samples_are_back_after_it_even_if_the_next_frame_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def measure_nothing(_: GanTuiApp) -> None:
            """Else every measurement would have a frame drawn."""

        monkeypatch.setattr(GanTuiApp, "_measure", measure_nothing)
        async with running([*fakes.training(), INTERPOLATION], size=WIDE) as dash:
            assert "between latents" in dash.row("caption")
            pacing, player = dash.app._painter._pacing, dash.app._player
            may_draw, answers = pacing.may_draw, iter([False])

            def refuse_once(cells: int, *, sparing: bool) -> bool:
                return next(answers, True) and may_draw(cells, sparing=sparing)

            monkeypatch.setattr(pacing, "may_draw", refuse_once)
            monkeypatch.setattr(player, "_clock", lambda: time.monotonic() + 60)
            await dash.until(lambda: not player.is_interpolating)
            await dash.until(lambda: "samples at step" in dash.row("caption"))

            assert next(answers, None) is None

    async def test_i_again_ends_it(self) -> None:
        async with running([*fakes.training(), INTERPOLATION], size=WIDE) as dash:
            await dash.press("i")

            assert dash.source.sent == []
            assert "samples at step" in dash.row("caption")


class TestExport:
    @pytest.mark.parametrize(
        ("key", "kind"), [("p", "grid"), ("g", "film"), ("c", "losses"), ("v", "screen")]
    )
    async def test_what_was_chosen_is_written_and_its_path_shown(self, key: str, kind: str) -> None:
        async with running() as dash:
            await dash.press("e")
            assert isinstance(dash.app.screen, ExportDialog)

            await dash.press(key)
            await dash.until(lambda: notifications(dash))

            (request,) = dash.source.exported
            # The samples are some steps older than the run.
            assert (request.kind, request.step) == (kind, 1000 if kind == "grid" else 1200)
            assert bool(request.svg) == (kind == "screen")
            path = f"/home/ada/runs/00007-mlp-synthetic/exports/{kind}"
            assert [one.replace("\n", "") for one in notifications(dash)] == [path]
            line = dash.app.state.log[-1]
            assert (line.text, line.level) == (f"exported: {path}", Severity.NOTICE)

    def test_the_dialog_offers_every_kind(self) -> None:
        asked = {binding.action for binding in ExportDialog.BINDINGS if binding.description}

        assert asked == {f"choose('{kind}')" for kind in EXPORTS} | {"dismiss"}

    async def test_the_screen_is_written_as_it_was_without_the_question(self) -> None:
        async with running() as dash:
            await dash.press("e", "v")
            await dash.until(lambda: dash.source.exported)

            assert "Write&#160;to" not in dash.source.exported[0].svg

    async def test_a_disk_that_refuses_is_reported(self) -> None:
        async with running() as dash:
            dash.source.error = StorageError("cannot write exports/losses.csv: No space left")
            await dash.press("e", "c")
            await dash.until(lambda: notifications(dash))

            assert "No space left" in notifications(dash)[0]
            assert "No space left" in dash.app.state.log[-1].text
            assert dash.app.state.log[-1].level is Severity.ERROR

    async def test_an_earlier_grid_is_written_under_its_own_step(self) -> None:
        async with running(with_grids()) as dash:
            await dash.press("home")
            await dash.until(lambda: dash.source.opened)
            await dash.pilot.pause()
            await dash.press("e", "p")
            await dash.until(lambda: dash.source.exported)

            assert dash.source.exported[0].step == 0

    async def test_real_images_are_not_written_as_the_runs(self) -> None:
        async with running() as dash:
            await dash.press("v", "e", "p")
            await dash.until(lambda: notifications(dash))

            assert dash.source.exported == []
            assert notifications(dash) == [
                "Real images can't be exported. Press v to show samples."
            ]

    async def test_before_the_first_samples_there_is_no_grid_to_write(self) -> None:
        async with running(fakes.compiling()) as dash:
            await dash.press("e", "p")
            await dash.until(lambda: notifications(dash))

            assert dash.source.exported == []
            assert notifications(dash) == ["There are no samples to export yet."]

    async def test_escape_writes_nothing(self) -> None:
        async with running() as dash:
            await dash.press("e", "escape")

            assert dash.source.exported == []


class TestMessages:
    async def test_the_log_opens_with_what_libraries_printed(self) -> None:
        async with running() as dash:
            dash.source.printed = ["a native [b]warning\x1b[31m"]
            await dash.app._measure()
            assert any("native" in line.text for line in dash.app.state.log)
            await dash.press("o")

            assert isinstance(dash.app.screen, LogScreen)
            assert dash.app.is_running

    async def test_an_alert_is_a_toast_too(self) -> None:
        alert = events.AlertRaised(time=START, step=1200, name="d_loss", message="D loss near 0")
        async with running() as dash:
            await dash.put(alert)

            assert notifications(dash) == ["D loss near 0"]

    async def test_every_action_is_in_the_palette(self) -> None:
        async with running() as dash:
            await dash.press("ctrl+p")
            await dash.until(lambda: len(dash.app.screen.query("CommandList")) > 0)

            assert dash.app.is_running


def notifications(dash: RunningApp) -> list[str]:
    return [notification.message for notification in dash.app._notifications]


def test_every_key_has_a_test_here_or_among_the_apps() -> None:
    """A key that no test presses may do nothing."""
    folder = Path(__file__).parent
    names = ("app", "app_views", "copier", "terminal_app")
    sources = "".join((folder / f"test_{name}.py").read_text() for name in names)
    keys = [key for binding in BINDINGS for key in binding.key.split(",")]

    assert [key for key in keys if f'"{key}"' not in sources] == []
