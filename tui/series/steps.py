"""The horizontal axis of a chart as arithmetic: consecutive steps shared out over columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Steps:
    """Consecutive steps (or epochs) in equal shares of the columns."""

    first: int
    """The first step."""

    count: int
    """How many there are."""

    columns: int
    """The columns they share."""

    unit: str = ""
    """What is counted, if not steps."""

    def column(self, step: float) -> int | None:
        """The column in which a step lies; `None` outside the axis."""
        index = step - self.first
        if not 0 <= index < self.count:
            return None
        return int((index + 0.5) * self.columns / self.count)
