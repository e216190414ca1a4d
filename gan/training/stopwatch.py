"""Where a run's time goes: steps, samples, checkpoints, pauses. One is measured at a time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Activity = Literal["training", "sampling", "saving", "paused"]


class Stopwatch:
    """Adds up seconds by activity. The trainer's alone; the clock is injected in tests."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Start at zero, with a monotonic clock in seconds."""
        self._clock = clock
        self._seconds: dict[Activity, float] = dict.fromkeys(
            ("training", "sampling", "saving", "paused"), 0.0
        )

    @contextmanager
    def measure(self, activity: Activity) -> Iterator[None]:
        """Count the time inside the block."""
        begun = self._clock()
        try:
            yield
        finally:
            self._seconds[activity] += self._clock() - begun

    def seconds(self, activity: Activity) -> float:
        """Seconds counted so far: by this process, and for `training` by those before it too."""
        return self._seconds[activity]

    def restore(self, training_seconds: float) -> None:
        """Go on from what a checkpoint had counted."""
        self._seconds["training"] = training_seconds

    def now(self) -> float:
        """The clock's reading, in seconds from an arbitrary origin."""
        return self._clock()
