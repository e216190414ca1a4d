"""The terminal's background: it is asked for its colour, and may answer whenever it likes (OSC 11).

Nothing waits for the answer. A terminal that gives none is taken for dark.
"""

from __future__ import annotations

import re
from typing import Final

from textual.message import Message

QUESTION: Final = "\x1b]11;?\x1b\\"
"""Asks for the colour of the background."""

_SILENT_TERMS: Final = ("linux",)
"""Values of TERM where the question could be printed: older Linux consoles read no such string."""

_ANSWER: Final = re.compile(
    r"11;rgba?:(?P<red>[0-9a-f]{1,4})/(?P<green>[0-9a-f]{1,4})/(?P<blue>[0-9a-f]{1,4})"
    r"(?:/[0-9a-f]{1,4})?",
    re.IGNORECASE,
)
_WEIGHTS: Final = {"red": 0.2126, "green": 0.7152, "blue": 0.0722}
"""How bright each channel looks (ITU-R BT.709)."""

_LIGHT: Final = 0.5


class BackgroundReported(Message):
    """The terminal has reported the colour of its background."""

    def __init__(self, *, is_light: bool) -> None:
        super().__init__()
        self.is_light = is_light
        """Whether dark text is easier to read on it."""


def question_for(term: str) -> str:
    """What to send to a terminal of this TERM; empty if it could print the question."""
    return "" if term in _SILENT_TERMS else QUESTION


def is_light_background(answer: str) -> bool | None:
    """Whether the background in an answer is light; `None` if the text is no such answer.

    Args:
        answer: The content of a control string, such as `11;rgb:ffff/ffff/ffff`.
    """
    match = _ANSWER.fullmatch(answer)
    if match is None:
        return None
    brightness: float = sum(
        weight * int(match[channel], 16) / (16 ** len(match[channel]) - 1)
        for channel, weight in _WEIGHTS.items()
    )
    return brightness > _LIGHT
