"""When samples are due: at every so many steps, and for whoever watches."""

from __future__ import annotations

import pytest

from gan.recorder.schedule import SampleSchedule


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_samples_are_due_at_once_and_then_every_so_many_steps() -> None:
    schedule = SampleSchedule(10, Clock())
    due = []
    for step in range(1, 31):
        if schedule.is_due(step):
            due.append(step)
            assert schedule.drawn(step)

    assert due == [1, 10, 20, 30]


def test_a_loop_that_asks_seldom_misses_none() -> None:
    schedule = SampleSchedule(10, Clock())
    schedule.drawn(1)

    assert schedule.is_due(15)


def test_nothing_is_due_while_nobody_watches_and_nothing_is_to_be_kept() -> None:
    assert not SampleSchedule(None, Clock()).is_due(1)


def test_a_viewer_gets_previews_as_often_as_it_wants_and_they_are_not_kept() -> None:
    clock = Clock()
    schedule = SampleSchedule(None, clock)
    schedule.preview_seconds = 0.5

    assert schedule.is_due(1)
    assert not schedule.drawn(1)
    assert not schedule.is_due(2)
    clock.now = 0.6
    assert schedule.is_due(3)


def test_previews_that_take_long_come_less_often() -> None:
    clock = Clock()
    schedule = SampleSchedule(None, clock)
    schedule.preview_seconds = 0.1
    schedule.is_due(1)
    clock.now = 2.0
    schedule.drawn(1)

    clock.now = 19.9
    assert not schedule.is_due(2)
    clock.now = 20.1
    assert schedule.is_due(2)


def test_samples_that_nobody_asked_for_are_kept() -> None:
    assert SampleSchedule(None, Clock()).drawn(7)


def test_samples_from_new_latents_are_due_at_once() -> None:
    schedule = SampleSchedule(10, Clock())
    schedule.drawn(11)
    assert not schedule.is_due(12)
    schedule.renew()

    assert schedule.is_due(12)


def test_samples_from_new_latents_are_only_shown_at_a_step_whose_samples_are_kept() -> None:
    schedule = SampleSchedule(10, Clock())
    schedule.drawn(11)
    schedule.renew()

    assert schedule.is_due(11)
    assert not schedule.drawn(11)
    assert schedule.is_due(12)
    assert schedule.drawn(12)


def test_a_second_batch_of_a_step_is_refused() -> None:
    schedule = SampleSchedule(None, Clock())
    schedule.drawn(0)

    with pytest.raises(ValueError, match=r"second batch for step 0.*log the step first"):
        schedule.drawn(0)
