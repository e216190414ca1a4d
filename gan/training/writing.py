"""The checkpoint that is being written while training goes on, and the requests that it answers."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gan import events
from gan.errors import StorageError
from gan.run.faults import FaultReporter
from gan.training.receipts import OpenRequests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import numpy as np

    from gan.exchange.requests import Request
    from gan.run.checkpoint_recorder import Written
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.training.stopwatch import Stopwatch


class Snapshot(NamedTuple):
    """A copy of the state between two steps, for a checkpoint of it later."""

    arrays: dict[str, np.ndarray]
    point: ResumePoint


class _Saving(NamedTuple):
    """One checkpoint that is being written."""

    step: int
    requested: bool
    waited: float
    """The stopwatch's seconds of "saving" before this checkpoint."""

    written: Future[Written]
    best: Snapshot | None
    """What is being written, if it is the state of the best evaluation."""


class Writing:
    """Waits for one checkpoint at a time, and reports it. Used by the trainer thread only."""

    def __init__(self, emit: events.Listener, stopwatch: Stopwatch) -> None:
        """Begin with nothing being written.

        Args:
            emit: Called with an event for every checkpoint, and for every answer.
            stopwatch: Measures how long training waits for checkpoints.
        """
        self._emit, self._stopwatch = emit, stopwatch
        self._saving: _Saving | None = None
        self.faults = FaultReporter(emit)
        self._requests = OpenRequests(emit)
        """Those of the next checkpoint; none is added while one is being written."""

        self.is_requested = False
        """Whether a person asked for a checkpoint that is not on disk yet."""

    @property
    def is_under_way(self) -> bool:
        """Whether a checkpoint is being written, or was and is not reported yet."""
        return self._saving is not None

    @property
    def is_done(self) -> bool:
        """Whether a checkpoint was written that is not reported yet."""
        return self._saving is not None and self._saving.written.done()

    @property
    def is_busy(self) -> bool:
        """Whether a checkpoint is being written: the next one would have to wait for it."""
        return self._saving is not None and not self._saving.written.done()

    @property
    def best(self) -> Snapshot | None:
        """What is being written, if it is the state of the best evaluation."""
        return None if self._saving is None else self._saving.best

    def note_request(self, request: Request, step: int) -> None:
        """Have the next checkpoint be one that a person asked for after this step."""
        self.is_requested = True
        self._requests.add(request, step)

    def refuse(self, reason: str) -> None:
        """Give up the checkpoint that a person asked for."""
        self.is_requested = False
        self._requests.refuse(reason)

    def begun(
        self,
        written: Future[Written],
        step: int,
        waited: float,
        *,
        requested: bool = False,
        best: Snapshot | None = None,
    ) -> None:
        """Note that a checkpoint is being written; no other is.

        Args:
            written: The result to come.
            step: Its step.
            waited: The stopwatch's seconds of "saving" before it.
            requested: Whether a person asked for it.
            best: Its state, if that is the state of the best evaluation.
        """
        self._saving = _Saving(step, requested, waited, written, best)

    def finish(self) -> None:
        """Wait for the checkpoint that is being written, if there is one, and report it.

        Raises:
            StorageError: It could not be written.
        """
        saving, self._saving = self._saving, None
        if saving is None:
            return
        with self._stopwatch.measure("saving"):
            path, size = saving.written.result()
        self.is_requested &= not saving.requested
        self.faults.worked("checkpoint")
        self._emit(
            events.CheckpointSaved(
                time=time.time(),
                step=saving.step,
                path=path,
                size=size,
                seconds=self._stopwatch.seconds("saving") - saving.waited,
                requested=saving.requested,
            )
        )
        if saving.requested:
            self._requests.done(saving.step)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer the open requests if the disk refuses in the block."""
        try:
            yield
        except StorageError as error:
            self._requests.refuse(f"the checkpoint could not be written: {error}")
            raise
