"""Which front end shows the run; the dashboard: how session, screen and signals work together.

Stand-ins take the place of the session and the screen; `tests/end_to_end` starts whole processes.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from gan.commands import SaveCheckpoint, Stop
from gan.errors import StorageError
from gan.export.request import ExportRequest
from tests import fakes
from tests.tui.composing import (
    RUN_DIR,
    FakeApp,
    FakeSession,
    FakeTraining,
    failed,
)
from tui.cli import main
from tui.terminal.signal_flags import SignalFlags

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class TestDashboard:
    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tui.terminal.stderr_capture.unusable_reason", lambda _environ: None)
        monkeypatch.setattr("gan.session.session.TrainingSession", FakeSession)
        monkeypatch.setattr("tui.app.app.GanTuiApp", FakeApp)

    def show(self, monkeypatch: pytest.MonkeyPatch, shown: Callable[[FakeSession], None]) -> None:
        monkeypatch.setattr(FakeApp, "shown", staticmethod(shown), raising=False)

    def test_its_exit_code_is_the_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.show(monkeypatch, lambda session: session.tell(fakes.finished()))

        assert main([]) == 0
        assert FakeSession.made.joined
        assert FakeSession.made.sent == []

    def test_a_run_that_was_stopped_is_resumable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.show(monkeypatch, lambda session: session.send(Stop()))

        assert main([]) == 75

    def test_a_summary_is_left_on_the_normal_screen(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.show(monkeypatch, lambda session: session.send(Stop()))

        main([])

        out, err = capfd.readouterr()
        assert out == ""
        assert "1,200 of 11,700" in err
        assert "gan-tui --resume" in err

    def test_a_screen_that_failed_leaves_the_run_training_and_says_how_to_come_back(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            session.unseen = fakes.finished()
            raise KeyError(3)

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeSession.made.left
        assert FakeSession.made.joined
        said = capfd.readouterr().err
        assert said.startswith("gan-tui: the dashboard failed (KeyError: 3), the training goes on")
        assert "ctrl+c here saves and stops it" in said
        assert f"gan-tui attach {RUN_DIR}" in said.splitlines()[0]
        assert "Traceback" not in said

    def test_a_screen_that_failed_does_not_stop_a_run_that_a_hangup_would(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            session.unseen = fakes.finished()
            raise KeyError(3)

        self.show(monkeypatch, shown)

        assert main(["--on-hangup", "stop"]) == 0
        assert FakeSession.made.left

    def test_after_the_screen_failed_a_hangup_can_still_stop_the_run(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            monkeypatch.setattr(session, "join", join)
            raise KeyError(3)

        def join(_timeout: float | None = None) -> bool:
            os.kill(os.getpid(), signal.SIGHUP)
            return FakeSession.made.progress.ended

        self.show(monkeypatch, shown)

        assert main(["--on-hangup", "stop"]) == 129
        assert FakeSession.made.left
        assert FakeSession.made.sent == [Stop(exit_code=129)]

    def test_a_screen_that_failed_at_the_end_has_no_say_in_the_exit_code(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.finished())
            raise KeyError(3)

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeSession.made.sent == []
        assert "the dashboard failed, the run did not: KeyError: 3" in capfd.readouterr().err

    def test_before_the_run_has_a_directory_nothing_is_read_or_exported(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        raised: list[str] = []

        def shown(session: FakeSession) -> None:
            for attempt in (
                lambda: FakeApp.source.read_grid("samples/000001.png"),
                lambda: FakeApp.source.export(ExportRequest(kind="losses", step=1)),
            ):
                with pytest.raises(StorageError) as caught:
                    attempt()
                raised.append(str(caught.value))
            session.send(Stop())

        self.show(monkeypatch, shown)
        main([])

        assert raised == ["the run has no directory yet. Wait until it trains."] * 2
        assert list(tmp_path.iterdir()) == []

    def test_a_failure_is_one_line_and_the_logs_path(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        story = [*fakes.training(), *failed("RuntimeError: out of cheese", traceback="Traceback")]
        self.show(monkeypatch, lambda session: session.tell(story))

        assert main([]) == 1

        lines = capfd.readouterr().err.splitlines()
        assert "gan-tui: RuntimeError: out of cheese" in lines
        assert any(f"{RUN_DIR}/events.jsonl" in line for line in lines)

    @pytest.mark.parametrize(
        ("number", "command"),
        [
            (signal.SIGTERM, Stop(exit_code=143)),
            (signal.SIGINT, Stop(exit_code=130)),
            (signal.SIGUSR1, Stop(exit_code=75)),
        ],
        ids=lambda value: getattr(value, "name", ""),
    )
    def test_a_signal_stops_the_run_and_the_screen_knows(
        self, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, command: Stop
    ) -> None:
        self.show(monkeypatch, lambda _: os.kill(os.getpid(), number))

        assert main([]) == command.exit_code
        assert FakeSession.made.sent == [command]
        assert FakeApp.signals == SignalFlags(stopping=True)

    def test_a_signal_to_save_leaves_the_screen_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shown(session: FakeSession) -> None:
            os.kill(os.getpid(), signal.SIGUSR2)
            session.tell(fakes.finished())

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeSession.made.sent == [SaveCheckpoint()]
        assert FakeApp.signals == SignalFlags()

    def test_a_hangup_leaves_the_terminal_and_the_run_goes_on(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            os.kill(os.getpid(), signal.SIGHUP)
            session.unseen = fakes.finished()

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeApp.signals == SignalFlags(leave=True)
        assert FakeSession.made.left
        assert FakeSession.made.joined
        assert capfd.readouterr().err == ""

    def test_a_hangup_can_stop_the_run_instead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            os.kill(os.getpid(), signal.SIGHUP)

        self.show(monkeypatch, shown)

        assert main(["--on-hangup", "stop"]) == 129
        assert FakeSession.made.sent == [Stop(exit_code=129)]

    def test_the_handlers_before_are_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
        before = [signal.getsignal(number) for number in numbers]
        self.show(monkeypatch, lambda session: session.tell(fakes.finished()))

        main([])

        assert [signal.getsignal(number) for number in numbers] == before


class TestNoUsableTerminal:
    def test_it_trains_without_a_dashboard_and_says_why_in_one_line(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Captured descriptors are files."""
        assert main([]) == 0

        out, err = capfd.readouterr()
        assert out == f"{RUN_DIR}\n"
        reason = err.splitlines()[0]
        assert reason.startswith("no dashboard: standard ")
        assert reason.endswith(" is not a terminal; training as with --no-ui")
        assert err.count("no dashboard") == 1
        assert len(training.plans) == 1

    def test_asking_for_no_dashboard_needs_no_reason(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        main(["--no-ui"])

        assert "no dashboard" not in capfd.readouterr().err
        assert len(training.plans) == 1
