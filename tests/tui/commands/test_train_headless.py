"""Training without a dashboard: what is printed where, and the exit codes.

A stand-in takes the place of the training; `tests/end_to_end` starts whole processes.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from gan import events
from gan.run import event_json
from tests import fakes
from tests.tui.composing import (
    RUN_DIR,
    FakeTraining,
    failed,
    finished,
)
from tui.cli import main

if TYPE_CHECKING:
    from gan.events import Event


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

        said = capfd.readouterr().err
        assert "cannot open libcuda.so" in said
        assert "Traceback of it" in said

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
        previews = [
            event
            for event in training.story
            if isinstance(event, events.SamplesDrawn) and event.path is None
        ]
        assert kinds == [type(event) for event in training.story if event not in previews]

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


def _full_disk() -> TextIO:
    """A stream on a device that is always full."""
    return Path("/dev/full").open("w", encoding="utf-8")


class _NobodyReads(io.StringIO):
    """A pipe whose other end is closed."""

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")
