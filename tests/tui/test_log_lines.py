"""Events as lines of the log."""

from __future__ import annotations

import pytest

from gan import events
from tests.fakes import START, steps
from tui.log_lines import Level, log_lines

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
        (FAILED, Level.ERROR),
        (REJECTED, Level.WARNING),
        (WARNING, Level.WARNING),
        (NOTE, Level.INFO),
        (DIVERGED, Level.WARNING),
        (FAULTED, Level.WARNING),
        (RECOVERED, Level.ASKED),
        (ROLLED_BACK, Level.ASKED),
        (PAUSED, Level.ASKED),
        (saved(requested=True), Level.ASKED),
        (saved(requested=False), Level.INFO),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else value.name,
)
def test_a_line_is_as_loud_as_its_event(event: events.Event, level: Level) -> None:
    (line,) = log_lines(event)

    assert (line.time, line.level) == (START, level)


def test_numbers_that_the_screen_shows_are_no_lines() -> None:
    assert log_lines(steps(1, 5)) == ()


def test_escape_codes_from_outside_do_not_reach_the_log() -> None:
    (line,) = log_lines(events.Noted(time=START, text="file \x1b[31mred\n.png"))

    assert line.text.isprintable()
