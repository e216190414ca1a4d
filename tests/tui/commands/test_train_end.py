"""The captured standard error of a run, in the run's directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from gan.config import RunConfig
from gan.events import Phase
from gan.progress import RunProgress
from gan.run.directory import RunDirectory
from gan.session.preparation import RunPlan
from tests import fakes
from tui.commands.train_end import StderrLog, failure_line, left_lines, planned_words, print_end
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Iterator


class FakeCapture:
    """Stands in for the capture of standard error: records its calls."""

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


class TestStderrLog:
    def test_noise_moves_into_the_run_and_is_trimmed_while_it_goes_on(self) -> None:
        capture = FakeCapture()
        log = StderrLog(capture, None)  # type: ignore[arg-type]
        for event in fakes.training():
            log(event)

        assert capture.asked.count("move to stderr.log") == 1
        assert capture.asked[-1] == "trim"

    def test_a_disk_that_refuses_it_stops_nothing_and_is_reported(self) -> None:
        capture = FakeCapture()
        capture.error = OSError(28, "No space left on device", "stderr.log")
        log = StderrLog(capture, None)  # type: ignore[arg-type]
        log(fakes.training()[0])

        assert "stderr.log: No space left on device" in log.failure


def full_disk() -> TextIO:
    return Path("/dev/full").open("w", encoding="utf-8")


def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@pytest.fixture(params=[full_disk, closed_pipe])
def refusing(request: pytest.FixtureRequest) -> Iterator[TextIO]:
    """A stream that takes nothing."""
    stream: TextIO = request.param()
    yield stream
    # Would raise if anything were still buffered for the former device.
    stream.close()


def test_a_standard_error_that_takes_nothing_raises_nothing(
    refusing: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the exit code would be another than the run's."""
    monkeypatch.setattr("sys.stderr", refusing)
    ended = RunProgress(run_dir="runs/7", error="no more room", traceback="Traceback")

    print_end(ended, StderrLog(StderrCapture(), None), error_shown=False)

    with Path(os.devnull).open() as devnull:
        assert os.path.sameopenfile(refusing.fileno(), devnull.fileno())


class TestPlannedWords:
    """How to come back to a run that was left before it had a directory."""

    def test_a_numbered_run_will_be_in_its_folder_of_runs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        plan = RunPlan(config=RunConfig.resolve({}), runs=Path("my runs"))

        assert planned_words(plan) == f"gan-tui attach --runs '{tmp_path}/my runs'"

    def test_a_named_run_will_be_at_its_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        plan = RunPlan(config=RunConfig.resolve({}), runs=Path("runs"), run_dir=Path("out/named"))

        assert planned_words(plan) == f"gan-tui attach {tmp_path}/out/named"

    def test_a_resumed_run_is_where_it_was(self, tmp_path: Path) -> None:
        run = RunDirectory(tmp_path / "00001-mlp")
        plan = RunPlan(config=RunConfig.resolve({}), runs=Path("runs"), resume=run)

        assert planned_words(plan) == f"gan-tui attach {run.path}"

    def test_a_dashboard_that_fails_says_it_too(self) -> None:
        line = failure_line("oops", RunProgress(), "gan-tui attach --runs /x")

        assert "gan-tui attach --runs /x shows it again" in line


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (RunProgress(), "the training goes on (process 7), nothing saved yet."),
        (
            RunProgress(step=6_807, checkpoint_step=3_944),
            "the training goes on (process 7), at step 6,807, last saved at step 3,944.",
        ),
        (
            RunProgress(step=3_944, checkpoint_step=3_944, phase=Phase.PAUSED),
            "the run stays paused (process 7), at step 3,944, saved, nothing new since.",
        ),
    ],
    ids=["nothing saved", "saved before", "all saved"],
)
def test_leaving_says_what_is_saved(progress: RunProgress, words: str) -> None:
    does, back = left_lines(progress, "gan-tui attach /x", 7)

    assert does == f"gan-tui: {words}"
    assert back == "gan-tui attach /x comes back to it."
