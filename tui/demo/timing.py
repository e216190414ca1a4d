"""When each event of a recording is due, and a clock that can be paused."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Event

SPEED: Final = 3.0
"""How many times as fast as it happened a recording is played."""

LONGEST_WAIT: Final = 0.5
"""Seconds after which the next event comes at the latest: nobody waits for a compiler again."""


def due_times(
    events: Sequence[Event], speed: float = SPEED, longest: float = LONGEST_WAIT
) -> tuple[float, ...]:
    """Seconds from the start of playing to each event; the first is due at once.

    Args:
        events: Oldest first.
        speed: How many times as fast as they happened.
        longest: The longest wait between two of them, in seconds of playing.
    """
    if not events:
        return ()
    waits = (
        min(max(after.time - before.time, 0.0) / speed, longest)
        for before, after in pairwise(events)
    )
    return (0.0, *accumulate(waits))


class PlayingClock:
    """Seconds that were played, without pauses."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin at 0, running.

        Args:
            clock: A monotonic clock in seconds.
        """
        self._clock = clock
        self._before = 0.0
        """Seconds that were played before the last pause."""

        self._since: float | None = clock()
        """When playing began or went on; `None` while it is paused."""

    @property
    def is_paused(self) -> bool:
        """Whether time stands still."""
        return self._since is None

    @property
    def seconds(self) -> float:
        """Seconds that were played so far."""
        return self._before + (0.0 if self._since is None else self._clock() - self._since)

    def pause(self) -> None:
        """Stand still; does nothing while paused."""
        self._before, self._since = self.seconds, None

    def unpause(self) -> None:
        """Go on; does nothing while running."""
        if self._since is None:
            self._since = self._clock()
