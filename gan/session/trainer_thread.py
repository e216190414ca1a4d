"""The thread that trains, and that can be given up if it is in native code for ever."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SLICE: Final = 0.25
"""Seconds: how late somebody who waits for the thread may notice that it was given up."""


class TrainerThread:
    """A thread of its own for a run. A process that gives it up has to end soon."""

    def __init__(self, run: Callable[[], None]) -> None:
        """Nothing runs until `start`."""
        self._thread = threading.Thread(target=run, name="trainer", daemon=True)
        self._given_up = threading.Event()

    def start(self) -> None:
        """Start it and return at once."""
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        """Wait for its own end; returns whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def give_up(self) -> None:
        """Count it as ended, although it is not."""
        self._given_up.set()

    def join(self, timeout: float | None) -> bool:
        """Wait until it has ended or was given up; returns whether that is so."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._given_up.is_set():
            left = _SLICE if until is None else min(until - time.monotonic(), _SLICE)
            if self.ends_within(max(left, 0.0)):
                return True
            if until is not None and time.monotonic() >= until:
                return self._given_up.is_set()
        return True
