"""What the disk refuses, until it takes it: bounded, the oldest steps making way."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.events import SeriesLogged, StepsCompleted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Event, Listener

MAX_VALUES: Final = 4_000_000
"""Values that wait at most: 16 MB, a million steps of four series."""

_VALUES_OF_AN_EVENT: Final = 64
"""What an event counts for besides its values: its own few hundred bytes."""


class _Waiting(NamedTuple):
    events: Sequence[Event]
    steps: int
    values: int


class Backlog:
    """Events on their way to the log. Used by the writer's thread only."""

    def __init__(self, max_values: int = MAX_VALUES) -> None:
        """Begin empty."""
        self._max_values = max_values
        self._waiting: deque[_Waiting] = deque()
        self._values = 0
        self._left_out = 0

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    @property
    def steps(self) -> int:
        """Steps that wait."""
        return sum(entry.steps for entry in self._waiting)

    def add(self, events: Sequence[Event], steps: int = 0) -> None:
        """Keep events, which are of so many steps; the oldest steps make way."""
        entry = _Waiting(events, steps, sum(map(_values_in, events)))
        self._waiting.append(entry)
        self._values += entry.values
        while self._values > self._max_values and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            self._values -= oldest.values
            self._left_out += oldest.steps

    def flush(self, emit: Listener) -> None:
        """Emit what waits, oldest first."""
        waiting, self._waiting, self._values = self._waiting, deque(), 0
        for entry in waiting:
            for event in entry.events:
                emit(event)

    def take_left_out(self) -> int:
        """Steps that had to make way since this was asked last."""
        left_out, self._left_out = self._left_out, 0
        return left_out


def _values_in(event: Event) -> int:
    if isinstance(event, StepsCompleted):
        return 4 * len(event.d_loss) + _VALUES_OF_AN_EVENT
    if isinstance(event, SeriesLogged):
        return sum(map(len, event.series.values())) + _VALUES_OF_AN_EVENT
    return _VALUES_OF_AN_EVENT
