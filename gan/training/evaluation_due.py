"""When an evaluation is due: at regular intervals, or as often as its cost allows."""

from __future__ import annotations

from typing import Final

from gan.cadence import Cadence
from gan.config import AUTO_EVALUATION
from gan.training.due import Due

SHARE: Final = 0.01
"""The share of the training time that evaluations may cost if `auto` decides how often."""

_MAX_SHARE: Final = 2 * SHARE
"""The share of the time since the last one that an evaluation may cost."""

FIRST_COST: Final = 0.5
"""Seconds that the first evaluation of a process is expected to cost, and counts as at most: it
also prepares the measure, which is done once and says nothing about the others."""


class EvaluationDue:
    """Decides when a run is evaluated. The last step always is, unless evaluation is off."""

    def __init__(
        self, every: str, steps_per_epoch: int, total_steps: int, *, once_an_epoch: bool
    ) -> None:
        """Begin with a run that has not started; nothing is due at step 0.

        Args:
            every: How often, as `RunConfig.evaluate_every`.
            steps_per_epoch: Steps in one pass over the data.
            total_steps: Steps in the run.
            once_an_epoch: Whether `auto` has at least one in each epoch, whatever it costs.
        """
        self._is_auto = every == AUTO_EVALUATION
        cadence = Cadence.parse("off" if self._is_auto else every)
        self._is_regular = cadence.unit in ("steps", "epochs")
        self.is_off = not self._is_auto and cadence.unit == "off"
        self._due = Due(cadence, steps_per_epoch)
        self._budget = _Budget()
        self._epoch_steps = steps_per_epoch if once_an_epoch else 0
        self._total_steps = total_steps
        self.continue_from(0, 0.0)

    def continue_from(self, step: int, seconds: float) -> None:
        """Count from here: a step that is evaluated, or at which the run began.

        Args:
            step: That step; the run may be at a later one.
            seconds: Seconds of training so far.
        """
        self._due.done(step, seconds)
        self._budget.restart(seconds)

    def begun(self, step: int, seconds: float) -> None:
        """Note that the evaluation of a step has begun, after these seconds of training."""
        self._due.done(step, seconds)
        self._budget.begin(seconds)

    def cost(self, seconds: float) -> None:
        """Note what an evaluation cost, in seconds of training."""
        self._budget.spend(seconds)

    def steps_until_due(self, step: int) -> int | None:
        """Steps until an evaluation is due, or `None` if steps do not decide."""
        return self._due.steps_until_due(step)

    def is_due(self, step: int, seconds: float) -> bool:
        """Whether an evaluation of this step is due, after these seconds of training."""
        if self.is_off or step == self._due.last_step:
            return False
        if step >= self._total_steps or self._due.is_due(step, seconds):
            return True
        return self._is_auto and (self._has_new_epoch(step) or self._budget.allows(seconds))

    def waits_at(self, step: int) -> bool:
        """Whether training waits until the evaluation of this step can begin.

        Otherwise another step, a little later, is as good. Given steps are evaluated on every
        machine, however fast it is.
        """
        return self._is_regular or step >= self._total_steps

    def _has_new_epoch(self, step: int) -> bool:
        steps = self._epoch_steps
        return steps > 0 and step // steps > self._due.last_step // steps


class _Budget:
    """What evaluations may cost in a process, and what they have cost."""

    def __init__(self) -> None:
        self._begun_at = self._last_at = 0.0
        self._spent = 0.0
        self._expected = FIRST_COST
        self._is_first = True

    def restart(self, seconds: float) -> None:
        self._begun_at, self._last_at, self._spent = seconds, seconds, 0.0

    def begin(self, seconds: float) -> None:
        self._last_at = seconds

    def spend(self, seconds: float) -> None:
        counted = min(seconds, FIRST_COST) if self._is_first else seconds
        self._is_first = False
        self._spent += counted
        self._expected = counted

    def allows(self, seconds: float) -> bool:
        """Whether all of them, with the next, cost at most their share of the time.

        The next must also be worth some of the time since the last: an expensive one would
        otherwise be followed by several cheap ones in a row, of nearly the same step.
        """
        is_paid = self._spent + self._expected <= SHARE * (seconds - self._begun_at)
        return is_paid and self._expected <= _MAX_SHARE * (seconds - self._last_at)


class Slowdown:
    """How much longer training takes while something else computes: measured, not assumed."""

    def __init__(self) -> None:
        self._mark = (0, 0.0)
        """The step and the seconds of training when the other work began, or last ended."""

        self._seconds_per_step = 0.0
        """Without the other work; 0 if unknown."""

    def restart(self, step: int, seconds: float) -> None:
        """Measure the usual speed from here: no other work is going on."""
        self._mark, self._seconds_per_step = (step, seconds), 0.0

    def begin(self, step: int, seconds: float) -> None:
        """Note that other work begins at this step, after these seconds of training."""
        steps, spent = step - self._mark[0], seconds - self._mark[1]
        self._seconds_per_step = spent / steps if steps > 0 else self._seconds_per_step
        self._mark = (step, seconds)

    def end(self, step: int, seconds: float) -> float:
        """Note that it has ended; returns the seconds of training that it cost."""
        steps, spent = step - self._mark[0], seconds - self._mark[1]
        self._mark = (step, seconds)
        if not self._seconds_per_step:
            return 0.0
        return max(0.0, spent - steps * self._seconds_per_step)
