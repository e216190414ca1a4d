"""Runs the training steps, an execution at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.errors import Diverged
from gan.training.collapse_alarm import CollapseAlarm
from gan.training.execution import MAX_STEPS_PER_EXECUTION
from gan.training.pace import Pace

if TYPE_CHECKING:
    from gan.config import RunConfig
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.training.execution import Execution, Losses
    from gan.training.reporter import Reporter
    from gan.training.stopwatch import Stopwatch


class Stepper:
    """Chooses how many steps an execution has, times them, and reports and checks their losses."""

    def __init__(
        self, config: RunConfig, execution: Execution, reporter: Reporter, stopwatch: Stopwatch
    ) -> None:
        """Start at step 0 of the first branch."""
        self._preset = config.preset
        self._execution = execution
        self._reporter = reporter
        self._stopwatch = stopwatch
        self._pace = Pace()
        self._alarm = CollapseAlarm(config.preset)
        self.total_steps = config.total_steps(execution.steps_per_epoch)
        self.step = 0
        """Steps completed."""

        self.branch = 0
        """How many times the run was rolled back."""

    @property
    def is_at_epoch_end(self) -> bool:
        """Whether an epoch was just completed, or none has begun."""
        return self.step % self._execution.steps_per_epoch == 0

    def resume(self, point: ResumePoint) -> None:
        """Continue from a checkpoint, on its branch."""
        self.step, self.branch = point.step, point.branch

    def roll_back(self, point: ResumePoint) -> None:
        """Continue from a checkpoint on a new branch with new random draws."""
        self.step, self.branch = point.step, max(self.branch, point.branch) + 1
        self._alarm = CollapseAlarm(self._preset)

    def make_steps(self, *limits: int | None) -> None:
        """Make one execution of steps: as many as the pace and the limits allow.

        Raises:
            Diverged: The losses of the last step are non-finite.
        """
        maxima = (self.total_steps - self.step, self._execution.max_steps_after(self.step))
        steps = min(limit for limit in (self._pace.steps, *maxima, *limits) if limit is not None)
        begun = self._stopwatch.seconds("training")
        with self._stopwatch.measure("training"):
            losses = self._execution(self.step, steps, self.branch)
        made, first_step = len(losses.d_loss), self.step + 1
        self.step += made
        seconds = self._stopwatch.seconds("training") - begun
        self._pace = self._pace.measured(made, seconds, MAX_STEPS_PER_EXECUTION)
        self._reporter.add(first_step, losses)
        _require_finite(self.step, losses)
        if alert := self._alarm.add(losses):
            self._reporter.emit(
                events.AlertRaised(time=time.time(), step=self.step, **alert._asdict())
            )


def _require_finite(last_step: int, losses: Losses) -> None:
    """Check the last step's losses; an execution ends after its first non-finite step.

    Raises:
        Diverged: A loss is non-finite.
    """
    d_loss, g_loss = losses.d_loss[-1], losses.g_loss[-1]
    if not (np.isfinite(d_loss) and np.isfinite(g_loss)):
        msg = (
            f"the losses became non-finite at step {last_step}: "
            f"d_loss {d_loss}, g_loss {g_loss}. Try a lower --learning-rate."
        )
        raise Diverged(msg)
