"""The events that wait for a tracker: as many as fit, and of more the oldest steps are dropped."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from gan.events import StepsCompleted

if TYPE_CHECKING:
    from gan.events import Event


class Backlog:
    """A bounded queue between the thread of a run and that of a tracker."""

    def __init__(self, capacity: int) -> None:
        """Begin empty.

        Args:
            capacity: Events that wait at most, at least 1.
        """
        self._capacity = capacity
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self.dropped = 0
        """Events that were dropped so far."""

    def put(self, event: Event) -> bool:
        """Add an event; never waits. Returns whether one was dropped for it."""
        with self._changed:
            is_full = len(self._waiting) >= self._capacity
            if is_full:
                self._drop()
            self._waiting.append(event)
            self._changed.notify()
        return is_full

    def next(self) -> Event | None:
        """The oldest event, once there is one; `None` once there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Have `next` return `None` once all that wait are taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def clear(self) -> None:
        """Forget all that wait."""
        with self._changed:
            self._waiting.clear()

    def _drop(self) -> None:
        """Drop the oldest event; what happens once only stays as long as there are steps."""
        self.dropped += 1
        for place, event in enumerate(self._waiting):
            if isinstance(event, StepsCompleted):
                del self._waiting[place]
                return
        self._waiting.popleft()
