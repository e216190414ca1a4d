"""One thing that happens every so often in a run: how far off it is, and whether it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.cadence import Cadence


class Due:
    """A cadence, and when it last came round."""

    def __init__(
        self, cadence: Cadence, steps_per_epoch: int, *, step: int, seconds: float
    ) -> None:
        """Begin at a step and a reading of training seconds, where nothing is due.

        Args:
            cadence: The interval.
            steps_per_epoch: Steps in one pass over the data.
            step: Steps completed.
            seconds: Seconds of training so far.
        """
        self._cadence = cadence
        self._steps_per_epoch = steps_per_epoch
        self.last_step = step
        """The step at which it last happened, or at which the schedule began."""
        self._last_seconds = seconds

    @property
    def is_off(self) -> bool:
        """Whether it never happens."""
        return self._cadence.unit == "off"

    def steps_until_due(self, step: int) -> int | None:
        """How many steps may be made before it is due; none where steps do not decide."""
        return self._cadence.steps_until_due(step, self._steps_per_epoch)

    def is_due(self, step: int, seconds: float) -> bool:
        """Whether it is time; never twice at one step."""
        return self._cadence.is_due(
            step,
            self._steps_per_epoch,
            last_step=self.last_step,
            seconds_since=seconds - self._last_seconds,
        )

    def done(self, step: int, seconds: float) -> None:
        """Note that it happened."""
        self.last_step = step
        self._last_seconds = seconds
