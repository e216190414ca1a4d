"""Which step a call logs, and whether its series may have a value there."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from gan.run.event_json import MAX_INTEGER, MAX_NAME, MAX_SERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

_STEP: Final = "step"
"""The name of the column of steps in exported tables."""


class StepCounter:
    """Counts the steps of one run, and knows its series. Used by one thread at a time."""

    def __init__(self) -> None:
        """Begin before the first step."""
        self.step = 0
        """The step that was logged last; 0 before the first."""

        self.names: set[str] = set()
        """The names that were admitted."""

        self._at_step: set[str] = set()
        """The series that have a value at this step."""

    def admit(self, name: str) -> None:
        """Check the name of a new series.

        Raises:
            TypeError: It is no string.
            ValueError: It is too long or empty, or that of the steps, or there are too many.
        """
        if not isinstance(name, str):
            raise TypeError(f"series: received the name {name!r:.80}, expected a string")
        if not 1 <= len(name) <= MAX_NAME:
            raise ValueError(
                f"series: received the name {name!r:.80} of {len(name)} characters, expected 1 to "
                f"{MAX_NAME}"
            )
        if name == _STEP:
            raise ValueError(
                f"series {name!r}: a table of the run has its steps under this name; pass step=, "
                "as in log(values, step=3), or call the series something else"
            )
        if len(self.names) >= MAX_SERIES:
            raise ValueError(
                f"series {name!r}: received more than {MAX_SERIES} series, expected at most so many"
            )
        self.names.add(name)

    def enter(self, step: int | None, scalars: Mapping[str, Any]) -> int:
        """Go on to the next step, or to the one that was given; returns it.

        Args:
            step: The step; `None` for the next.
            scalars: What is logged there, by series.

        Raises:
            TypeError: The step is no whole number.
            ValueError: It is earlier than the last one, or has one of the series already.
        """
        if step is None:
            self.step += 1
            self._at_step = set(scalars)
        else:
            self._go_to(self._checked(step), scalars)
        return self.step

    def _go_to(self, step: int, scalars: Mapping[str, Any]) -> None:
        again = self._at_step & scalars.keys() if step == self.step else set()
        if again:
            raise ValueError(
                f"series {min(again)!r}: received a second value for step {step:,}, expected one "
                "value a step"
            )
        if step != self.step:
            self.step, self._at_step = step, set()
        self._at_step |= scalars.keys()

    def _checked(self, step: int) -> int:
        """The number of a step, of NumPy's integers too."""
        if isinstance(step, bool) or not hasattr(step, "__index__"):
            raise TypeError(f"step: received {step!r:.80}, expected a whole number")
        number = operator.index(step)
        if number < 1:
            raise ValueError(
                f"step: received {number}, expected 1 or more: it counts the steps that are done. "
                "In a loop that counts from 0, pass step + 1"
            )
        if number > MAX_INTEGER:
            raise ValueError(f"step: received {number}, expected {MAX_INTEGER:,} or less")
        if number < self.step:
            raise ValueError(
                f"step: received {number:,}, expected {self.step:,} or more: a run's steps go "
                "forward"
            )
        return number
