"""Rows become one value a step for each series; a GAN's losses become its steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from gan.events import SeriesLogged, StepsCompleted
from gan.recorder.channel import Row
from gan.recorder.reports import MAX_APART, MAX_GAP, MAX_VALUES, Reporter
from gan.run.event_json import MAX_LINE, to_line
from gan.training.stopwatch import Stopwatch
from tests.gan.recorder.recording import logged

if TYPE_CHECKING:
    from gan.events import Event


def row(step: int, **scalars: Any) -> Row:
    return Row(step, scalars, 0.0, step / 10)


class Reports:
    """A reporter, and its warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.reporter = Reporter(Stopwatch(), self.warnings.append)

    def __call__(self, *rows: Row) -> list[Event]:
        return [event for report in self.reporter.reports(rows) for event in report.events]


@pytest.fixture
def reports() -> Reports:
    return Reports()


def test_adjacent_steps_are_one_event(reports: Reports) -> None:
    (event,) = reports(row(1, loss=1.0), row(2, loss=2.0), row(3, loss=3.0))

    assert isinstance(event, SeriesLogged)
    assert (event.first_step, event.train_seconds) == (1, 0.3)
    assert event.series["loss"].tolist() == [1, 2, 3]


def test_a_step_without_a_value_is_nan(reports: Reports) -> None:
    (event,) = reports(row(1, a=1.0), row(2, b=2.0), row(4, a=4.0))

    assert isinstance(event, SeriesLogged)
    assert str(event.series["a"].tolist()) == "[1.0, nan, nan, 4.0]"
    assert str(event.series["b"].tolist()) == "[nan, 2.0, nan, nan]"


def test_values_of_one_step_that_came_apart_are_together(reports: Reports) -> None:
    (event,) = reports(row(1, a=1.0), row(1, b=2.0), row(2, a=3.0))

    assert isinstance(event, SeriesLogged)
    assert event.series["a"].tolist() == [1, 3]
    assert event.series["b"][0] == 2


def test_after_a_long_gap_another_event_begins(reports: Reports) -> None:
    near = reports(row(1, a=1.0), row(2 + MAX_GAP, a=2.0))
    far = reports(row(1000, a=1.0), row(1002 + MAX_GAP, a=2.0))

    assert [event.first_step for event in near if isinstance(event, SeriesLogged)] == [1]
    assert [event.first_step for event in far if isinstance(event, SeriesLogged)] == [1000, 1034]


def test_the_losses_of_a_gan_are_steps_and_all_else_are_series(reports: Reports) -> None:
    first, second = reports(row(1, d_loss=1.0, g_loss=2.0, real_score=0.5, lr=0.1))

    assert isinstance(first, StepsCompleted)
    assert (first.d_loss[0], first.g_loss[0], first.real_score[0]) == (1, 2, 0.5)
    assert math.isnan(first.fake_score[0])
    assert isinstance(second, SeriesLogged)
    assert second.series.keys() == {"lr"}


def test_one_loss_alone_is_a_series_like_any_other(reports: Reports) -> None:
    (event,) = reports(row(1, d_loss=1.0))

    assert isinstance(event, SeriesLogged)


def test_a_loop_that_trains_g_less_often_is_a_gan_too(reports: Reports) -> None:
    reports(row(1, d_loss=1.0), row(2, d_loss=1.0, g_loss=2.0))
    (event,) = reports(row(3, d_loss=1.0))

    assert isinstance(event, StepsCompleted)
    assert math.isnan(event.g_loss[0])


def test_losses_that_never_come_together_are_noted_once(reports: Reports) -> None:
    for step in range(1, 4 * MAX_APART, 2):
        reports(row(step, d_loss=1.0), row(step + 1, g_loss=2.0))

    (warning,) = reports.warnings
    assert "the second one with step=run.step" in warning


def test_losses_that_come_together_now_and_then_are_not_noted(reports: Reports) -> None:
    for step in range(1, 4 * MAX_APART, 5):
        reports(
            row(step, d_loss=1.0, g_loss=math.nan), *(row(step + n, d_loss=1.0) for n in (1, 2))
        )

    assert reports.warnings == []


def test_what_comes_after_its_step_was_reported_is_reported_by_itself(reports: Reports) -> None:
    before = reports(row(1, a=1.0), row(2, a=2.0))
    after = reports(row(2, val=9.0), row(3, a=3.0))

    assert len(after) == 2
    assert logged([*before, *after]) == {"a": {1: 1, 2: 2, 3: 3}, "val": {2: 9}}


def test_a_loss_that_comes_too_late_is_left_out_with_one_warning(reports: Reports) -> None:
    reports(row(1, d_loss=1.0, g_loss=1.0), row(2, d_loss=2.0))

    assert reports(row(2, g_loss=2.0)) == []
    (warning,) = reports.warnings
    assert "g_loss of step 2" in warning
    assert "log both losses in one call" in warning


def test_the_longest_event_is_a_line_that_readers_take(reports: Reports) -> None:
    names = [f"{number:0>100}" for number in range(256)]
    rows = [row(step, **dict.fromkeys(names, -1.23456789e-30)) for step in range(1, 3)]
    (event,) = reports(*rows)
    assert isinstance(event, SeriesLogged)
    a_value = (len(to_line(event)) - 256 * 104) / 512

    assert a_value * MAX_VALUES + 256 * 104 < MAX_LINE


def test_many_steps_of_many_series_are_several_events(reports: Reports) -> None:
    names = [f"series {number}" for number in range(200)]
    rows = [row(step, **dict.fromkeys(names, 1.0)) for step in range(1, 4500)]
    events = reports(*rows)

    assert len(events) == 2
    assert logged(events)["series 7"].keys() == set(range(1, 4500))


class Unreadable:
    """A device's scalar that is lost."""

    __module__ = "jaxlib.fake"

    def is_deleted(self) -> bool:
        return True

    def __float__(self) -> float:
        raise RuntimeError("the device is gone")


def test_a_value_that_can_not_be_read_is_nan_with_one_warning(reports: Reports) -> None:
    (event, *_) = reports(row(1, a=Unreadable(), b=1.0), row(2, a=Unreadable(), b=2.0))

    assert isinstance(event, SeriesLogged)
    assert logged([event]) == {"b": {1: 1, 2: 2}}
    assert reports.warnings == [
        "values of a can't be read, and are NaN: RuntimeError: the device is gone"
    ]
