"""`gan-tui --demo`: the dashboard over the recorded run, with real files and no training."""

from __future__ import annotations

import pytest

from gan.errors import UsageError
from tests.tui.composing import program
from tests.tui.demo.test_timing import FakeClock
from tests.tui.showing import QUICK, RunningApp
from tui.app.app import GanTuiApp
from tui.commands import train
from tui.demo.player import OVER, PLAYING, RecordingPlayer
from tui.demo.recording import read_recording


def test_without_a_terminal_there_is_nothing_to_play_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.terminal.stderr_capture.unusable_reason", lambda *_: "TERM is dumb")
    with pytest.raises(UsageError, match="--demo needs a terminal: TERM is dumb"):
        train.main(["--demo"])


def test_over_a_pipe_it_is_a_usage_error() -> None:
    done = program("--demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gan-tui: --demo needs a terminal")


async def test_the_whole_recording_is_shown_like_a_run() -> None:
    clock = FakeClock()
    source = RecordingPlayer(read_recording(), clock)
    app = GanTuiApp(source, settings=QUICK)
    async with app.run_test(size=(80, 24)) as pilot:
        dash = RunningApp(source, app, pilot)
        clock.now += 10
        await dash.until(lambda: app.state.progress.step > 0 and PLAYING in dash.row("header"))
        before = app.state.progress.step

        await dash.press("space")
        clock.now += 60
        await dash.until(lambda: "PAUSED" in dash.row("header"))
        await dash.press("s", "e", "space")
        clock.now += 60
        await dash.until(lambda: app.state.progress.ended and OVER in dash.row("header"))

        assert 0 < before < app.state.progress.step == 2400
        assert [toast.message for toast in app._notifications] == [
            "This is a recording. gan-tui starts a run that every key steers."
        ] * 2
        assert "FINISHED" in dash.row("header")


async def test_q_leaves_a_recording_without_a_question() -> None:
    app = GanTuiApp(RecordingPlayer(read_recording(), FakeClock()), settings=QUICK)
    async with app.run_test() as pilot:
        await pilot.press("q")
        assert app._is_leaving
