"""How many steps one execution makes.

Long enough that the cost of a call is negligible, short enough that a pause feels immediate: about
80 ms on any device. Commands are carried out between executions, so this is their latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TARGET_SECONDS: Final = 0.08
"""How long an execution should last. Two CPU cores idle for almost 2 ms between executions, and a
pause must take effect within a tenth of a second."""

_GROWTH: Final = 4
"""The maximum growth from one execution to the next, while the speed is unknown."""

_MEMORY: Final = 0.7
"""Weight of the past in the average of seconds per step."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The size of the next execution, learned from earlier ones. Begin with `Pace()`."""

    steps: int = 1
    """Steps that the next execution should make."""

    seconds_per_step: float = 0.0
    """A moving average; 0 before the first measurement."""

    def measured(self, steps: int, seconds: float, limit: int) -> Pace:
        """The pace after an execution of `steps` steps took `seconds`.

        Args:
            steps: At least 1.
            seconds: Wall time, above 0.
            limit: The maximum number of steps in an execution.
        """
        newest = seconds / steps
        average = newest
        if self.seconds_per_step:
            average = _MEMORY * self.seconds_per_step + (1 - _MEMORY) * newest
        # The slower of both: one slow execution shrinks the next one at once.
        wanted = int(TARGET_SECONDS / max(newest, average))
        return Pace(max(1, min(wanted, self.steps * _GROWTH, limit)), average)
