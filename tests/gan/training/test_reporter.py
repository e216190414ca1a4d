"""Ten reports a second at most, in order, with every step in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import StorageError
from gan.training.execution import Losses
from gan.training.reporter import REPORT_SECONDS, Reporter
from gan.training.stopwatch import Stopwatch
from tests.gan.training.fakes import Clock

if TYPE_CHECKING:
    from gan.events import StepsCompleted


def losses(first: int, count: int) -> Losses:
    """Losses that tell their step, each row by a factor of its own."""
    steps = np.arange(first, first + count, dtype=np.float32)
    return Losses(steps, steps * 10, steps * 100, steps * 1000)


class Reports:
    """A reporter, its clocks, and what it reported."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.stopwatch = Stopwatch(self.clock)
        self.events: list[StepsCompleted] = []
        self.reporter = Reporter(self.events.append, self.stopwatch, clock=lambda: 99.0)
        self.step = 0

    def execute(self, count: int, seconds: float) -> None:
        with self.stopwatch.measure("training"):
            self.clock.advance(seconds)
        self.reporter.add(self.step + 1, losses(self.step + 1, count))
        self.step += count


@pytest.fixture
def reports() -> Reports:
    return Reports()


def test_the_first_report_waits_until_it_is_time(reports: Reports) -> None:
    reports.execute(5, REPORT_SECONDS * 0.9)
    assert reports.events == []
    reports.execute(5, REPORT_SECONDS * 0.2)
    assert [(event.first_step, event.last_step) for event in reports.events] == [(1, 10)]


def test_there_are_ten_a_second_at_most(reports: Reports) -> None:
    for _ in range(1000):
        reports.execute(1, 0.003)
    assert 25 <= len(reports.events) <= 30


def test_every_step_is_reported_once_and_in_order(reports: Reports) -> None:
    for count, seconds in [(1, 0.01), (4, 0.2), (16, 0.01), (3, 0.01), (9, 0.3), (2, 0.0)]:
        reports.execute(count, seconds)
    reports.reporter.flush()

    steps = np.arange(1, 36, dtype=np.float32)
    for name, factor in [("d_loss", 1), ("g_loss", 10), ("real_score", 100), ("fake_score", 1000)]:
        told = np.concatenate([getattr(event, name) for event in reports.events])
        np.testing.assert_array_equal(told, steps * factor)
    firsts = [event.first_step for event in reports.events]
    assert firsts == [1, *(event.last_step + 1 for event in reports.events[:-1])]


def test_a_flush_reports_what_is_pending_whatever_the_time(reports: Reports) -> None:
    reports.execute(3, 0.001)
    reports.reporter.flush()
    assert [event.last_step for event in reports.events] == [3]


def test_a_flush_of_nothing_reports_nothing(reports: Reports) -> None:
    reports.execute(3, 0.001)
    reports.reporter.flush()
    reports.reporter.flush()
    assert len(reports.events) == 1


def test_a_report_tells_the_time_the_training_took_and_the_last_execution(reports: Reports) -> None:
    reports.execute(4, 0.02)
    reports.clock.advance(50)
    reports.execute(16, 0.04)
    (event,) = reports.events
    assert event.train_seconds == pytest.approx(0.06)
    assert event.steps_per_execution == 16
    assert event.time == 99.0


def test_a_report_tells_where_the_rest_of_the_time_went(reports: Reports) -> None:
    for activity, seconds in [("sampling", 1.0), ("saving", 2.0), ("paused", 4.0)]:
        with reports.stopwatch.measure(activity):
            reports.clock.advance(seconds)
    reports.execute(4, 0.02)
    (event,) = reports.events
    assert (event.sampling_seconds, event.saving_seconds, event.paused_seconds) == (1.0, 2.0, 4.0)


def test_what_is_reported_cannot_be_changed(reports: Reports) -> None:
    reports.execute(3, 1.0)
    (event,) = reports.events
    with pytest.raises(ValueError, match="read-only"):
        event.d_loss[0] = 0


def test_what_the_listener_refused_is_not_reported_again() -> None:
    """The disk failed: the error ends the run, and the last words must not meet it again."""
    calls = []

    def refuse(event: StepsCompleted) -> None:
        calls.append(event)
        raise StorageError

    reporter = Reporter(refuse, Stopwatch(Clock()))
    reporter.add(1, losses(1, 1))
    with pytest.raises(StorageError):
        reporter.flush()
    reporter.flush()
    assert len(calls) == 1
