"""Attempts that may fail without ending what goes on around them: a failure is a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_SECONDS: Final = 5.0
"""How long to wait after an error that nobody has foreseen: it may come again each time."""


class Attempts:
    """Whatever is attempted, by its name. Used by one thread."""

    def __init__(self, say: Callable[[str, bool], None], clock: Callable[[], float]) -> None:
        """Nothing has failed yet.

        Args:
            say: Called with a line for a person, and whether it is a warning.
            clock: A monotonic clock in seconds.
        """
        self._say, self._clock = say, clock
        self._failures: dict[str, str] = {}
        """What fails now, and why."""

        self._retry_at: dict[str, float] = {}

    def __call__(self, what: str, action: Callable[[], object]) -> bool:
        """Try something; returns whether it was done.

        Each error is said once, and that it works again when it does.
        """
        if self._clock() < self._retry_at.get(what, float("-inf")):
            return False
        try:
            action()
        except GanTuiError as error:
            self._fail(what, in_words(error))
            return False
        except Exception as error:  # noqa: BLE001 - else the thread would end without a word
            self._retry_at[what] = self._clock() + RETRY_SECONDS
            self._fail(what, in_words(error))
            return False
        if self._failures.pop(what, None) is not None:
            self._say(f"{what}: works again", False)
        return True

    def _fail(self, what: str, why: str) -> None:
        if self._failures.get(what) != why:
            self._failures[what] = why
            self._say(f"{what}: {why}", True)


def in_words(error: Exception) -> str:
    """An error for a person: its own message, or with its type if it was written for nobody."""
    if isinstance(error, GanTuiError):
        return str(error)
    return f"unexpected error, {type(error).__name__}: {error}"
