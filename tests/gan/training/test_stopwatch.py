"""Where the time of a run goes."""

from __future__ import annotations

import pytest

from gan.training.stopwatch import Stopwatch
from tests.gan.training.fakes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stopwatch(clock: Clock) -> Stopwatch:
    return Stopwatch(clock)


def test_everything_begins_at_zero(stopwatch: Stopwatch) -> None:
    every = ("training", "sampling", "saving", "paused")
    assert [stopwatch.seconds(activity) for activity in every] == [0.0] * 4


def test_only_the_time_inside_a_block_is_counted(clock: Clock, stopwatch: Stopwatch) -> None:
    clock.advance(5)
    for _ in range(2):
        with stopwatch.measure("training"):
            clock.advance(1.5)
        clock.advance(7)
    assert stopwatch.seconds("training") == 3.0
    assert stopwatch.seconds("sampling") == 0.0


def test_a_block_that_fails_is_counted(clock: Clock, stopwatch: Stopwatch) -> None:
    with pytest.raises(RuntimeError), stopwatch.measure("saving"):  # noqa: PT012 - time must pass
        clock.advance(2)
        raise RuntimeError
    assert stopwatch.seconds("saving") == 2.0


def test_a_resumed_run_goes_on_from_what_was_counted(clock: Clock, stopwatch: Stopwatch) -> None:
    with stopwatch.measure("paused"):
        clock.advance(4)
    stopwatch.restore(100.0)
    with stopwatch.measure("training"):
        clock.advance(1)
    assert stopwatch.seconds("training") == 101.0
    assert stopwatch.seconds("paused") == 4.0
