"""The composition root: what it refuses, what it puts together, and what it returns.

What a whole process does is in `tests/end_to_end`; here a stand-in takes the place of the training
or of the screen, except where only a process of its own can show the claim.
"""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import time
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pytest

from gan import event_json, events
from gan.commands import Stop
from gan.config import RunConfig
from gan.progress import RunProgress, apply
from gan.run.checkpoints import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.lock import RunLock
from tests import fakes
from tests.gan.data.making import digits, idx_bytes, idx_header, npz_bytes, write, write_idx_folder
from tui import cli
from tui.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gan.events import Event, Listener
    from gan.session import RunPlan

ROOT = Path(__file__).parents[2]
RUN_DIR = "/home/ada/runs/00007-mlp-synthetic"


class FakeTraining:
    """Stands in for `run_headless`: tells a story instead of training."""

    def __init__(self, story: Iterable[Event], *, native: bytes = b"") -> None:
        self.story = list(story)
        self.plans: list[RunPlan] = []
        self._native = native

    def __call__(self, plan: RunPlan, listeners: Sequence[Listener]) -> RunProgress:
        self.plans.append(plan)
        os.write(2, self._native)
        progress = RunProgress()
        for event in self.story:
            # Nothing of the fake's run is on disk.
            progress = apply(progress, event)
            for listener in listeners[1:]:
                listener(event)
        return progress


class FakeSession:
    """Stands in for a `TrainingSession`: it ends when it is stopped, or when the test says so."""

    made: FakeSession

    def __init__(self, plan: RunPlan, *, listeners: Sequence[Listener], **_: Any) -> None:
        FakeSession.made = self
        self.plan = plan
        self.progress = RunProgress()
        self.sent: list[object] = []
        self.joined = False
        self._listeners = listeners

    def start(self) -> None:
        pass

    def send(self, command: object) -> None:
        self.sent.append(command)
        if isinstance(command, Stop):
            self.tell(fakes.paused(), finished(completed=False, exit_code=command.exit_code))

    def join(self) -> None:
        self.joined = True

    def tell(self, *stories: Iterable[Event]) -> None:
        for event in (event for story in stories for event in story):
            self.progress = apply(self.progress, event)


class FakeApp:
    """Stands in for the dashboard: `shown` is what happens while it is on the screen."""

    shown: Callable[[FakeSession], None]
    return_code: int | None = 0

    def __init__(self, source: Any, **_: Any) -> None:
        self.source = source

    def run(self) -> None:
        type(self).shown(FakeSession.made)


def finished(*, completed: bool = True, exit_code: int = 0) -> list[Event]:
    return [
        events.RunFinished(
            time=fakes.START + 30,
            step=1200,
            completed=completed,
            train_seconds=12.0,
            exit_code=exit_code,
        )
    ]


def failed(message: str, exit_code: int = 1) -> list[Event]:
    return [
        events.RunFailed(
            time=fakes.START + 30, error="RuntimeError", message=message, exit_code=exit_code
        )
    ]


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    """A training that succeeds, unless the test gives it another story."""
    fake = FakeTraining(fakes.finished())
    monkeypatch.setattr("gan.headless.run_headless", fake)
    return fake


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def make_run(path: Path, **options: Any) -> RunDirectory:
    """A run that has a configuration and nothing else yet."""
    run = RunDirectory.create(path)
    run.write_config(RunConfig.resolve(options), environment={}, command_line=[])
    return run


def program(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui", *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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


class TestRefusals:
    """Each is one line, and happens before anything is loaded or written."""

    def refused(self, words: Sequence[str], capsys: pytest.CaptureFixture[str], code: int) -> str:
        assert main(words) == code
        out, line = capsys.readouterr()
        assert out == ""
        assert line.startswith("gan-tui: ")
        assert line.count("\n") == 1
        return line

    @pytest.mark.parametrize("kind", ["run", "file", "link"])
    def test_an_existing_run_dir(
        self, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "mine"
        if kind == "run":
            make_run(path)
        elif kind == "file":
            path.write_text("my thesis")
        else:
            path.symlink_to(tmp_path / "nowhere")

        line = self.refused(["--no-ui", "--run-dir", str(path)], capsys, 2)

        assert f"--run-dir: {path} exists" in line
        assert "--resume" in line

    def test_an_empty_folder_will_do_as_run_dir(
        self, tmp_path: Path, training: FakeTraining
    ) -> None:
        assert main(["--no-ui", "--run-dir", str(tmp_path)]) == 0
        assert training.plans[0].run_dir == tmp_path

    def test_a_run_dir_that_no_disk_can_hold(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--no-ui", "--run-dir", "a" * 300], capsys, 74)

        assert "File name too long" in line

    def test_nothing_to_resume(self, empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--resume"], capsys, 4)

        assert str(empty / "runs") in line

    @pytest.mark.parametrize(
        "words",
        [["--resume", "7"], ["--resume", "mine"], ["--resume", "--run-dir", "mine"]],
        ids=["number", "name", "run-dir"],
    )
    def test_a_run_that_is_not_there(
        self, words: list[str], empty: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = self.refused(words, capsys, 4)

        assert words[-1] in line
        assert list(empty.iterdir()) == []

    def test_a_run_named_twice(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--resume", "7", "--run-dir", "mine"], capsys, 2)

        assert "--resume 7 and --run-dir mine" in line

    def test_other_mathematics_for_a_resumed_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        make_run(tmp_path / "mine", data="synthetic", batch_size=64, seed=1)
        again = ["--resume", str(tmp_path / "mine"), "--data", "synthetic", "--epochs", "9"]

        line = self.refused([*again, "--batch-size", "32", "--seed", "2"], capsys, 2)

        assert "--batch-size 32 (the run has 64)" in line
        assert "--seed 2 (the run has 1)" in line
        assert "--data" not in line
        assert "--epochs" not in line

    def test_a_configuration_that_was_damaged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = make_run(tmp_path / "mine")
        run.config_path.write_text("{")

        line = self.refused(["--resume", str(run.path)], capsys, 4)

        assert str(run.config_path) in line

    def test_what_could_steer_a_terminal_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = self.refused(["--preset", "\x1b[2J\n"], capsys, 2)

        assert "\x1b" not in line


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
        run = make_run(empty / "runs" / "00007-seed-mnist", preset="seed", seed=5, epochs=2)

        main(["--no-ui", "--resume", "--epochs", "4"])

        (plan,) = training.plans
        assert plan.config == RunConfig.resolve({"preset": "seed", "seed": 5, "epochs": 4})
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
        training.story = [*fakes.training(), *failed("RuntimeError: out of cheese")]

        assert main(["--no-ui"]) == 1

        assert f"{RUN_DIR}/events.jsonl" in capfd.readouterr().err

    def test_native_noise_stays_off_the_terminal(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        noisy = FakeTraining(fakes.finished(), native=b"oneDNN says hello\n")
        monkeypatch.setattr("gan.headless.run_headless", noisy)

        main(["--no-ui"])

        assert "oneDNN" not in capfd.readouterr().err

    def test_native_noise_is_shown_where_an_error_left_no_log(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        story = failed("ImportError: libcuda")
        monkeypatch.setattr(
            "gan.headless.run_headless", FakeTraining(story, native=b"cannot open libcuda.so\n")
        )

        assert main(["--no-ui"]) == 1

        assert "cannot open libcuda.so" in capfd.readouterr().err

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
        with _full_disk() as stdout:
            monkeypatch.setattr("sys.stdout", stdout)

            assert main(["--no-ui", "--json"]) == 74

        assert "No space left on device" in capfd.readouterr().err
        assert len(training.plans) == 1

    def test_a_reader_of_the_json_that_left_is_no_error(
        self, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdout", _NobodyReads())

        assert main(["--no-ui", "--json"]) == 0
        assert len(training.plans) == 1

    def test_a_closed_standard_output_does_not_hide_the_end(
        self,
        training: FakeTraining,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("sys.stdout", _NobodyReads())

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
        monkeypatch.setattr("tui.terminal.unusable_reason", lambda _environ: None)
        monkeypatch.setattr("gan.session.TrainingSession", FakeSession)
        monkeypatch.setattr("tui.app.GanTuiApp", FakeApp)
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
        story = [*fakes.training(), *failed("RuntimeError: out of cheese")]
        self.show(monkeypatch, lambda session: session.tell(story))

        assert main([]) == 1

        lines = capfd.readouterr().err.splitlines()
        assert "gan-tui: RuntimeError: out of cheese" in lines
        assert any(f"{RUN_DIR}/events.jsonl" in line for line in lines)


BAD_DATA: dict[str, tuple[str, Callable[[Path], object]]] = {
    "missing": ("digits", lambda path: path),
    "empty folder": ("digits", lambda path: path.mkdir()),
    "empty file": ("digits-idx3-ubyte", lambda path: write(path, b"")),
    "truncated IDX": ("digits-idx3-ubyte", lambda path: write(path, idx_bytes(digits(9))[:-1])),
    "cut gzip": (
        "digits-idx3-ubyte.gz",
        lambda path: write(path, gzip.compress(idx_bytes(digits(9)))[:-20]),
    ),
    "wrong magic": (
        "digits-idx3-ubyte",
        lambda path: write(path, b"\x01\x02" + idx_bytes(digits(9))[2:]),
    ),
    "wrong shape": (
        "digits-idx3-ubyte",
        lambda path: write(path, idx_bytes(np.zeros((9, 20, 20), np.uint8))),
    ),
    "no images": ("digits-idx3-ubyte", lambda path: write(path, idx_header((0, 28, 28)))),
    "bomb": (
        "digits-idx3-ubyte.gz",
        lambda path: write(path, gzip.compress(idx_bytes(digits(9)) + bytes(1 << 24))),
    ),
    "NaN": (
        "digits.npz",
        lambda path: write(path, npz_bytes(images=np.full((9, 28, 28), np.nan, np.float32))),
    ),
    "objects": (
        "digits.npz",
        lambda path: write(path, npz_bytes(images=np.array([{}] * 9, dtype=object))),
    ),
    "no arrays": ("digits.npz", lambda path: write(path, b"PK\x05\x06" + bytes(18))),
    "neither": ("digits.csv", lambda path: write(path, b"0,0,0\n")),
}


class TestData:
    @pytest.mark.parametrize("kind", BAD_DATA)
    def test_unusable_data_is_one_line_and_leaves_nothing(
        self, kind: str, tmp_path: Path, empty: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        name, make = BAD_DATA[kind]
        make(tmp_path / name)

        code = main(["--no-ui", "--data", str(tmp_path / name), "--batch-size", "4"])

        out, err = capfd.readouterr()
        assert code == 4
        assert out == ""
        (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
        assert err.endswith(f"{line}\n")
        assert str(tmp_path / name) in line
        assert "received" in line
        assert "expected" in line
        assert list(empty.iterdir()) == []

    def test_too_few_images_for_a_batch_say_how_many_would_do(
        self, tmp_path: Path, empty: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        write_idx_folder(tmp_path / "digits", digits(9), None)

        assert main(["--no-ui", "--data", str(tmp_path / "digits"), "--batch-size", "10"]) == 4

        assert "at most 9" in capfd.readouterr().err
        assert list(empty.iterdir()) == []


class TestResumeRefusals:
    """What only shows once the data is there; TensorFlow is not needed for any of it."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> RunDirectory:
        data = write_idx_folder(tmp_path / "digits", digits(9), None)
        return make_run(tmp_path / "mine", data=str(data), batch_size=4)

    def error(self, run: RunDirectory, code: int, capfd: pytest.CaptureFixture[str]) -> str:
        assert main(["--no-ui", "--resume", str(run.path)]) == code
        (line,) = [
            line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")
        ]
        return line

    def test_a_run_without_a_checkpoint(
        self, run: RunDirectory, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert f"{run.path} has no checkpoint" in self.error(run, 4, capfd)

    def test_a_run_that_another_process_is_writing_to(
        self, run: RunDirectory, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with RunLock(run):
            line = self.error(run, 1, capfd)

        assert f"process {os.getpid()} on " in line

    def test_images_that_changed_since(
        self, run: RunDirectory, capfd: pytest.CaptureFixture[str]
    ) -> None:
        CheckpointStore(run, keep=1).save(
            5, {"weights": np.zeros(3, np.float32)}, {"fingerprint": "0" * 64, "log_offset": 0}
        )

        line = self.error(run, 4, capfd)

        assert "the images are not those" in line
        assert "000000000000" in line


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_one_line_that_says_what_is(tmp_path: Path) -> None:
    """The hundredth, so that the claim holds on a machine with GPUs too."""
    data = write_idx_folder(tmp_path / "digits", digits(9), None)
    words = ["--no-ui", "--data", str(data), "--batch-size", "4", "--device", "gpu:99"]

    done = program(*words, "--run-dir", str(tmp_path / "run"))

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "--device gpu:99: TensorFlow" in line
    assert "sees " in line
    assert "gan-tui[cuda]" in line
    assert "--device cpu" in line


def _full_disk() -> TextIO:
    """A stream on a device that is always full."""
    return Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - the test closes it


class _NobodyReads(io.StringIO):
    """A pipe whose other end is closed."""

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_the_words_are_the_processs_own_where_none_are_given(
    training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["gan-tui", "--no-ui", "--seed", "3"])

    assert cli.main() == 0
    assert training.plans[0].config.seed == 3
