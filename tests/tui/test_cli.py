"""The composition root: what it puts together, what it prints where, and what it returns.

What a whole process does is in `tests/end_to_end`, and what is refused in `test_cli_refusals`. Here
a stand-in takes the place of the training or of the screen.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from gan import events
from gan.commands import SaveCheckpoint, Stop, Unwatch
from gan.config import RunConfig
from gan.run import event_json
from tests import fakes
from tests.tui.composing import (
    FakeApp,
    FakeSession,
    FakeTraining,
    failed,
    finished,
    make_run,
    program,
)
from tui import cli
from tui.cli import main
from tui.terminal.signal_flags import SignalFlags

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event

RUN_DIR = "/home/ada/runs/00007-mlp-synthetic"


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    """A training that succeeds, unless the test gives it another story."""
    fake = FakeTraining(fakes.finished())
    monkeypatch.setattr("gan.headless.runner.run_headless", fake)
    return fake


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class TestAnswers:
    def test_help_comes_in_less_than_half_a_second(self) -> None:
        """The best of three, because a busy machine can make any process slow."""
        seconds = []
        for _ in range(3):
            begun = time.perf_counter()
            done = program("--help")
            seconds.append(time.perf_counter() - begun)
            assert done.returncode == 0
            assert done.stdout.startswith("usage: gan-tui [train] [OPTIONS]")
            assert done.stderr == ""

        assert min(seconds) < 0.5

    def test_the_version_is_the_distributions(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            main(["--version"])

        assert capsys.readouterr().out == f"gan-tui {version('gan-tui')}\n"

    def test_the_script_is_this_function(self) -> None:
        (script,) = entry_points(group="console_scripts", name="gan-tui")

        assert script.load() is main

    def test_a_refusal_is_one_line_on_standard_error_and_an_exit_code(self) -> None:
        done = program("--epochs", "many")

        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("gan-tui: --epochs: received 'many', expected ")
        assert done.stderr.count("\n") == 1


class TestPlan:
    def test_a_new_run_is_what_was_asked_for(self, empty: Path, training: FakeTraining) -> None:
        words = ["--no-ui", "--epochs", "3", "--runs", "there"]

        main(words)

        (plan,) = training.plans
        assert plan.config == RunConfig.resolve({"epochs": 3})
        assert plan.runs == Path("there")
        assert plan.resume is None
        assert plan.command_line == ["gan-tui", *words]
        assert list(empty.iterdir()) == []

    def test_a_resumed_run_keeps_what_it_is_and_takes_a_new_length(
        self, empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-tutorial-mnist", preset="tutorial", seed=5, epochs=2)

        main(["--no-ui", "--resume", "--epochs", "4"])

        (plan,) = training.plans
        assert plan.config == RunConfig.resolve({"preset": "tutorial", "seed": 5, "epochs": 4})
        assert plan.resume == run

    @pytest.mark.parametrize("words", [["--resume", "7"], ["--resume", "00007-mlp-mnist"]])
    def test_a_run_is_found_by_number_or_name(
        self, words: list[str], empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-mlp-mnist")
        make_run(empty / "runs" / "00008-mlp-mnist")

        main(["--no-ui", *words])

        assert training.plans[0].resume == run

    def test_resume_with_a_run_dir_means_that_run(
        self, tmp_path: Path, training: FakeTraining
    ) -> None:
        run = make_run(tmp_path / "mine")

        main(["--no-ui", "--resume", "--run-dir", str(run.path)])

        assert training.plans[0].resume == run

    @pytest.mark.parametrize("wanted", ["7", "00007-mlp-mnist", "runs/00007-mlp-mnist"])
    def test_one_checkpoint_is_named_by_its_step(
        self, wanted: str, empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-mlp-mnist")
        make_run(empty / "runs" / "00008-mlp-mnist")

        main(["--no-ui", "--resume", f"{wanted}@500"])

        assert training.plans[0].resume == run
        assert training.plans[0].resume_step == 500

    def test_a_step_alone_is_of_the_newest_run_or_of_the_one_named(
        self, empty: Path, training: FakeTraining
    ) -> None:
        make_run(empty / "runs" / "00007-mlp-mnist")
        newest = make_run(empty / "runs" / "00008-mlp-mnist")
        other = make_run(empty / "mine")

        main(["--no-ui", "--resume", "@500"])
        main(["--no-ui", "--resume", "@500", "--run-dir", "mine"])

        assert [(plan.resume, plan.resume_step) for plan in training.plans] == [
            (newest, 500),
            (other, 500),
        ]

    def test_without_a_step_it_is_the_newest_that_can_be_used(
        self, empty: Path, training: FakeTraining
    ) -> None:
        make_run(empty / "runs" / "00007-mlp-mnist")

        main(["--no-ui", "--resume"])

        assert training.plans[0].resume_step is None

    def test_what_is_no_step_is_part_of_the_name(self, empty: Path, training: FakeTraining) -> None:
        run = make_run(empty / "runs" / "mine@home")

        main(["--no-ui", "--resume", "mine@home"])
        main(["--no-ui", "--resume", "mine@home@7"])

        assert [(plan.resume, plan.resume_step) for plan in training.plans] == [
            (run, None),
            (run, 7),
        ]

    def test_an_empty_folder_will_do_as_run_dir(
        self, tmp_path: Path, training: FakeTraining
    ) -> None:
        assert main(["--no-ui", "--run-dir", str(tmp_path)]) == 0
        assert training.plans[0].run_dir == tmp_path

    def test_the_words_are_the_processs_own_where_none_are_given(
        self, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["gan-tui", "--no-ui", "--seed", "3"])

        assert cli.main() == 0
        assert training.plans[0].config.seed == 3


class TestHeadless:
    def test_the_run_directory_is_all_of_standard_output(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--no-ui"]) == 0

        out, err = capfd.readouterr()
        assert out == f"{RUN_DIR}\n"
        assert "11,700 of 11,700" in err
        assert len(training.plans) == 1

    @pytest.mark.parametrize(
        ("story", "code"),
        [
            (fakes.finished(), 0),
            (fakes.failed(), 3),
            ([*fakes.training(), *finished(completed=False, exit_code=75)], 75),
            ([*fakes.training(), *finished(completed=False, exit_code=143)], 143),
            (failed("no usable images", 4), 4),
        ],
        ids=["done", "diverged", "stopped", "terminated", "no data"],
    )
    def test_the_exit_code_says_how_it_ended(
        self, story: list[Event], code: int, training: FakeTraining
    ) -> None:
        training.story = story

        assert main(["--no-ui"]) == code

    def test_a_stop_by_signal_is_given_the_grace_that_was_asked_for(
        self, training: FakeTraining
    ) -> None:
        main(["--no-ui", "--grace", "7"])

        assert training.signals["grace_seconds"] == 7.0

    def test_an_error_is_told_once(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        training.story = failed("the reason", 4)

        main(["--no-ui"])

        out, err = capfd.readouterr()
        assert out == ""
        assert [line for line in err.splitlines() if "the reason" in line] == ["error: the reason"]

    def test_an_unexpected_error_names_the_log(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        training.story = [
            *fakes.training(),
            *failed("RuntimeError: out of cheese", traceback="Traceback"),
        ]

        assert main(["--no-ui"]) == 1

        assert f"{RUN_DIR}/events.jsonl" in capfd.readouterr().err

    def test_native_noise_stays_off_the_terminal(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        noisy = FakeTraining(fakes.finished(), native=b"oneDNN says hello\n")
        monkeypatch.setattr("gan.headless.runner.run_headless", noisy)

        main(["--no-ui"])

        assert "oneDNN" not in capfd.readouterr().err

    def test_native_noise_is_shown_where_an_error_left_no_log(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        story = failed("ImportError: libcuda", traceback="Traceback of it")
        monkeypatch.setattr(
            "gan.headless.runner.run_headless",
            FakeTraining(story, native=b"cannot open libcuda.so\n"),
        )

        assert main(["--no-ui"]) == 1

        told = capfd.readouterr().err
        assert "cannot open libcuda.so" in told
        assert "Traceback of it" in told

    def test_native_noise_does_not_bury_an_error_that_a_user_can_mend(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        story = failed("--device gpu: TensorFlow sees no GPU")
        monkeypatch.setattr(
            "gan.headless.runner.run_headless", FakeTraining(story, native=b"cuInit: error 303\n")
        )

        assert main(["--no-ui"]) == 1

        assert capfd.readouterr().err.splitlines()[-1] == f"error: {story[0].message}"

    def test_json_is_every_event_and_nothing_else(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--no-ui", "--json"]) == 0

        lines = capfd.readouterr().out.splitlines()
        kinds = [type(event_json.from_line(line)) for line in lines]
        looks = [
            event
            for event in training.story
            if isinstance(event, events.SamplesDrawn) and event.path is None
        ]
        assert kinds == [type(event) for event in training.story if event not in looks]

    def test_a_disk_too_full_for_the_json_is_an_error_at_the_end(
        self,
        training: FakeTraining,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with _full_disk() as stdout, monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stdout)
            assert main(["--no-ui", "--json"]) == 74

        assert "No space left on device" in capfd.readouterr().err
        assert len(training.plans) == 1

    def test_a_reader_of_the_json_that_left_is_no_error(
        self, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", _NobodyReads())
            assert main(["--no-ui", "--json"]) == 0

        assert len(training.plans) == 1

    def test_a_closed_standard_output_does_not_hide_the_end(
        self,
        training: FakeTraining,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", _NobodyReads())
            assert main(["--no-ui"]) == 0

        assert "gan-tui: standard output: " in capfd.readouterr().err
        assert len(training.plans) == 1


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
        assert reason.endswith(" is not a terminal; training as --no-ui")
        assert err.count("no dashboard") == 1
        assert len(training.plans) == 1

    def test_asking_for_no_dashboard_needs_no_reason(
        self, training: FakeTraining, capfd: pytest.CaptureFixture[str]
    ) -> None:
        main(["--no-ui"])

        assert "no dashboard" not in capfd.readouterr().err
        assert len(training.plans) == 1


class TestDashboard:
    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tui.terminal.stderr_capture.unusable_reason", lambda _environ: None)
        monkeypatch.setattr("gan.session.session.TrainingSession", FakeSession)
        monkeypatch.setattr("tui.app.app.GanTuiApp", FakeApp)
        monkeypatch.setattr(FakeApp, "return_code", 0)

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

    def test_a_screen_that_died_stops_the_run_with_a_checkpoint(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FakeApp, "return_code", 1)
        self.show(monkeypatch, lambda session: session.tell(fakes.training()))

        assert main([]) == 1
        assert FakeSession.made.sent == [Stop()]
        assert FakeSession.made.joined

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
        assert FakeApp.orders == SignalFlags(stopping=True)

    def test_a_signal_to_save_leaves_the_screen_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def shown(session: FakeSession) -> None:
            os.kill(os.getpid(), signal.SIGUSR2)
            session.tell(fakes.finished())

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeSession.made.sent == [SaveCheckpoint()]
        assert FakeApp.orders == SignalFlags()

    def test_a_hangup_leaves_the_terminal_and_the_run_goes_on(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def shown(session: FakeSession) -> None:
            session.tell(fakes.training())
            os.kill(os.getpid(), signal.SIGHUP)
            session.unseen = fakes.finished()

        self.show(monkeypatch, shown)

        assert main([]) == 0
        assert FakeApp.orders == SignalFlags(leave=True)
        assert FakeSession.made.sent == [Unwatch()]
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


def _full_disk() -> TextIO:
    """A stream on a device that is always full."""
    return Path("/dev/full").open("w", encoding="utf-8")


class _NobodyReads(io.StringIO):
    """A pipe whose other end is closed."""

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


class FakeCapture:
    """Stands in for the capture of standard error: tells what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: OSError | None = None

    def move_to(self, path: Path) -> None:
        self._ask(f"move to {path.name}")

    def trim(self) -> None:
        self._ask("trim")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error


class TestFollowRun:
    def test_noise_moves_into_the_run_and_is_trimmed_while_it_goes_on(self) -> None:
        capture = FakeCapture()
        follow = cli._FollowRun(capture)  # type: ignore[arg-type]
        for event in fakes.training():
            follow(event)

        assert capture.asked.count("move to stderr.log") == 1
        assert capture.asked[-1] == "trim"

    def test_a_disk_that_refuses_it_stops_nothing_and_is_told_of(self) -> None:
        capture = FakeCapture()
        capture.error = OSError(28, "No space left on device", "stderr.log")
        follow = cli._FollowRun(capture)  # type: ignore[arg-type]
        follow(fakes.training()[0])

        assert "stderr.log: No space left on device" in follow.failure
