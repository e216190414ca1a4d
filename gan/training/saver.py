"""What a run leaves behind while it trains: samples, looks and checkpoints, each in its time.

Apart from the loop, because when something is kept, what a disk that fails does to it, and what is
saved already are one subject, and stepping is another.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from gan import events
from gan.cadence import Cadence
from gan.errors import CheckpointError, Diverged, StorageError
from gan.run.faults import FaultReporter
from gan.training.due import Due
from gan.training.state import restore_state, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor, Future

    import numpy as np

    from gan.config import RunConfig
    from gan.training.build import Program
    from gan.training.stopwatch import Stopwatch

RETRY_SECONDS: Final = 10.0
"""How long after a checkpoint that failed the next is tried."""


Written = tuple[str, int]
"""A checkpoint's path relative to the run directory, and its size in bytes."""


class Record(Protocol):
    """The run on disk, as the trainer needs it. Everything may raise `StorageError`."""

    def save_samples(self, step: int, images: events.Images, latents: events.Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory."""
        ...

    def prepare_checkpoint(
        self,
        step: int,
        arrays: Mapping[str, np.ndarray],
        extra: Mapping[str, Any],
        *,
        requested: bool,
    ) -> Callable[[], Written]:
        """Settle what a checkpoint holds; returns what writes and verifies it, in any thread.

        Raises:
            CheckpointError: An array is not finite.
        """
        ...

    def roll_back(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """Forget what came after the newest checkpoint; returns its arrays and its extra."""
        ...


class _Saving(NamedTuple):
    """A checkpoint that is being written beside the training."""

    step: int
    requested: bool
    stood_still: float
    """Seconds that were spent saving before it."""

    written: Future[Written]


class Saver:
    """Keeps a run's samples and checkpoints. The trainer's alone."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        *,
        emit: events.Listener,
        record: Record,
        stopwatch: Stopwatch,
        preview_seconds: float | None,
        beside: Executor,
    ) -> None:
        """Begin with nothing kept.

        Args:
            config: Whose cadences are followed.
            program: Whose state and samples are kept.
            emit: Told of everything that is kept, or could not be.
            record: Where it is kept.
            stopwatch: Measures what keeping costs, and the training between.
            preview_seconds: How often to draw samples for somebody watching; none for nobody.
            beside: Where checkpoints are written while training goes on.
        """
        self._gan, self._sampler = program.gan, program.sampler
        self._emit = emit
        self._record = record
        self._stopwatch = stopwatch
        self._look_seconds = preview_seconds
        self._looked_at = stopwatch.now()
        self._beside = beside
        self._saving: _Saving | None = None
        self._failed_at: float | None = None
        self._owed = False
        """Whether a person asked for a checkpoint that the disk has refused so far."""

        self._faults = FaultReporter(emit)
        self._saved_draw: int | None = self._sampler.draw
        """Which latents the newest checkpoint holds; none where it is of another branch."""

        steps_per_epoch = program.execution.steps_per_epoch
        self._samples = Due(
            Cadence.parse(config.sample_every), steps_per_epoch, step=-1, seconds=0.0
        )
        self._checkpoints = Due(
            Cadence.parse(config.checkpoint_every), steps_per_epoch, step=-1, seconds=0.0
        )

    def restore(self, arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any]) -> int:
        """Take over a checkpoint's state, as `prepare_checkpoint` was given it; returns its step.

        Raises:
            CheckpointError: The arrays are of other networks.
        """
        restore_state(self._gan, arrays)
        self._sampler.resample(int(extra["draw"]))
        self._stopwatch.restore(float(extra["train_seconds"]))
        step = int(extra["step"])
        self._samples.done(step, self._training_seconds)
        self._note_saved(step)
        return step

    def roll_back(self) -> Mapping[str, Any]:
        """Go back to the newest checkpoint; returns what it held beside the state.

        Raises:
            CheckpointError: There is none.
            StorageError: The disk failed.
        """
        self.finish_saving()
        arrays, extra = self._record.roll_back()
        self.restore(arrays, extra)
        # What follows is another branch: ended right here, it has to be saved as that.
        self._saved_draw = None
        return extra

    def steps_until_due(self, step: int) -> int | None:
        """How many steps may be made before something is due; none where steps do not decide."""
        both = (self._samples.steps_until_due(step), self._checkpoints.steps_until_due(step))
        return min((steps for steps in both if steps is not None), default=None)

    def begin(self, step: int) -> None:
        """Keep the first grid of a run, or show the first of a resumed one."""
        if step == 0 and not self._samples.is_off:
            self._try_samples(step)
        else:
            self.look(step)

    def draw_what_is_due(self, step: int) -> None:
        """Between two executions: samples, or a look. A disk that fails stops nothing."""
        if self._samples.is_due(step, self._training_seconds):
            self._try_samples(step)
        elif self._is_look_due():
            self.look(step)

    def is_checkpoint_due(self, step: int) -> bool:
        """Whether it is time for a checkpoint, or for another try of one that failed."""
        if self._failed_at is not None:
            return self._stopwatch.now() - self._failed_at >= RETRY_SECONDS
        return self._checkpoints.is_due(step, self._training_seconds)

    def keep_the_end(self, step: int, extra: Mapping[str, Any]) -> None:
        """Keep where the run ended.

        Raises:
            Diverged: The state is not finite.
            StorageError: The last checkpoint could not be written.
        """
        self.finish_saving()
        if self._samples.last_step != step and not self._samples.is_off:
            self._try_samples(step)
        is_saved = self._checkpoints.last_step == step and self._saved_draw == self._sampler.draw
        if not is_saved or self._failed_at is not None:
            self._begin_checkpoint(step, extra)
            self._end_checkpoint()

    def try_checkpoint(self, step: int, extra: Mapping[str, Any], *, requested: bool) -> None:
        """Have a checkpoint written beside the training; where the disk refuses, try again later.

        The steps before it must have been told of: the log has to hold them first. One that is
        still being written is waited for.

        Raises:
            Diverged: The state is not finite.
        """
        self.finish_saving()
        self._owed |= requested
        with self._trying_again_later():
            self._begin_checkpoint(step, extra)
        self.tell_saved()

    def tell_saved(self) -> None:
        """Tell of a checkpoint that has been written meanwhile."""
        if self._saving is not None and self._saving.written.done():
            self.finish_saving()

    def finish_saving(self) -> None:
        """Wait until nothing is being written any more."""
        with self._trying_again_later():
            self._end_checkpoint()

    def look(self, step: int) -> None:
        """Draw samples for somebody watching, without writing them to disk."""
        if self._look_seconds is not None:
            self._draw(step, to_disk=False)

    def interpolate(self, step: int) -> None:
        """Draw the way to other latents for somebody watching; nothing of it stays."""
        if self._look_seconds is None:
            return
        with self._stopwatch.measure("sampling"):
            frames = self._sampler.interpolate()
        self._emit(events.LatentsInterpolated(time=time.time(), step=step, frames=frames))

    def unwatch(self) -> None:
        """Draw no more looks."""
        self._look_seconds = None

    def _try_samples(self, step: int) -> None:
        try:
            self._save_samples(step)
        except StorageError as error:
            self._faults.failed("samples", error)
            self._samples.done(step, self._training_seconds)

    def _save_samples(self, step: int) -> None:
        self._draw(step, to_disk=True)
        self._faults.worked("samples")
        self._samples.done(step, self._training_seconds)

    def _draw(self, step: int, *, to_disk: bool) -> None:
        path = None
        with self._stopwatch.measure("sampling"):
            images = self._sampler.images()
            if to_disk:
                path = self._record.save_samples(step, images, self._sampler.latents)
        self._looked_at = self._stopwatch.now()
        self._emit(events.SamplesDrawn(time=time.time(), step=step, images=images, path=path))

    def _begin_checkpoint(self, step: int, extra: Mapping[str, Any]) -> None:
        """Copy the state and have it written; one that a person is owed is theirs, however late."""
        everything = {**extra, **self._extra(step)}
        requested, stood_still = self._owed, self._stopwatch.seconds("saving")
        with self._stopwatch.measure("saving"), self._diverging():
            write = self._record.prepare_checkpoint(
                step, state_of(self._gan), everything, requested=requested
            )
            self._saving = _Saving(step, requested, stood_still, self._beside.submit(write))
        self._note_saved(step)

    def _end_checkpoint(self) -> None:
        """Wait for the one that is being written, if there is one, and tell of it."""
        saving, self._saving = self._saving, None
        if saving is None:
            return
        with self._stopwatch.measure("saving"):
            path, size = saving.written.result()
        self._owed = False
        self._faults.worked("checkpoint")
        self._emit(
            events.CheckpointSaved(
                time=time.time(),
                step=saving.step,
                path=path,
                size=size,
                seconds=self._stopwatch.seconds("saving") - saving.stood_still,
                requested=saving.requested,
            )
        )

    @contextmanager
    def _trying_again_later(self) -> Iterator[None]:
        """A disk that refuses what the block saves stops nothing."""
        try:
            yield
        except StorageError as error:
            self._failed_at = self._stopwatch.now()
            self._faults.failed("checkpoint", error)

    @contextmanager
    def _diverging(self) -> Iterator[None]:
        """The one thing that a state can be refused for is numbers that are not finite.

        Raises:
            Diverged: It was.
        """
        try:
            yield
        except CheckpointError as error:
            self._owed = False
            raise Diverged(str(error)) from None

    def _extra(self, step: int) -> dict[str, Any]:
        """What a checkpoint holds beside the variables."""
        seconds = self._training_seconds
        return {"step": step, "draw": self._sampler.draw, "train_seconds": seconds}

    def _note_saved(self, step: int) -> None:
        self._failed_at = None
        self._saved_draw = self._sampler.draw
        self._checkpoints.done(step, self._training_seconds)

    def _is_look_due(self) -> bool:
        if self._look_seconds is None:
            return False
        return self._stopwatch.now() - self._looked_at >= self._look_seconds

    @property
    def _training_seconds(self) -> float:
        return self._stopwatch.seconds("training")
