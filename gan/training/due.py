"""Something that happens at regular intervals in a run, and whether it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.cadence import Cadence


class Due:
    """An interval, and when it last elapsed."""

    def __init__(self, cadence: Cadence, steps_per_epoch: int) -> None:
        """Begin with a run that has not started: it may be due at step 0.

        Args:
            cadence: The interval.
            steps_per_epoch: Steps in one pass over the data.
        """
        self._cadence = cadence
        self._steps_per_epoch = steps_per_epoch
        self.last_step = -1
        """The step at which it last happened, or at which the interval began; -1 at first."""

        self._last_seconds = 0.0

    @property
    def is_off(self) -> bool:
        """Whether it never happens: the interval is `off`."""
        return self._cadence.unit == "off"

    def steps_until_due(self, step: int) -> int | None:
        """Steps until it is due, or `None` if the interval isn't step-based."""
        return self._cadence.steps_until_due(step, self._steps_per_epoch)

    def is_due(self, step: int, seconds: float) -> bool:
        """Whether it is due; never twice at the same step."""
        return self._cadence.is_due(
            step,
            self._steps_per_epoch,
            last_step=self.last_step,
            seconds_since=seconds - self._last_seconds,
        )

    def done(self, step: int, seconds: float) -> None:
        """Note that it has happened, at this step and after these seconds of training."""
        self.last_step = step
        self._last_seconds = seconds
