"""When the events of a recording are due."""

from __future__ import annotations

import pytest

from gan.events import Noted
from tui.demo.timing import PlayingClock, due_times


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def at(*times: float) -> list[Noted]:
    return [Noted(time=time, text="") for time in times]


def test_the_first_event_is_due_at_once_and_the_others_sooner_than_they_happened() -> None:
    assert due_times(at(50.0, 51.0, 53.0), speed=2.0, longest=10.0) == (0.0, 0.5, 1.5)


def test_nobody_waits_longer_than_the_longest_wait() -> None:
    assert due_times(at(0.0, 60.0, 60.3), speed=3.0, longest=0.5) == pytest.approx((0.0, 0.5, 0.6))


def test_a_clock_that_went_back_while_recording_holds_nothing_up() -> None:
    assert due_times(at(10.0, 4.0, 5.0), speed=1.0, longest=9.0) == (0.0, 0.0, 1.0)


def test_nothing_is_due_of_nothing() -> None:
    assert due_times([]) == ()


def test_a_pause_is_not_played() -> None:
    clock = FakeClock()
    playing = PlayingClock(clock)
    clock.now += 2
    playing.pause()
    clock.now += 50
    assert (playing.seconds, playing.is_paused) == (2.0, True)

    playing.unpause()
    clock.now += 1

    assert (playing.seconds, playing.is_paused) == (3.0, False)


def test_pausing_twice_is_pausing_once() -> None:
    clock = FakeClock()
    playing = PlayingClock(clock)
    clock.now += 1
    playing.pause()
    clock.now += 1
    playing.pause()
    playing.unpause()
    playing.unpause()
    clock.now += 1

    assert playing.seconds == 2.0
