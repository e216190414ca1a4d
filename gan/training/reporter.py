"""Collects the losses of every step and reports them, at most ten times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import Event, Listener, Phase, PhaseEntered, StepsCompleted
from gan.training.execution import Losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.training.stopwatch import Stopwatch

REPORT_SECONDS: Final = 0.1
"""The minimum time between two reports."""


class Reporter:
    """Turns executions into `StepsCompleted` events, and keeps all events in order."""

    def __init__(
        self,
        emit: Listener,
        stopwatch: Stopwatch,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with nothing pending.

        Args:
            emit: Called with every event.
            stopwatch: Gives the times that are reported with the steps.
            clock: Seconds since the Unix epoch.
        """
        self._emit = emit
        self._stopwatch = stopwatch
        self._clock = clock
        self._pending: list[Losses] = []
        self._first_step = 1
        self._steps_per_execution = 0
        self._reported_at = stopwatch.now()

    def add(self, first_step: int, losses: Losses) -> None:
        """Take the losses of an execution that began with step `first_step`."""
        if not self._pending:
            self._first_step = first_step
        self._pending.append(losses)
        self._steps_per_execution = len(losses.d_loss)
        if self._stopwatch.now() - self._reported_at >= REPORT_SECONDS:
            self.flush()

    def emit(self, event: Event) -> None:
        """Report the steps before an event, then the event."""
        self.flush()
        self._emit(event)

    def enter(self, phase: Phase) -> None:
        """Report what the run does from now on."""
        self.emit(PhaseEntered(time=self._clock(), phase=phase))

    def flush(self) -> None:
        """Report the pending steps."""
        if not self._pending:
            return
        joined = Losses(*(_frozen(parts) for parts in zip(*self._pending, strict=True)))
        self._pending.clear()
        self._reported_at = self._stopwatch.now()
        self._emit(
            StepsCompleted(
                time=self._clock(),
                first_step=self._first_step,
                **joined._asdict(),
                train_seconds=self._stopwatch.seconds("training"),
                steps_per_execution=self._steps_per_execution,
                sampling_seconds=self._stopwatch.seconds("sampling"),
                saving_seconds=self._stopwatch.seconds("saving"),
                evaluating_seconds=self._stopwatch.seconds("evaluating"),
                paused_seconds=self._stopwatch.seconds("paused"),
            )
        )


def _frozen(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    joined = np.concatenate(parts)
    joined.setflags(write=False)
    return joined
