"""The recorder: every event of a run, in order, to its listeners, its log and its status file.

The first events come before there is a run directory: a run is named after its data, and a run
without data leaves nothing on disk. They are kept in memory and written once the directory is open.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gan.errors import CheckpointError
from gan.events import (
    CheckpointRejected,
    Noted,
    QualityMeasured,
    StepsCompleted,
    StorageFaulted,
)
from gan.progress import RunProgress, apply
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import require_finite
from gan.run.event_writer import EventWriter
from gan.run.samples import write_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from gan.errors import RunLockedError
    from gan.events import Event, Floats, Images, Listener
    from gan.run.checkpoints.manifest import Pin
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.checkpoints.store import CheckpointStore
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock

Written = tuple[str, int]
"""A checkpoint's path relative to the run directory, and its size in bytes."""


class Recorder:
    """Passes on what happens in a run and stores it. Safe to call from several threads."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        """Begin without a directory.

        Args:
            listeners: Called with every event, in order, before it is written.
        """
        self._listeners = listeners
        self._writer = EventWriter(self._pass_on)
        self._run: RunDirectory | None = None
        self._store: CheckpointStore | None = None
        self._lock = threading.RLock()
        self.progress = RunProgress()
        """Where the run stands after the events so far."""

        self.fingerprint = ""
        """SHA-256 of the run's images in hexadecimal; every checkpoint holds it."""

        self.environment: Mapping[str, Any] = {}
        """What the run runs on, in JSON values; every checkpoint holds it."""

    @property
    def lost(self) -> RunLockedError | None:
        """Why nothing is written any more: another process has claimed the run."""
        return self._writer.lost

    def open(
        self,
        run: RunDirectory,
        store: CheckpointStore,
        *,
        cut_at: ResumePoint | None = None,
        lock: RunLock | None = None,
    ) -> str | None:
        """Write to a run directory from here on.

        Args:
            run: The run; this process holds its lock.
            store: Its checkpoints.
            cut_at: Where the run resumes from. The log is cut back to it, and the part after it is
                kept in a file of its own.
            lock: The run's lock, which is looked after from here on.

        Returns:
            The name of the file with the part that was cut off, or `None` if there is none.

        Raises:
            StorageError: A file of the run cannot be written.
        """
        self._run, self._store = run, store
        return self._writer.open(run, cut_at=cut_at, lock=lock)

    def emit(self, event: Event) -> None:
        """Update the progress with an event, pass it to the listeners, and write it to the log.

        A disk that refuses to write stops nothing: the listeners get one event about it, and this
        event stays in memory until the disk works again.
        """
        with self._lock:
            self._pass_on(event)
            self._writer.write()

    def recall(self, event: Event) -> None:
        """Update the progress with an event of an earlier process; listeners are not called.

        Of these, only the steps and the evaluations still count.
        """
        if isinstance(event, (StepsCompleted, QualityMeasured)):
            with self._lock:
                self.progress = apply(self.progress, event)

    def forget_lost_bests(self) -> None:
        """Leave out the best evaluations whose checkpoint is gone; call it after `recall`.

        Otherwise the next best would not be kept, for the sake of a state that nobody has: a run
        that resumes from an earlier step may have replaced it, and a process that was killed may
        not have written it.

        Raises:
            StorageError: The checkpoints cannot be listed.
        """
        _, store = self._opened()
        saved = set(store.steps())
        with self._lock:
            bests = tuple(best for best in self.progress.bests if best.step in saved)
            self.progress = replace(self.progress, bests=bests)

    def beat(self) -> None:
        """Renew the heartbeat in the status file, and retry what the disk refused.

        Called by a thread that keeps running during a pause.
        """
        with self._lock:
            self._writer.beat()

    def save_samples(self, step: int, images: Images, latents: Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory.

        Raises:
            StorageError: The disk refused.
        """
        run, _ = self._opened()
        with self._lock:
            self._writer.check_place()
        return write_samples(run, step, images, latents)

    def prepare_checkpoint(
        self,
        arrays: Mapping[str, np.ndarray],
        *,
        step: int,
        branch: int,
        draw: int,
        train_seconds: float,
        requested: bool,
    ) -> Callable[[], Written]:
        """Fix the content of a checkpoint, including the length of the log at this moment.

        The state must not change until it is written. A requested checkpoint is pinned; the other
        keywords are fields of `ResumePoint`.

        Returns:
            A function that writes and verifies the checkpoint, in any thread, while the log may
            grow; one may run at a time. It raises `StorageError` if the disk refuses.

        Raises:
            CheckpointError: An array holds a non-finite value.
            StorageError: The log could not be brought up to date.
        """
        require_finite(step, arrays)
        with self._lock:
            point = self.resume_point(
                step=step, branch=branch, draw=draw, train_seconds=train_seconds
            )
            wait_for_log = self._writer.start_sync()
        pinned: Pin | None = "requested" if requested else None
        return partial(self._write_checkpoint, wait_for_log, arrays, point, pinned)

    def has_checkpoint(self, step: int) -> bool:
        """Whether there is a checkpoint of this step on disk.

        Raises:
            StorageError: The disk refused.
        """
        return step in self._opened()[1].steps()

    def take_lost_checkpoints(self) -> bool:
        """Whether the folder of checkpoints was deleted since this was asked last."""
        return self._writer.take_lost_checkpoints()

    def resume_point(
        self, *, step: int, branch: int, draw: int, train_seconds: float
    ) -> ResumePoint:
        """Where the run stands now, including the length of the log; see `ResumePoint`.

        Raises:
            StorageError: The log could not be brought up to date.
        """
        with self._lock:
            return ResumePoint(
                fingerprint=self.fingerprint,
                environment=self.environment,
                branch=branch,
                step=step,
                draw=draw,
                train_seconds=train_seconds,
                # A checkpoint stands for all steps before it, so the log must hold them first.
                log_offset=self._writer.write_all(),
            )

    def prepare_best(
        self, arrays: Mapping[str, np.ndarray], point: ResumePoint
    ) -> Callable[[], Written]:
        """As `prepare_checkpoint`, for a state of the past that has turned out to be the best.

        Args:
            arrays: The state at that time.
            point: The `resume_point` of that time; the log has not been cut since.

        Raises:
            CheckpointError: An array holds a non-finite value.
            StorageError: The log could not be brought up to date.
        """
        require_finite(point.step, arrays)
        with self._lock:
            wait_for_log = self._writer.start_sync()
        return partial(self._write_checkpoint, wait_for_log, arrays, point, "best")

    def _write_checkpoint(
        self,
        wait_for_log: Callable[[], None],
        arrays: Mapping[str, np.ndarray],
        point: ResumePoint,
        pinned: Pin | None,
    ) -> Written:
        """Without the lock, so that no event waits for a slow disk."""
        run, store = self._opened()
        wait_for_log()
        saved = store.save(arrays, point, pinned=pinned)
        if saved.warning:
            with self._lock:
                self._pass_on(Noted(time=time.time(), text=saved.warning, warning=True))
        return run.relative(saved.path), saved.size

    def roll_back(self) -> Checkpoint:
        """Cut the log back to the newest checkpoint, and return that checkpoint.

        The part that is cut off is kept in a file of its own.

        Raises:
            CheckpointError: There is no usable checkpoint.
            StorageError: The disk refused.
        """
        _, store = self._opened()
        checkpoint = store.newest(self.report_rejected)
        if checkpoint is None:
            msg = "this run has no checkpoint yet. Stop it and start a new one."
            raise CheckpointError(msg)
        with self._lock:
            self._writer.cut_back(checkpoint.resume_point)
        return checkpoint

    def report_rejected(self, path: str, reason: str) -> None:
        """Report a checkpoint that did not verify, by its new path relative to the run."""
        self.emit(CheckpointRejected(time=time.time(), path=path, reason=reason))

    def close(self) -> None:
        """Write everything that the disk takes, and close the log."""
        with self._lock:
            self._writer.close()

    def _pass_on(self, event: Event) -> None:
        """Update the progress, call the listeners, and queue the event for the log."""
        if isinstance(event, StorageFaulted) and self.progress.ended:
            # Otherwise a run that has ended would say that training goes on.
            event = Noted(time=event.time, text=f"{event.what}: {event.message}", warning=True)
        self.progress = apply(self.progress, event)
        for listener in self._listeners:
            listener(event)
        self._writer.add(event, self.progress)

    def _opened(self) -> tuple[RunDirectory, CheckpointStore]:
        if self._run is None or self._store is None:
            msg = "the run directory is not open yet"
            raise RuntimeError(msg)
        return self._run, self._store
