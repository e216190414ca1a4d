"""Measures the time that a run spends on steps, samples, checkpoints, evaluations and pauses."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Activity = Literal["training", "sampling", "saving", "evaluating", "paused"]


class Stopwatch:
    """Adds up seconds by activity, one at a time. Used by the trainer thread only."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Start at zero, with a monotonic clock in seconds; tests pass their own."""
        self._clock = clock
        self._seconds: dict[Activity, float] = dict.fromkeys(get_args(Activity), 0.0)

    @contextmanager
    def measure(self, activity: Activity) -> Iterator[None]:
        """Add the time spent in the block."""
        begun = self._clock()
        try:
            yield
        finally:
            self._seconds[activity] += self._clock() - begun

    def seconds(self, activity: Activity) -> float:
        """Seconds so far in this process; for `training`, in earlier processes too."""
        return self._seconds[activity]

    def restore(self, training_seconds: float) -> None:
        """Continue from the seconds of training in a checkpoint."""
        self._seconds["training"] = training_seconds

    def now(self) -> float:
        """The clock in seconds, from an arbitrary origin."""
        return self._clock()
