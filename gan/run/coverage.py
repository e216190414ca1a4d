"""Which steps of a run its log holds, and which it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.events import StepsCompleted

_NAMED: Final = 5
"""Stretches of missing steps that are named."""


class Coverage:
    """The steps up to a checkpoint, and the events that report them."""

    def __init__(self, last_step: int) -> None:
        """Begin with no step covered; `last_step` is that of the checkpoint."""
        self.last_step = last_step
        self._covered: list[tuple[int, int]] = []

    def add(self, event: StepsCompleted) -> bool:
        """Note an event's steps; returns whether they are of this part of the run."""
        if event.first_step < 1 or event.last_step > self.last_step:
            return False
        if self._covered and self._covered[-1][1] + 1 == event.first_step:
            self._covered[-1] = (self._covered[-1][0], event.last_step)
        else:
            self._covered.append((event.first_step, event.last_step))
        return True

    def missing(self) -> list[tuple[int, int]]:
        """The first and the last step of each stretch that no event reported, ascending."""
        found, next_step = [], 1
        for first, last in sorted(self._covered):
            if first > next_step:
                found.append((next_step, first - 1))
            next_step = max(next_step, last + 1)
        if next_step <= self.last_step:
            found.append((next_step, self.last_step))
        return found


def in_words(stretches: list[tuple[int, int]]) -> str:
    """Stretches of steps for a person: `41 to 47, 60, and 3 more stretches`."""
    named = [f"{a:,}" if a == b else f"{a:,} to {b:,}" for a, b in stretches[:_NAMED]]
    more = len(stretches) - _NAMED
    return ", ".join(named) + (f", and {more:,} more stretches" if more > 0 else "")
