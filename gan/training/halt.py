"""Whether a run makes no steps: paused, or because it has diverged and waits for a decision."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gan import events
from gan.commands import DECISION_SECONDS

if TYPE_CHECKING:
    from gan.errors import Diverged
    from gan.training.evaluator import Evaluator
    from gan.training.execution import Stepper
    from gan.training.sampling import GridDrawer
    from gan.training.stopwatch import Stopwatch


class Halt:
    """Begins and ends pauses, and knows how long a decision is waited for."""

    def __init__(
        self,
        stepper: Stepper,
        grids: GridDrawer,
        evaluator: Evaluator,
        emit: events.Listener,
        stopwatch: Stopwatch,
    ) -> None:
        """Begin with a run that trains.

        Args:
            stepper: Knows the step.
            grids: Draws a preview at a pause, and knows whether somebody watches and can decide.
            evaluator: Generates no more images of a run that has diverged.
            emit: Takes an event for each pause and its end, and for a divergence.
            stopwatch: Its clock measures how long nobody has watched.
        """
        self._stepper, self._grids, self._evaluator = stepper, grids, evaluator
        self._emit, self._stopwatch = emit, stopwatch
        self._alone_since = 0.0
        """When the last viewer has left a run that waits for a decision."""

        self.is_paused = False
        """Whether no steps are made until `unpause`."""

        self.diverged: Diverged | None = None
        """Why the run waits for somebody to roll it back or stop it; `None` if it does not."""

    def pause(self) -> None:
        """Make no more steps, and draw a preview of the last one; nothing if paused already."""
        if not self.is_paused:
            self.is_paused = True
            self._emit(events.Paused(time=time.time(), step=self._stepper.step))
            self._grids.draw_preview(self._stepper.step)

    def unpause(self) -> None:
        """Make steps again; nothing if not paused."""
        if self.is_paused:
            self.is_paused = False
            self._emit(events.Unpaused(time=time.time(), step=self._stepper.step))

    def end(self) -> None:
        """Make steps again, without an event: the run was rolled back."""
        self.diverged, self.is_paused = None, False

    def wait_for_decision(self, diverged: Diverged) -> None:
        """Report that the run diverged, and pause, so that a viewer can roll back or stop.

        Raises:
            Diverged: Nobody watches.
        """
        message = str(diverged)
        self._emit(events.Diverged(time=time.time(), step=self._stepper.step, message=message))
        self._evaluator.diverged()
        if not self._grids.is_watched:
            raise diverged
        self.diverged = diverged
        self.pause()

    def watch(self, preview_seconds: float | None) -> None:
        """Draw previews this often, or go on without a viewer.

        A pause stays: somebody may still unpause from elsewhere, or come back to decide.
        """
        if self._grids.is_watched and preview_seconds is None:
            self._alone_since = self._stopwatch.now()
        self._grids.watch(self._stepper.step, preview_seconds)

    @property
    def overdue(self) -> Diverged | None:
        """Why the run has diverged, if nobody has come back in time to decide; else `None`."""
        return self.diverged if self.seconds_to_decide() == 0 else None

    def seconds_to_decide(self) -> float | None:
        """How long the run still waits for somebody to decide; `None` if there is no limit."""
        if self.diverged is None or self._grids.is_watched:
            return None
        return max(self._alone_since + DECISION_SECONDS - self._stopwatch.now(), 0.0)
