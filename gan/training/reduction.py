"""How much of the steps' time replicas spend on exchanging, measured now and then.

Nothing can be timed inside one compiled call without slowing it. So, every half a minute, the next
steps are first made without an exchange, each replica by itself, and taken back. What steps take
longer than those is what the exchange costs: the sums, and the waiting for the slowest replica.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.events import ReductionMeasured

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Listener
    from gan.training.execution import Executes

INTERVAL_SECONDS: Final = 30.0
"""Between two measurements. One takes as long as an execution, and twice copying the state."""

_FIRST_SECONDS: Final = 3.0
"""Before the first: by then executions are as long as they will be."""

_MEMORY: Final = 0.5
"""Weight of earlier measurements against the newest."""


class ReductionMeter:
    """Measures the share of the reduction in an execution's time. The trainer's alone."""

    def __init__(
        self,
        execution: Executes,
        emit: Listener,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Measure nothing yet.

        Args:
            execution: Makes the steps, on one device or on several.
            emit: Called with an event for every measurement.
            clock: Monotonic seconds.
        """
        self._execution = execution
        self._emit = emit
        self._clock = clock
        self._due_at = clock() + _FIRST_SECONDS
        self._together = self._alone = 0.0
        """Seconds of a step with an exchange and without one, over some measurements."""

    def follow(self, step: int, branch: int, made: int, seconds: float) -> None:
        """Measure, if it is due, after an execution.

        Args:
            step: Steps completed, those of the execution included.
            branch: How many times the run was rolled back.
            made: Steps of the execution.
            seconds: How long it took.

        Raises:
            tf.errors.OpError: A device fails.
            WorkersError: Another worker is gone.
        """
        if self._clock() < self._due_at:
            return
        steps = min(made, self._execution.max_steps_after(step))
        alone = self._execution.seconds_alone(step, steps, branch)
        if alone is None:
            self._due_at = float("inf")
            return
        self._due_at = self._clock() + INTERVAL_SECONDS
        self._together = _MEMORY * self._together + seconds / made
        self._alone = _MEMORY * self._alone + alone / steps
        share = min(max(1 - self._alone / self._together, 0.0), 1.0)
        self._emit(ReductionMeasured(time=time.time(), step=step, share=share))
