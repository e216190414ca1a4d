"""What a viewer has asked for, over answers that come and answers that never do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan import events
from gan.disk.process import ProcessIdentity
from gan.run_facts.sighting import Liveness, Sighting
from gan.viewing.asking import GRACE_SECONDS, Asking
from tests.fakes import START

ASKED = ProcessIdentity.current()
NEXT = replace(ASKED, pid=ASKED.pid + 1)
LIVE = Sighting(Liveness.LIVE, process=ASKED)
GONE = [
    Sighting(Liveness.LIVE, process=NEXT),
    Sighting(Liveness.ENDED, process=ASKED),
    Sighting(Liveness.DIED, process=ASKED),
]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asking(clock: Clock) -> Asking:
    made = Asking(clock)
    made.add("a" * 16, "save", ASKED)
    return made


def answer(message_id: str, *, done: bool = True) -> events.CommandAnswered:
    return events.CommandAnswered(
        time=START, id=message_id, command="save", sender="x", step=7, done=done, reason=""
    )


def names(asking: Asking) -> list[str]:
    return [asked.name for asked in asking.unanswered]


def test_an_answer_ends_the_asking_and_is_shown_for_a_moment(asking: Asking, clock: Clock) -> None:
    asking.answer(answer("a" * 16))
    assert not names(asking)
    assert asking.done == "save"

    clock.now += 2.0
    assert asking.done == ""
    assert asking.has("a" * 16)


def test_a_refusal_is_not_done(asking: Asking) -> None:
    asking.answer(answer("a" * 16, done=False))

    assert not names(asking)
    assert asking.done == ""


def test_an_answer_to_somebody_else_changes_nothing(asking: Asking) -> None:
    asking.answer(answer("b" * 16))

    assert names(asking) == ["save"]
    assert not asking.has("b" * 16)


@pytest.mark.parametrize("sighting", GONE, ids=["another", "ended", "died"])
def test_what_a_process_was_asked_that_is_gone_is_lost_after_a_while(
    asking: Asking, clock: Clock, sighting: Sighting
) -> None:
    assert asking.take_lost(sighting) == []
    clock.now += GRACE_SECONDS - 0.1
    assert asking.take_lost(sighting) == []
    assert names(asking) == ["save"]

    clock.now += 0.1
    assert asking.take_lost(sighting) == ["save"]
    assert names(asking) == []
    assert asking.take_lost(sighting) == []
    # A late refusal is still an answer to this viewer.
    assert asking.has("a" * 16)


def test_a_process_that_lives_may_still_answer(asking: Asking, clock: Clock) -> None:
    silent = Sighting(Liveness.SILENT, 99.0, ASKED)
    for sighting in (LIVE, silent, Sighting(Liveness.UNKNOWN)):
        clock.now += 10 * GRACE_SECONDS
        assert asking.take_lost(sighting) == []

    assert names(asking) == ["save"]


def test_what_is_asked_of_the_next_process_stays(asking: Asking, clock: Clock) -> None:
    asking.add("b" * 16, "pause", NEXT)
    asking.take_lost(GONE[0])
    clock.now += GRACE_SECONDS

    assert asking.take_lost(GONE[0]) == ["save"]
    assert names(asking) == ["pause"]


def test_what_nobody_in_particular_was_asked_is_lost_only_without_a_process(clock: Clock) -> None:
    asking = Asking(clock)
    asking.add("a" * 16, "stop", None)
    for sighting in (LIVE, GONE[0]):
        asking.take_lost(sighting)
        clock.now += GRACE_SECONDS
        assert asking.take_lost(sighting) == []

    asking.take_lost(GONE[1])
    clock.now += GRACE_SECONDS
    assert asking.take_lost(GONE[1]) == ["stop"]
