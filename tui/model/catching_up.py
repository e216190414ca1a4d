"""Takes in what happened before the screen came, a slice at a time.

A long log has millions of steps; folding them at once would freeze the screen for seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from gan.exchange.event_buffer import ShownAnew, ShownWhole
from tui.model.run_state import RunState, apply, of_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Event

SLICE_SECONDS: Final = 0.05
"""How long one slice may take."""


class CatchingUp:
    """Folds earlier events into a state that is shown once all of them are in it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin with nothing to catch up with.

        Args:
            clock: A monotonic clock in seconds.
        """
        self._clock = clock
        self._left: deque[Event] = deque()
        self._state: RunState | None = None
        self._awaits_more = False
        """Whether a run comes in parts, of which the last one was not taken in yet."""

    @property
    def is_behind(self) -> bool:
        """Whether there is more to take in."""
        return bool(self._left)

    def take(self, state: RunState, found: Sequence[Event]) -> RunState:
        """Take in more, and work for one slice.

        Args:
            state: The state that is shown.
            found: Events from before the screen came, oldest first.

        Returns:
            The state to show: the same, until all is taken in. Then its log is in the order of
            time, because its lines are older than some that are there already.
        """
        self._left += found
        if not self._left:
            return state
        until = self._clock() + SLICE_SECONDS
        caught_up = state if self._state is None else self._state
        while self._left:
            caught_up = self._applied(caught_up, self._left.popleft())
            if self._left and self._clock() >= until:
                self._state = caught_up
                return state
        if self._awaits_more:
            self._state = caught_up
            return state
        self._state = None
        # What this screen did meanwhile is in the state that is shown alone.
        meanwhile = (line for line in of_screen(state.log) if line not in caught_up.log)
        log = sorted([*caught_up.log, *meanwhile], key=lambda line: line.time)
        return replace(caught_up, log=tuple(log))

    def _applied(self, state: RunState, event: Event) -> RunState:
        if isinstance(event, ShownAnew):
            self._awaits_more = not event.is_whole
        elif isinstance(event, ShownWhole):
            self._awaits_more = False
        return apply(state, event)
