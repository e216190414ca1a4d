"""A disk that refuses is reported once, and once more when it is over."""

from __future__ import annotations

import errno

import pytest

from gan.errors import StorageError
from gan.events import Event, StorageFaulted, StorageRecovered
from gan.run.faults import FaultReporter


class Told:
    """A `FaultReporter` and its events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.faults = FaultReporter(self.events.append)

    @property
    def words(self) -> list[tuple[str, ...]]:
        return [
            ("faulted", event.what, event.message)
            if isinstance(event, StorageFaulted)
            else ("recovered", event.what)
            for event in self.events
            if isinstance(event, StorageFaulted | StorageRecovered)
        ]


@pytest.fixture
def told() -> Told:
    return Told()


def refused(number: int, text: str) -> StorageError:
    """What the system's own error becomes."""
    error = StorageError(text)
    error.__cause__ = OSError(number, text)
    return error


def test_what_always_worked_is_no_news(told: Told) -> None:
    told.faults.worked("log")
    assert told.words == []


def test_a_failure_is_told_once_and_its_end_once(told: Told) -> None:
    for _ in range(3):
        told.faults.failed("log", StorageError("no space"))
    for _ in range(3):
        told.faults.worked("log")
    assert told.words == [("faulted", "log", "no space"), ("recovered", "log")]


def test_bytes_that_are_counted_in_the_message_are_no_news(told: Told) -> None:
    told.faults.failed("checkpoint", refused(errno.ENOSPC, "13 MB needed, 5 MB free"))
    told.faults.failed("checkpoint", refused(errno.ENOSPC, "13 MB needed, 4 MB free"))
    assert told.words == [("faulted", "checkpoint", "13 MB needed, 5 MB free")]


def test_another_reason_is_news(told: Told) -> None:
    told.faults.failed("log", refused(errno.ENOSPC, "no space"))
    told.faults.failed("log", refused(errno.EROFS, "read-only"))
    assert told.words == [("faulted", "log", "no space"), ("faulted", "log", "read-only")]


def test_each_thing_fails_for_itself(told: Told) -> None:
    told.faults.failed("log", StorageError("no space"))
    told.faults.failed("samples", StorageError("no space"))
    told.faults.worked("log")
    assert told.words[2:] == [("recovered", "log")]


def test_a_failure_after_the_end_of_one_is_news(told: Told) -> None:
    told.faults.failed("log", StorageError("no space"))
    told.faults.worked("log")
    told.faults.failed("log", StorageError("no space"))
    assert [word for word, *_ in told.words] == ["faulted", "recovered", "faulted"]
