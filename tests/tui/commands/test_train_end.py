"""The captured standard error of a run, in the run's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import fakes
from tui.commands.train_end import StderrLog

if TYPE_CHECKING:
    from pathlib import Path


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
