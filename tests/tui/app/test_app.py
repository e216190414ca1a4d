"""The dashboard as an application: what keys send, and what the screen does when events arrive."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest
from textual.widgets import Button

from gan import events
from gan.commands import Pause, Resample, RollBack, SaveCheckpoint, ShowGenerator, Stop, Unpause
from gan.events import Phase
from tests import fakes
from tests.fakes import START, FakeSource, floats, steps
from tests.tui.showing import QUICK, running
from tui.app.app import GanTuiApp
from tui.render.sparkline import BROKEN
from tui.screens.help import HelpScreen, help_rows
from tui.screens.quit_dialog import QuitDialog
from tui.terminal.driver import TerminalGone
from tui.terminal.signal_flags import SignalFlags
from tui.widgets.digit_grid import DigitGrid
from tui.widgets.loss_chart import LossChart
from tui.widgets.sparklines import Sparklines

PAUSED = events.Paused(time=START + 20, step=1200)
ROLLED_BACK = events.Paused(time=START + 20, step=1000)
"""What follows a rollback."""

UNPAUSED = events.Unpaused(time=START + 21, step=1200)
STOPPED = events.RunFinished(
    time=START + 30, step=1250, completed=False, train_seconds=13.0, exit_code=75
)


class TestKeys:
    @pytest.mark.parametrize("key", ["space", "p"])
    async def test_pause_is_sent_and_the_badge_waits_for_the_event(self, key: str) -> None:
        async with running() as dash:
            await dash.press(key)

            assert dash.source.sent == [Pause()]
            assert "TRAINING" in dash.row("header")

            await dash.put(PAUSED)
            assert "PAUSED" in dash.row("header")

    @pytest.mark.parametrize("key", ["space", "p"])
    async def test_resume_is_sent_while_paused(self, key: str) -> None:
        async with running(fakes.paused()) as dash:
            await dash.press(key)

            assert dash.source.sent == [Unpause()]
            assert "PAUSED" in dash.row("header")

            await dash.put(UNPAUSED)
            assert "TRAINING" in dash.row("header")

    async def test_s_asks_for_a_checkpoint(self) -> None:
        async with running() as dash:
            await dash.press("s")

            assert dash.source.sent == [SaveCheckpoint()]

    async def test_r_asks_for_new_latents(self) -> None:
        async with running() as dash:
            await dash.press("r")

            assert dash.source.sent == [Resample()]

    async def test_w_asks_for_the_other_generator_and_the_badge_waits_for_the_event(self) -> None:
        async with running(size=(120, 40)) as dash:
            await dash.press("w")
            assert dash.source.sent == [ShowGenerator(raw=True)]
            assert "RAW" not in dash.row("caption")

            await dash.put(events.GeneratorShown(time=START, step=1200, raw=True))
            assert "RAW GENERATOR" in dash.row("caption")

            await dash.press("w")
            assert dash.source.sent[1:] == [ShowGenerator(raw=False)]

            await dash.put(events.GeneratorShown(time=START, step=1200, raw=False))
            assert "RAW" not in dash.row("caption")

    async def test_the_key_bar_names_what_can_be_done_now(self) -> None:
        async with running() as dash:
            assert "space Pause" in dash.row("keys")

            await dash.put(PAUSED)
            assert "space Unpause" in dash.row("keys")

    async def test_a_run_that_is_stopping_offers_no_pause(self) -> None:
        async with running() as dash:
            await dash.press("q", "s")

            assert "ause" not in dash.row("keys")
            assert "Quit" in dash.row("keys")

    async def test_a_click_on_the_key_bar_is_the_key(self) -> None:
        async with running() as dash:
            await dash.pilot.click("#keys", offset=(dash.row("keys").index("Save"), 0))

            assert dash.source.sent == [SaveCheckpoint()]

    async def test_nothing_is_sent_to_a_run_that_has_ended(self) -> None:
        async with running(fakes.finished()) as dash:
            await dash.press("space", "p", "s", "r")

            assert dash.source.sent == []

    async def test_help_opens_and_closes(self) -> None:
        async with running(size=(120, 40)) as dash:
            await dash.press("question_mark")
            assert isinstance(dash.app.screen, HelpScreen)

            await dash.press("escape")
            assert not isinstance(dash.app.screen, HelpScreen)

    def test_every_binding_has_an_id_and_one_sentence(self) -> None:
        bindings: list[Any] = list(GanTuiApp.BINDINGS) + list(QuitDialog.BINDINGS)
        named = [binding for binding in bindings if binding.description]

        for binding in named:
            assert binding.id, binding
            assert binding.tooltip.endswith("."), binding
            assert binding.tooltip.count(".") == 1, binding
        rows = help_rows(named)
        assert {id_ for _, id_, _ in rows} == {binding.id for binding in named}


class TestDiverged:
    async def test_b_asks_to_roll_back_and_the_badge_waits_for_the_event(self) -> None:
        async with running(fakes.diverged()) as dash:
            assert "DIVERGED" in dash.row("header")
            assert "b Roll back" in dash.row("keys")

            await dash.press("b")
            assert dash.source.sent == [RollBack()]
            assert "DIVERGED" in dash.row("header")

            await dash.put(events.RolledBack(time=START, step=1000, branch=1), ROLLED_BACK)
            assert "PAUSED" in dash.row("header")
            assert "b Roll back" not in dash.row("keys")
            assert dash.app.state.losses.last_step == 1000

            await dash.press("space")
            assert dash.source.sent == [RollBack(), Unpause()]

    @pytest.mark.parametrize("story", [fakes.training(), fakes.paused()], ids=["runs", "paused"])
    async def test_a_healthy_run_is_not_rolled_back(self, story: list[events.Event]) -> None:
        async with running(story) as dash:
            assert "Roll back" not in dash.row("keys")
            await dash.press("b")

            assert dash.source.sent == []

    async def test_what_cannot_be_is_not_offered(self) -> None:
        async with running(fakes.diverged()) as dash:
            await dash.press("space", "p", "s")

            assert dash.source.sent == []

    async def test_it_can_be_left_as_any_run(self) -> None:
        async with running(fakes.diverged()) as dash:
            await dash.press("q", "s")

            assert dash.source.sent == [Stop("now")]

    async def test_one_that_has_ended_is_not_rolled_back(self) -> None:
        ended = events.RunFailed(time=START, error="Diverged", message="no", exit_code=3)
        async with running([*fakes.diverged(), ended]) as dash:
            await dash.press("b")

        assert dash.source.sent == []


class TestSignals:
    async def test_a_terminal_that_is_to_be_given_up_is_left_within_a_tick(self) -> None:
        signals = SignalFlags()
        async with running(signals=signals) as dash:
            signals.leave = True
            await dash.put()

            assert not dash.app.is_running
            assert dash.source.sent == []

    async def test_a_terminal_that_is_gone_is_left_and_the_run_is_not_asked_to_stop(self) -> None:
        signals = SignalFlags()
        async with running(signals=signals) as dash:
            dash.app.post_message(TerminalGone())
            while dash.app.is_running:
                await dash.pilot.pause(0.005)

        assert signals.leave
        assert dash.source.sent == []

    async def test_a_run_that_a_signal_stopped_is_not_browsed(self) -> None:
        signals = SignalFlags()
        async with running(signals=signals) as dash:
            signals.stopping = True
            await dash.put(steps(1201, 50))
            assert dash.app.is_running

            await dash.put(STOPPED)
            await dash.until(lambda: not dash.app.is_running)

    async def test_a_signal_ends_the_browsing_of_a_run_that_has_ended(self) -> None:
        signals = SignalFlags()
        async with running(fakes.finished(), signals=signals) as dash:
            assert dash.app.is_running

            signals.stopping = True
            while dash.app.is_running:
                await dash.pilot.pause(0.005)


class TestFaults:
    async def test_a_disk_that_refuses_is_on_the_screen_until_it_is_over(self) -> None:
        refused = events.StorageFaulted(time=START, what="checkpoint", message="No space left.")
        async with running() as dash:
            await dash.put(refused)
            assert "TRAINING, DISK FAILING" in dash.row("header")

            await dash.put(events.StorageRecovered(time=START, what="checkpoint"))
            assert "TRAINING" in dash.row("header")
            assert "FAILING" not in dash.row("header")


class TestQuitting:
    @pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
    async def test_quitting_a_live_run_asks_first(self, key: str) -> None:
        async with running() as dash:
            await dash.press(key)

            assert isinstance(dash.app.screen, QuitDialog)
            assert dash.source.sent == []

    @pytest.mark.parametrize(
        ("key", "command"), [("f", Stop("epoch_end")), ("s", Stop("now"))], ids=["finish", "save"]
    )
    async def test_an_answer_stops_the_run_and_the_app_leaves_with_it(
        self, key: str, command: Stop
    ) -> None:
        async with running() as dash:
            await dash.press("q", key)

            assert dash.source.sent == [command]
            assert "STOPPING" in dash.row("header")
            assert dash.app.is_running

            await dash.put(steps(1201, 50), STOPPED)
            assert not dash.app.is_running
            assert dash.app.state.progress.exit_code == 75

    @pytest.mark.parametrize("key", ["c", "escape"])
    async def test_cancelling_lets_the_run_go_on(self, key: str) -> None:
        async with running() as dash:
            await dash.press("q", key)

            assert dash.source.sent == []
            assert not isinstance(dash.app.screen, QuitDialog)
            assert "TRAINING" in dash.row("header")

    async def test_the_answers_can_be_clicked(self) -> None:
        async with running() as dash:
            await dash.press("q")
            dash.app.screen.query_one("#save", Button).press()
            await dash.pilot.pause()

            assert dash.source.sent == [Stop("now")]

    @pytest.mark.parametrize("key", ["q", "ctrl+c"])
    async def test_asking_again_while_stopping_does_nothing(self, key: str) -> None:
        async with running() as dash:
            await dash.press("q", "s")
            await dash.press(key, key)

            assert dash.source.sent == [Stop("now")]
            assert dash.app.is_running
            assert "STOPPING" in dash.row("header")

    async def test_a_second_ctrl_c_does_not_stack_questions(self) -> None:
        async with running() as dash:
            await dash.press("ctrl+c", "ctrl+c", "escape")

            assert not isinstance(dash.app.screen, QuitDialog)

    async def test_a_run_that_does_not_train_yet_can_be_stopped(self) -> None:
        async with running(fakes.loading()) as dash:
            await dash.press("q", "s")
            assert dash.source.sent == [Stop("now")]

            await dash.put(STOPPED)
            assert not dash.app.is_running

    @pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
    async def test_after_the_end_quitting_is_immediate(self, key: str) -> None:
        async with running(fakes.finished()) as dash:
            assert dash.app.is_running

            await dash.press(key)
            assert not dash.app.is_running
            assert dash.source.sent == []

    async def test_an_answer_to_a_question_that_the_end_overtook_leaves(self) -> None:
        async with running() as dash:
            await dash.press("q")
            await dash.put(STOPPED)
            assert dash.app.is_running

            await dash.press("s")
            assert not dash.app.is_running
            assert dash.source.sent == []


class TestEnds:
    async def test_a_finished_run_stays_for_browsing(self) -> None:
        async with running(fakes.finished()) as dash:
            assert dash.app.is_running
            assert "FINISHED" in dash.row("header")

    @pytest.mark.parametrize("keys", [(), ("e",), ("o",), ("q",)], ids=str)
    async def test_a_finished_run_is_left_if_it_was_asked_for(self, keys: tuple[str, ...]) -> None:
        """As in a recording, in front of which nobody sits."""
        async with running(signals=SignalFlags(exit_when_done=True)) as dash:
            await dash.press(*keys)
            assert dash.app.is_running

            await dash.put(*fakes.finished()[-1:])
            await dash.until(lambda: not dash.app.is_running)

        assert dash.app.state.progress.exit_code == 0
        assert dash.source.sent == []

    async def test_so_is_a_diverged_one_which_nobody_will_roll_back(self) -> None:
        async with running(fakes.diverged(), signals=SignalFlags(exit_when_done=True)) as dash:
            await dash.put()
            assert dash.source.sent == [Stop()]
            assert dash.app.is_running

            await dash.put(*fakes.failed()[-1:])
            await dash.until(lambda: not dash.app.is_running)

        assert dash.source.sent == [Stop()]

    async def test_a_failed_run_leaves_and_its_error_can_be_read(self) -> None:
        async with running(fakes.failed()) as dash:
            assert not dash.app.is_running

        assert dash.app.state.progress.phase is Phase.FAILED
        assert "not finite" in dash.app.state.progress.error

    async def test_an_error_of_the_dashboard_itself_is_not_swallowed(self) -> None:
        class Broken(FakeSource):
            def drain(self) -> list[events.Event]:
                raise RuntimeError("no source")

        app = GanTuiApp(Broken(), settings=QUICK)
        await app.run_async(headless=True)

        assert app.return_code == 1
        assert app.failure is not None
        assert app.failure.error == "RuntimeError: no source"

    async def test_other_threads_talk_to_the_stream_given_and_not_to_the_screen(self) -> None:
        talk, before = io.StringIO(), sys.stderr
        app = GanTuiApp(FakeSource(), python_stderr=talk)
        async with app.run_test():
            sys.stderr.write("a warning\n")

        assert talk.getvalue() == "a warning\n"
        assert sys.stderr is before


class TestDrawing:
    async def test_until_the_first_step_the_way_there_is_shown(self) -> None:
        async with running(fakes.compiling()) as dash:
            assert dash.app.query_one("#preparation").display
            assert not dash.app.query_one("#chart").display

            await dash.put(*fakes.training()[len(fakes.compiling()) :])
            assert not dash.app.query_one("#preparation").display
            assert dash.app.query_one("#chart").display

    async def test_a_stage_that_runs_counts_its_seconds(self) -> None:
        async with running(fakes.compiling()) as dash:
            dash.app.clock = lambda: fakes.START + 4.5 + 21.7
            await dash.put(fakes.compiling()[-1])

            rows = [dash.row("preparation", y) for y in range(20)]
            assert any("compile the training step  21 s" in one for one in rows)

    async def test_the_newest_losses_are_on_screen_at_once(self) -> None:
        async with running() as dash:
            await dash.put(steps(1201, 1, d_loss=floats(0.123), g_loss=floats(4.567)))

            assert "0.123" in dash.row("sparklines", 0)
            assert "4.567" in dash.row("sparklines", 1)

    async def test_a_tick_without_events_draws_nothing(self) -> None:
        async with running() as dash:
            painter = dash.app._painter
            await dash.until(lambda: not (painter._is_rest_owed or painter._is_unsent()))
            drawn: list[object] = []
            for view in dash.app.query("SceneView"):
                view.refresh = lambda *regions, **_: drawn.append(regions)  # type: ignore[method-assign,assignment]
            drains = dash.source.drains
            while dash.source.drains < drains + 5:
                await dash.pilot.pause(0.005)

            assert drawn == []

    async def test_only_rows_that_look_different_are_sent(self) -> None:
        async with running() as dash:
            view = dash.app.query_one(Sparklines)
            refreshed: list[int] = []
            view.refresh = lambda *regions, **_: refreshed.extend(r.y for r in regions)  # type: ignore[method-assign,assignment]
            flat = floats(*[1.0] * 60)
            await dash.put(steps(1201, 60, d_loss=flat, g_loss=flat))
            await dash.until(lambda: not dash.app._painter._is_rest_owed)
            refreshed.clear()
            await dash.put(steps(1261, 1, d_loss=floats(1.0), g_loss=floats(1.5)))

            assert 0 not in refreshed
            assert 1 in refreshed

    async def test_the_digits_rest_while_only_losses_change(self) -> None:
        async with running() as dash:
            grid = dash.app.query_one(DigitGrid)
            drawn: list[object] = []
            grid.draw = lambda *_: drawn.append(0) or []  # type: ignore[method-assign,func-returns-value]
            await dash.put(steps(1201, 5))

            assert drawn == []

    async def test_new_digits_are_drawn_while_paused(self) -> None:
        async with running(fakes.paused()) as dash:
            before = dash.row("digits", 2)
            drawn = events.SamplesDrawn(
                time=START, step=1200, images=fakes.squares()[::-1], path=None
            )
            await dash.put(events.Resampled(time=START, step=1200, draw=1), drawn)

            assert dash.row("digits", 2) != before
            assert "PAUSED" in dash.row("header")

    async def test_the_chart_draws_a_burst_once_now_and_the_rest_later(self) -> None:
        async with running() as dash:
            chart = dash.app.query_one(LossChart)
            for first in range(1201, 1211):
                await dash.put(steps(first, 1))
            await dash.until(lambda: not dash.app._painter._is_rest_owed)

            assert "1,210" in dash.row("chart", chart.size.height - 1)

    async def test_losses_that_are_not_numbers_are_drawn(self) -> None:
        broken = floats(np.nan, np.inf, -np.inf, 0.0, 1e30)
        async with running() as dash:
            await dash.put(steps(1201, 5, d_loss=broken, g_loss=broken[::-1]))

            assert dash.app.is_running
            assert BROKEN in dash.row("sparklines", 0)

    async def test_markup_in_names_is_text(self) -> None:
        started = events.RunStarted(
            time=START,
            name="[red]run[/]",
            run_dir="/[b]",
            config={"preset": "mlp"},
            resumed_from=None,
            train_seconds=0.0,
        )
        async with running([*fakes.training(), started]) as dash:
            assert "[red]run[/]" in dash.row("header")


class TestSizes:
    @pytest.mark.parametrize(
        ("size", "needed"), [((20, 5), "needs 30x8"), ((29, 40), "needs 30x8, has 29x40")]
    )
    async def test_a_small_terminal_names_the_size_needed(
        self, size: tuple[int, int], needed: str
    ) -> None:
        async with running(size=size) as dash:
            rows = [dash.row("notice", y) for y in range(size[1])]
            assert any(needed in row for row in rows)

    async def test_quitting_works_at_any_size(self) -> None:
        async with running(fakes.finished(), size=(1, 1)) as dash:
            await dash.press("q")

            assert not dash.app.is_running

    async def test_a_storm_of_sizes_ends_in_a_whole_screen(self) -> None:
        storm = [(1, 1), (20, 5), (300, 100), (30, 8), (59, 17), (200, 60), (80, 1), (80, 24)]
        async with running() as dash:
            for columns, rows in storm:
                await dash.resize(columns, rows)
                await dash.put(steps(dash.app.state.progress.step + 1, 1))

            assert dash.app.query_one(DigitGrid).size == (40, 20)
            assert "D loss" in dash.row("sparklines")

    async def test_rows_below_the_last_line_take_a_new_width(self) -> None:
        async with running(size=(120, 40)) as dash:
            log = dash.app.query_one("#log")
            before = log.render_line(log.size.height - 1).cell_length
            await dash.resize(200, 60)

            width = log.size.width
            assert width > before
            assert {log.render_line(y).cell_length for y in range(log.size.height)} == {width}
