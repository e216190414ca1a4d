"""Rows of the tables of what helps: how a message tells its cause.

`gan.machine.refusals`, `gan.machine.breakdowns` and `gan.training.compilation_advice` are made of
them. In each the first row that matches counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Cause:
    """What a message can be about."""

    words: str
    """A regular expression that finds it in a message; case doesn't matter."""

    helps: str
    """What helps: a sentence, or a part of one."""

    sources: tuple[str, ...]
    """Reports of the same message with their solutions."""

    def cited(self, message: str) -> str:
        """The words of a message that identify the cause; empty if there are none."""
        found = re.search(self.words, message, re.IGNORECASE)
        return found[0] if found else ""


AnyCause = TypeVar("AnyCause", bound=Cause)


def first_match(causes: Iterable[AnyCause], message: str) -> AnyCause | None:
    """The first cause whose words are in the message; `None` if it is about none of them."""
    return next((cause for cause in causes if cause.cited(message)), None)


def advice(causes: Iterable[Cause], message: str) -> str:
    """What helps; empty if the message is about none of these causes."""
    cause = first_match(causes, message)
    return cause.helps if cause else ""
