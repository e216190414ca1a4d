"""How much of a step's time is said to be the exchange's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.training.reduction import INTERVAL_SECONDS, ReductionMeter

if TYPE_CHECKING:
    from gan import events
    from gan.events import Event
    from gan.training.execution import Losses


class Exchanging:
    """An execution whose steps take some time alone."""

    steps_per_epoch = 10

    def __init__(self, seconds_a_step: float | None) -> None:
        self.seconds_a_step = seconds_a_step
        self.asked: list[tuple[int, int, int]] = []

    def max_steps_after(self, step: int) -> int:
        return self.steps_per_epoch - step

    def __call__(self, *_: int) -> Losses:
        raise AssertionError("only the trainer makes steps that count")

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float | None:
        self.asked.append((step, steps, branch))
        return None if self.seconds_a_step is None else self.seconds_a_step * steps


class Measured:
    """A meter, its clock, and what it says."""

    def __init__(self, seconds_a_step: float | None) -> None:
        self.now = 0.0
        self.execution = Exchanging(seconds_a_step)
        self.said: list[Event] = []
        self.meter = ReductionMeter(self.execution, self.said.append, lambda: self.now)

    def steps(self, at: float, step: int, made: int, seconds: float) -> None:
        self.now = at
        self.meter.follow(step, 0, made, seconds)

    def shares(self) -> list[float]:
        measured: list[events.ReductionMeasured] = self.said  # type: ignore[assignment]
        return [event.share for event in measured]


def test_it_is_what_steps_take_longer_than_without_an_exchange() -> None:
    measured = Measured(0.3)
    measured.steps(at=10.0, step=1, made=8, seconds=8 * 0.4)
    assert measured.shares() == [pytest.approx(0.25)]


def test_the_steps_that_follow_are_made_and_no_more_than_may_be() -> None:
    measured = Measured(0.3)
    last = measured.execution.steps_per_epoch - 2
    measured.steps(at=10.0, step=last, made=8, seconds=1.0)
    assert measured.execution.asked == [(last, 2, 0)]


def test_it_is_measured_now_and_then() -> None:
    measured = Measured(0.1)
    for second in range(int(2 * INTERVAL_SECONDS)):
        measured.steps(at=float(second), step=1, made=1, seconds=0.2)
    assert len(measured.shares()) == 2


def test_one_odd_measurement_does_not_decide() -> None:
    measured = Measured(0.1)
    measured.steps(at=10.0, step=1, made=1, seconds=0.2)
    measured.execution.seconds_a_step = 0.4
    measured.steps(at=10.0 + INTERVAL_SECONDS, step=2, made=1, seconds=0.2)
    measured.execution.seconds_a_step = 0.1
    for count in (2, 3, 4):
        measured.steps(at=10.0 + count * INTERVAL_SECONDS, step=3, made=1, seconds=0.2)
    first, odd, *_, last = measured.shares()
    assert (first, odd) == (pytest.approx(0.5), 0.0)
    assert 0.3 < last < 0.5


def test_of_one_device_nothing_is_said() -> None:
    measured = Measured(None)
    for second in (10.0, 100.0, 1000.0):
        measured.steps(at=second, step=1, made=1, seconds=0.2)
    assert measured.said == []
    assert len(measured.execution.asked) == 1
