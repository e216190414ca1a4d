"""When a checkpoint is due: at regular intervals, a little after one failed, or if all are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.cadence import Cadence
from gan.training.due import Due

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.training.stopwatch import Stopwatch

RETRY_SECONDS: Final = 10.0
"""How long to wait after a checkpoint failed before trying the next."""


class CheckpointDue:
    """Decides when a run is saved, and knows what its newest checkpoint is of."""

    def __init__(
        self,
        config: RunConfig,
        steps_per_epoch: int,
        stopwatch: Stopwatch,
        draw: int,
        take_lost: Callable[[], bool],
    ) -> None:
        """Begin with nothing saved.

        Args:
            config: Sets how often.
            steps_per_epoch: Steps in one pass over the data.
            stopwatch: Measures the seconds of training.
            draw: Number of the run's latents.
            take_lost: Whether all checkpoints were deleted since this was asked last.
        """
        self._due = Due(Cadence.parse(config.checkpoint_every), steps_per_epoch)
        self._stopwatch, self._take_lost = stopwatch, take_lost
        self._failed_at: float | None = None
        self._saved_draw: int | None = draw
        """The latents of the newest checkpoint; `None` if it belongs to another branch."""

    @property
    def has_failed(self) -> bool:
        """Whether the newest checkpoint could not be written, and none was begun since."""
        return self._failed_at is not None

    def steps_until_due(self, step: int) -> int | None:
        """Steps until a checkpoint is due, or `None` if steps do not decide."""
        return self._due.steps_until_due(step)

    def is_due(self, step: int) -> bool:
        """Whether it is time for a checkpoint: a regular one, a retry, or because all are gone."""
        if self._take_lost():
            return True
        if self._failed_at is not None:
            return self._stopwatch.now() - self._failed_at >= RETRY_SECONDS
        return self._due.is_due(step, self._stopwatch.seconds("training"))

    def is_saved(self, step: int, draw: int) -> bool:
        """Whether the newest checkpoint is of this step, with the latents of this number."""
        return self._due.last_step == step and self._saved_draw == draw and not self.has_failed

    def saved(self, step: int, draw: int) -> None:
        """Note that a checkpoint was restored, or that one is being written."""
        self._failed_at, self._saved_draw = None, draw
        self._due.done(step, self._stopwatch.seconds("training"))

    def failed(self) -> None:
        """Note that a checkpoint could not be written."""
        self._failed_at = self._stopwatch.now()

    def begin_branch(self) -> None:
        """Note that the run goes on from its newest checkpoint on another branch."""
        self._saved_draw = None
