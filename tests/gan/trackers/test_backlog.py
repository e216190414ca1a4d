"""Events wait in order, and a full backlog drops steps before anything else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gan import events
from gan.trackers.backlog import Backlog
from tests import fakes
from tests.gan.trackers.making import LONG_ENOUGH, rolled_back

if TYPE_CHECKING:
    from gan.events import Event


def drained(backlog: Backlog) -> list[Event]:
    backlog.close()
    return list(iter(backlog.next, None))


def test_events_come_out_in_order_also_after_it_was_closed() -> None:
    backlog, happened = Backlog(9), [fakes.steps(step) for step in (1, 2, 3)]
    assert [backlog.put(event) for event in happened] == [False] * 3
    assert drained(backlog) == happened
    assert backlog.dropped == 0


def test_a_full_one_drops_the_oldest_steps_and_counts_them() -> None:
    backlog = Backlog(2)
    dropped = [backlog.put(fakes.steps(step)) for step in (1, 2, 3, 4)]
    assert dropped == [False, False, True, True]
    assert backlog.dropped == 2
    kept = [event for event in drained(backlog) if isinstance(event, events.StepsCompleted)]
    assert [event.first_step for event in kept] == [3, 4]


def test_what_happens_once_stays_while_there_are_steps() -> None:
    backlog, once = Backlog(2), rolled_back(7)
    for event in (once, fakes.steps(8), fakes.steps(9)):
        backlog.put(event)
    assert drained(backlog)[0] is once


def test_without_steps_the_oldest_of_all_goes() -> None:
    backlog, others = Backlog(2), [rolled_back(step) for step in (1, 2, 3)]
    for event in others:
        backlog.put(event)
    assert drained(backlog) == others[1:]


def test_who_takes_an_event_waits_for_it() -> None:
    backlog, taken = Backlog(2), list[object]()
    taker = threading.Thread(target=lambda: taken.append(backlog.next()))
    taker.start()
    backlog.put(rolled_back(1))
    taker.join(LONG_ENOUGH)
    assert len(taken) == 1


def test_what_is_cleared_is_not_taken() -> None:
    backlog = Backlog(2)
    backlog.put(fakes.steps(1))
    backlog.clear()
    assert drained(backlog) == []
