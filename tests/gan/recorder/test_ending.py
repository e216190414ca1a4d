"""How a run ends by what has ended its loop."""

from __future__ import annotations

import pytest

from gan.events import RunFailed, RunFinished
from gan.recorder.ending import Ending, last_event


def end(ending: Ending, *, step: int = 5, total_steps: int = 0) -> RunFinished | RunFailed:
    return last_event(ending, step=step, total_steps=total_steps, train_seconds=1.0)


def fail() -> None:
    raise ValueError("a loss\nof many lines")


@pytest.mark.parametrize(
    ("ending", "step", "total_steps", "completed"),
    [
        (Ending(), 5, 0, True),
        (Ending(), 5, 5, True),
        (Ending(), 4, 5, False),
        (Ending(is_stopped=True), 5, 5, True),
        (Ending(is_stopped=True), 5, 0, False),
        (Ending(completed=True), 4, 5, True),
        (Ending(completed=False), 5, 5, False),
    ],
    ids=[
        "no total",
        "all steps",
        "too few",
        "stopped at the last",
        "stopped, no total",
        "ended early as it was meant to",
        "not done, it says",
    ],
)
def test_a_run_is_complete_if_its_steps_are_made(
    ending: Ending, step: int, total_steps: int, completed: bool
) -> None:
    event = end(ending, step=step, total_steps=total_steps)

    assert isinstance(event, RunFinished)
    assert (event.completed, event.exit_code) == (completed, 0)
    assert not event.resumable


def test_an_interrupt_and_a_plain_exit_are_stops() -> None:
    interrupted, left = end(Ending(error=KeyboardInterrupt())), end(Ending(error=SystemExit(0)))

    assert isinstance(interrupted, RunFinished)
    assert isinstance(left, RunFinished)
    assert (interrupted.completed, interrupted.exit_code) == (False, 130)
    assert (left.completed, left.exit_code) == (False, 0)


def test_an_error_is_a_failure_with_its_line_and_its_traceback() -> None:
    with pytest.raises(ValueError, match="a loss") as caught:
        fail()
    event = end(Ending(error=caught.value))

    assert isinstance(event, RunFailed)
    assert (event.error, event.message) == ("ValueError", "ValueError: a loss")
    assert "test_ending.py" in event.traceback


def test_an_exit_with_a_code_is_a_failure_with_that_code() -> None:
    event = end(Ending(error=SystemExit(3)))

    assert isinstance(event, RunFailed)
    assert event.exit_code == 3


def test_a_failure_is_told_by_the_first_line_that_says_something() -> None:
    (event, silent) = end(Ending(error=RuntimeError("\n\n no room"))), end(Ending(error=OSError()))

    assert isinstance(event, RunFailed)
    assert event.message == "RuntimeError: no room"
    assert isinstance(silent, RunFailed)
    assert silent.message == "OSError"
