"""Attempts that fail: said once, tried again, and never the end of what goes on around them."""

from __future__ import annotations

import pytest

from gan.errors import StorageError
from gan.viewing.attempts import RETRY_SECONDS, Attempts


class Desk:
    """A clock, what was said, and an action that does what the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.said: list[tuple[str, bool]] = []
        self.error: Exception | None = None
        self.tries = 0
        self.attempts = Attempts(lambda *said: self.said.append(said), lambda: self.now)

    def act(self) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error

    def attempt(self) -> bool:
        return self.attempts("the log", self.act)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_works_says_nothing(desk: Desk) -> None:
    assert desk.attempt()
    assert desk.said == []


def test_a_failure_is_said_once_and_tried_again_at_once(desk: Desk) -> None:
    desk.error = StorageError("cannot read")

    assert [desk.attempt() for _ in range(3)] == [False] * 3

    assert desk.said == [("the log: cannot read", True)]
    assert desk.tries == 3


def test_another_failure_is_another_line_and_the_end_of_it_too(desk: Desk) -> None:
    for error in (StorageError("full"), StorageError("gone"), None, None):
        desk.error = error
        desk.attempt()

    assert desk.said == [
        ("the log: full", True),
        ("the log: gone", True),
        ("the log: works again", False),
    ]


def test_an_error_that_nobody_has_foreseen_is_said_with_its_type(desk: Desk) -> None:
    desk.error = ZeroDivisionError("division by zero")

    assert not desk.attempt()

    assert desk.said == [("the log: unexpected error, ZeroDivisionError: division by zero", True)]


def test_it_is_tried_again_only_after_a_while(desk: Desk) -> None:
    for number in range(10):
        desk.error = ValueError(str(number))
        desk.attempt()
    assert desk.tries == 1

    desk.now += RETRY_SECONDS
    desk.error = None

    assert desk.attempt()
    assert [text for text, _ in desk.said] == [
        "the log: unexpected error, ValueError: 0",
        "the log: works again",
    ]
