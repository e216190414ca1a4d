"""When samples and checkpoints are due, and that nothing is done twice."""

from __future__ import annotations

import pytest

from gan.cadence import Cadence
from gan.training.due import Due

STEPS_PER_EPOCH = 18


def schedule(text: str, *, step: int = 0, seconds: float = 0.0) -> Due:
    made = Due(Cadence.parse(text), STEPS_PER_EPOCH)
    made.done(step, seconds)
    return made


@pytest.mark.parametrize(
    ("text", "due"),
    [("5", [5, 10, 15, 20, 25, 30, 35]), ("1ep", [18, 36]), ("2ep", [36]), ("off", [])],
)
def test_it_is_due_at_every_multiple(text: str, due: list[int]) -> None:
    regular = schedule(text)
    assert [step for step in range(1, 37) if regular.is_due(step, 0.0)] == due


def test_nothing_is_due_where_it_begins() -> None:
    assert not schedule("5", step=10).is_due(10, 99.0)


def test_one_step_never_has_two() -> None:
    regular = schedule("5")
    regular.done(5, 0.0)
    assert not regular.is_due(5, 0.0)
    assert regular.last_step == 5


def test_steps_are_counted_from_the_runs_start_and_not_from_the_last_time() -> None:
    """A checkpoint that somebody asked for must not shift all that come after."""
    regular = schedule("5")
    regular.done(7, 0.0)
    assert regular.steps_until_due(7) == 3
    assert regular.is_due(10, 0.0)


def test_seconds_are_counted_from_the_last_time() -> None:
    timed = schedule("30s", seconds=100.0)
    assert not timed.is_due(1, 129.9)
    assert timed.is_due(1, 130.0)
    timed.done(1, 130.0)
    assert not timed.is_due(2, 159.9)
    assert timed.is_due(2, 160.0)


def test_time_puts_no_bound_on_an_execution() -> None:
    assert schedule("30s").steps_until_due(7) is None
    assert schedule("off").steps_until_due(7) is None


def test_steps_and_epochs_do() -> None:
    assert schedule("5").steps_until_due(7) == 3
    assert schedule("1ep").steps_until_due(18) == 18


def test_only_off_is_off() -> None:
    assert schedule("off").is_off
    assert not schedule("5").is_off
