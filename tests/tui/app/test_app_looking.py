"""Keys that look: each asserted by what it asks for, or by the view, before any pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan import events
from gan.commands import Interpolate, RestoreLatents
from gan.errors import StorageError
from tests import fakes
from tests.fakes import START
from tests.tui.showing import Told, running
from tui.keys.bindings import BINDINGS
from tui.model.view import View
from tui.screens.export_dialog import ExportDialog
from tui.screens.log_screen import LogScreen
from tui.style.themes import THEMES
from tui.widgets.digit_grid import DigitGrid

WIDE = (120, 40)
WALK = events.LatentsInterpolated(
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
            ("t", View(theme=list(THEMES)[1])),
            ("left_square_bracket", View(grid=2, cursor=1000)),
            ("left_curly_bracket", View(grid=0, cursor=0)),
            ("home", View(grid=0, cursor=0)),
        ],
    )
    async def test_a_key_changes_how_the_run_is_looked_at(self, key: str, view: View) -> None:
        async with running(with_grids()) as told:
            await told.press(key)

            assert told.app.view == view
            assert told.source.sent == []

    @pytest.mark.parametrize("key", ["left", "right", "shift+left", "shift+right"])
    async def test_the_arrows_read_the_chart(self, key: str) -> None:
        async with running(size=WIDE) as told:
            await told.press(key)

            assert told.app.view.cursor is not None

    async def test_ten_columns_are_further_than_one(self) -> None:
        async with running(size=WIDE) as told:
            await told.press("left", "left")
            near = told.app.view.cursor
            await told.press("shift+left")

            assert near is not None
            assert told.app.view.cursor is not None
            assert near - told.app.view.cursor > 100

    @pytest.mark.parametrize(("key", "count"), [("plus", 600), ("equals_sign", 600)])
    async def test_plus_shows_half_as_many_steps(self, key: str, count: int) -> None:
        async with running(size=WIDE) as told:
            await told.press(key)

            assert told.app.view.window is not None
            first, last = told.app.view.window
            assert last - first + 1 == pytest.approx(count, abs=2)

            await told.press("less_than_sign")
            assert told.app.view.window[0] < first
            await told.press("greater_than_sign", "minus")
            assert told.app.view.window is None

    @pytest.mark.parametrize(("key", "digit"), [("right", 1), ("down", 4)])
    async def test_the_arrows_go_through_an_opened_digit(self, key: str, digit: int) -> None:
        async with running(size=WIDE) as told:
            await told.press("enter", key)

            assert told.app.view.digit == digit
            assert f"digit {digit + 1} of 16" in told.row("caption")

            await told.press("up" if key == "down" else "left", "escape")
            assert told.app.view == View()

    async def test_end_follows_the_run_again(self) -> None:
        async with running(with_grids()) as told:
            await told.press("home", "plus", "end")

            assert told.app.view == View()

    async def test_a_click_opens_a_digit_and_another_closes_it(self) -> None:
        async with running(size=WIDE) as told:
            await told.pilot.click(DigitGrid, offset=(20, 10))
            assert (told.app.view.enlarged, told.app.view.digit) == (True, 5)

            await told.pilot.click(DigitGrid, offset=(36, 18))
            assert not told.app.view.enlarged

    async def test_the_whole_screen_is_the_digits(self) -> None:
        async with running(size=(120, 61)) as told:
            await told.press("f")

            assert told.app.query_one(DigitGrid).size == (112, 56)
            assert not told.app.query_one("#chart").display

    async def test_choices_are_remembered_and_passing_things_are_not(self) -> None:
        kept: list[View] = []
        async with running(remember=kept.append) as told:
            await told.press("f", "home", "m")
            await told.until(lambda: kept)

        assert [view.smoothing for view in kept] == [0.995]

    async def test_a_disk_that_does_not_remember_is_told_of(self) -> None:
        def refuse(_: View) -> None:
            raise OSError(28, "No space left on device")

        async with running(remember=refuse) as told:
            await told.press("m")
            await told.until(lambda: "not remembered" in told.app.state.log[-1].text)

    async def test_keys_can_be_remapped(self) -> None:
        async with running(keymap={"smoothing": "x"}) as told:
            await told.press("m")
            assert told.app.view.smoothing == View().smoothing

            await told.press("x")
            assert told.app.view.smoothing != View().smoothing


class TestTime:
    async def test_an_earlier_grid_is_read_and_named(self) -> None:
        async with running(with_grids(), size=WIDE) as told:
            before = told.app.query_one(DigitGrid).render_line(4)
            await told.press("left_square_bracket", "left_square_bracket")
            await told.until(lambda: "step 500, grid 2 of 3" in told.row("caption"))

            assert told.source.opened[-1] == "samples/000500.png"
            assert told.app.query_one(DigitGrid).render_line(4) != before

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
        async with running(with_grids()) as told:
            await told.press(*keys)

            assert told.app.view.grid == place

    async def test_a_film_is_slowed_down_and_says_how_fast_it_is(self) -> None:
        async with running(with_grids()) as told:
            await told.press("comma", "full_stop", "full_stop")

            assert notifications(told) == [
                "2 grids a second",
                "5 grids a second",
                "10 grids a second",
            ]

    async def test_one_that_cannot_be_read_is_told_of_and_nothing_breaks(self) -> None:
        async with running(with_grids()) as told:
            told.source.error = StorageError("cannot read samples/001000.png: Input/output error")
            await told.press("left_square_bracket")
            await told.until(lambda: notifications(told))

            assert "Input/output error" in notifications(told)[0]
            assert told.app.is_running

    async def test_a_plays_every_grid_and_then_follows_the_run(self) -> None:
        async with running(with_grids(), size=WIDE) as told:
            await told.press("full_stop", "full_stop", "a")
            await told.until(lambda: told.app.view.grid is None and len(told.source.opened) > 2)

            assert told.source.opened == [f"samples/{step:06d}.png" for step in (0, 500, 1000)]

    async def test_a_again_stops_the_film_where_it_is(self) -> None:
        async with running(with_grids(), size=WIDE) as told:
            await told.press("a", "a")

            assert told.app.view.grid == 0

    async def test_after_a_roll_back_the_present_is_shown(self) -> None:
        async with running([*with_grids()]) as told:
            await told.press("left_square_bracket")
            await told.tell(events.RolledBack(time=START, step=500, branch=1))

            assert told.app.view.grid is None
            assert [grid.step for grid in told.app.state.grids] == [0, 500]


class TestLatents:
    async def test_capital_r_asks_for_the_runs_own(self) -> None:
        async with running() as told:
            await told.press("R")

            assert told.source.sent == [RestoreLatents()]

    async def test_i_asks_for_the_way_and_plays_it_when_it_comes(self) -> None:
        async with running(size=WIDE) as told:
            await told.press("i")
            assert told.source.sent == [Interpolate()]

            await told.tell(WALK)
            await told.until(lambda: "between latents" in told.row("caption"))

    async def test_i_again_ends_it(self) -> None:
        async with running([*fakes.training(), WALK], size=WIDE) as told:
            await told.press("i")

            assert told.source.sent == []
            assert "samples at step" in told.row("caption")


class TestExport:
    @pytest.mark.parametrize(
        ("key", "kind"), [("p", "grid"), ("g", "film"), ("c", "losses"), ("v", "screen")]
    )
    async def test_what_was_chosen_is_written_and_its_path_told(self, key: str, kind: str) -> None:
        async with running() as told:
            await told.press("e")
            assert isinstance(told.app.screen, ExportDialog)

            await told.press(key)
            await told.until(lambda: notifications(told))

            (request,) = told.source.exported
            # The samples are some steps older than the run.
            assert (request.kind, request.step) == (kind, 1000 if kind == "grid" else 1200)
            assert bool(request.svg) == (kind == "screen")
            assert notifications(told) == [f"/home/ada/runs/00007-mlp-synthetic/exports/{kind}"]

    async def test_the_screen_is_written_as_it_was_without_the_question(self) -> None:
        async with running() as told:
            await told.press("e", "v")
            await told.until(lambda: told.source.exported)

            assert "Write&#160;to" not in told.source.exported[0].svg

    async def test_a_disk_that_refuses_is_told_of(self) -> None:
        async with running() as told:
            told.source.error = StorageError("cannot write exports/losses.csv: No space left")
            await told.press("e", "c")
            await told.until(lambda: notifications(told))

            assert "No space left" in notifications(told)[0]

    async def test_an_earlier_grid_is_written_under_its_own_step(self) -> None:
        async with running(with_grids()) as told:
            await told.press("home")
            await told.until(lambda: told.source.opened)
            await told.pilot.pause()
            await told.press("e", "p")
            await told.until(lambda: told.source.exported)

            assert told.source.exported[0].step == 0

    async def test_real_images_are_not_written_as_the_runs(self) -> None:
        async with running() as told:
            await told.press("v", "e", "p")
            await told.until(lambda: notifications(told))

            assert told.source.exported == []

    async def test_escape_writes_nothing(self) -> None:
        async with running() as told:
            await told.press("e", "escape")

            assert told.source.exported == []


class TestTold:
    async def test_the_log_opens_with_what_libraries_printed(self) -> None:
        async with running() as told:
            told.source.printed = ["a native [b]warning\x1b[31m"]
            await told.until(lambda: any("native" in line.text for line in told.app.state.log))
            await told.press("o")

            assert isinstance(told.app.screen, LogScreen)
            assert told.app.is_running

    async def test_an_alert_is_a_toast_too(self) -> None:
        alert = events.AlertRaised(time=START, step=1200, name="d_loss", message="D loss near 0")
        async with running() as told:
            await told.tell(alert)

            assert notifications(told) == ["D loss near 0"]

    async def test_every_action_is_in_the_palette(self) -> None:
        async with running() as told:
            await told.press("ctrl+p")
            await told.until(lambda: len(told.app.screen.query("CommandList")) > 0)

            assert told.app.is_running


def notifications(told: Told) -> list[str]:
    return [notification.message for notification in told.app._notifications]


def test_every_key_has_a_test_here_or_among_the_apps() -> None:
    """A key that nobody presses in a test is one that may do nothing."""
    folder = Path(__file__).parent
    sources = "".join((folder / f"test_{name}.py").read_text() for name in ("app", "app_looking"))
    keys = [key for binding in BINDINGS for key in binding.key.split(",")]

    assert [key for key in keys if f'"{key}"' not in sources] == []
