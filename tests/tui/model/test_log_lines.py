"""Events as lines of the log."""

from __future__ import annotations

import pytest

from gan import events
from gan.events import Severity
from tests.fakes import START, steps
from tui.model.log_lines import LogLine, log_lines, note_line, selected, stderr_line

FAILED = events.RunFailed(time=START, error="E", message="no disk", exit_code=74)
REJECTED = events.CheckpointRejected(time=START, path="c.corrupt", reason="bad digest")
PAUSED = events.Paused(time=START, step=5)
DIVERGED = events.Diverged(time=START, step=5, message="no number")
FAULTED = events.StorageFaulted(time=START, what="log", message="no space.")
RECOVERED = events.StorageRecovered(time=START, what="log")
ROLLED_BACK = events.RolledBack(time=START, step=5, branch=1)
NOTE = events.Noted(time=START, text="96 images left out")
WARNING = events.Noted(time=START, text="no XLA", warning=True)


def saved(*, requested: bool) -> events.CheckpointSaved:
    return events.CheckpointSaved(
        time=START, step=5, path="c", size=1, seconds=0.1, requested=requested
    )


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (FAILED, Severity.ERROR),
        (REJECTED, Severity.WARNING),
        (WARNING, Severity.WARNING),
        (NOTE, Severity.INFO),
        (DIVERGED, Severity.ERROR),
        (FAULTED, Severity.ERROR),
        (RECOVERED, Severity.NOTICE),
        (ROLLED_BACK, Severity.NOTICE),
        (PAUSED, Severity.NOTICE),
        (saved(requested=True), Severity.NOTICE),
        (saved(requested=False), Severity.INFO),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else value.name,
)
def test_a_line_is_as_loud_as_its_event(event: events.Event, level: Severity) -> None:
    (line,) = log_lines(event)

    assert (line.time, line.level) == (START, level)


def test_numbers_that_the_screen_shows_are_no_lines() -> None:
    assert log_lines(steps(1, 5)) == ()


def test_escape_codes_from_outside_do_not_reach_the_log() -> None:
    (line,) = log_lines(events.Noted(time=START, text="file \x1b[31mred\n.png"))

    assert line.text.isprintable()


class TestNativeOutput:
    def test_it_is_marked_as_native(self) -> None:
        assert stderr_line("noise", START) == LogLine(START, Severity.INFO, "noise", native=True)
        assert not note_line("a note", START).native

    @pytest.mark.parametrize(
        ("printed", "shown"),
        [
            ("\x1b[1;31merror\x1b[0m: no", "error: no"),
            ("a\tb \n", "a   b"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("x" * 600, "x" * 499 + "…"),
        ],
        ids=["colours", "tabs", "codes", "long"],
    )
    def test_it_is_one_line_that_can_be_shown(self, printed: str, shown: str) -> None:
        assert stderr_line(printed, START).text == shown


class TestSelecting:
    LOG = (
        LogLine(1, Severity.INFO, "Epoch 1"),
        LogLine(2, Severity.NOTICE, "saved"),
        LogLine(3, Severity.WARNING, "damaged"),
        LogLine(4, Severity.ERROR, "no disk"),
        stderr_line("noise of epoch 1", 5),
    )

    @pytest.mark.parametrize(
        ("minimum", "times"),
        [(Severity.INFO, [1, 2, 3, 4, 5]), (Severity.WARNING, [3, 4]), (Severity.ERROR, [4])],
        ids=["all", "warnings", "errors"],
    )
    def test_by_level(self, minimum: Severity, times: list[int]) -> None:
        assert [line.time for line in selected(self.LOG, minimum=minimum)] == times

    def test_by_text_in_whatever_case(self) -> None:
        assert [line.time for line in selected(self.LOG, text="EPOCH")] == [1, 5]
        assert [line.time for line in selected(self.LOG, text="EPOCH", native=False)] == [1]

    def test_everything_is_the_log_itself(self) -> None:
        """So that a screen sees at once that nothing has changed."""
        assert selected(self.LOG) is self.LOG
