"""How often samples and checkpoints are written: in steps, epochs or seconds of training.

One parser, and one answer to "is it due?", for everything that happens at intervals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from gan.errors import UsageError

Unit = Literal["steps", "epochs", "seconds", "off"]

EXPECTED: Final = "500 (steps), 2ep (epochs), 30s, 5m or off"
"""The intervals in words, for the help and for errors."""

_PATTERN = re.compile(r"(?P<number>[0-9]{1,12})(?P<suffix>ep|s|m)?")
_SUFFIXES: dict[str | None, tuple[Unit, int]] = {
    None: ("steps", 1),
    "ep": ("epochs", 1),
    "s": ("seconds", 1),
    "m": ("seconds", 60),
}


@dataclass(frozen=True, slots=True)
class Cadence:
    """An interval between two occurrences."""

    unit: Unit
    """The unit of the interval; `off` means never."""

    every: int
    """The interval in that unit; 0 if off."""

    @classmethod
    def parse(cls, text: str, expected: str = EXPECTED) -> Cadence:
        """Read `500` (steps), `2ep` (epochs), `30s`, `5m` or `off`.

        Args:
            text: The text.
            expected: What an error says was expected.

        Raises:
            UsageError: The text is none of these, or the interval is zero; the message says which.
        """
        if text == "off":
            return cls("off", 0)
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise UsageError(f"received {text!r}, expected {expected}.")
        if int(match["number"]) == 0:
            raise UsageError(f"received {text!r}, which is zero; expected {expected}.")
        unit, factor = _SUFFIXES[match["suffix"]]
        return cls(unit, int(match["number"]) * factor)

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        if self.unit == "off":
            return "off"
        return f"{self.every}{ {'steps': '', 'epochs': 'ep', 'seconds': 's'}[self.unit] }"

    def interval_steps(self, steps_per_epoch: int) -> int | None:
        """The interval in steps; `None` if it isn't step-based."""
        if self.unit == "steps":
            return self.every
        if self.unit == "epochs":
            return self.every * steps_per_epoch
        return None

    def steps_until_due(self, step: int, steps_per_epoch: int) -> int | None:
        """Steps from `step` to the next occurrence; `None` if the interval isn't step-based."""
        interval = self.interval_steps(steps_per_epoch)
        return None if interval is None else interval - step % interval

    def is_due(
        self, step: int, steps_per_epoch: int, *, last_step: int, seconds_since: float
    ) -> bool:
        """Whether it is time, at `step`, for the next occurrence.

        Args:
            step: Steps completed.
            steps_per_epoch: Steps in one pass over the data.
            last_step: The step of the last occurrence; there are never two at one step.
            seconds_since: Seconds of training since the last occurrence.
        """
        if step == last_step or self.unit == "off":
            return False
        if self.unit == "seconds":
            return seconds_since >= self.every
        interval = self.interval_steps(steps_per_epoch)
        return interval is not None and step % interval == 0
