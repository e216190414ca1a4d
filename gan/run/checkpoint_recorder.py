"""Checkpoints in step with the log: it holds the steps before a checkpoint before that is saved."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gan.errors import CheckpointError
from gan.events import CheckpointRejected, Noted
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import require_finite
from gan.run.event_writer import not_open

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    import numpy as np

    from gan.events import Listener
    from gan.run.checkpoints.manifest import Pin
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.checkpoints.store import CheckpointStore
    from gan.run.directory import RunDirectory
    from gan.run.event_writer import EventWriter

Written = tuple[str, int]
"""A checkpoint's path relative to the run directory, and its size in bytes."""


class CheckpointRecorder:
    """Saves the checkpoints of a run, and goes back to them. Part of the run's recorder."""

    def __init__(
        self, writer: EventWriter, lock: threading.RLock, emit: Listener, pass_on: Listener
    ) -> None:
        """Begin without a directory.

        Args:
            writer: Brings the log up to date, and cuts it back.
            lock: Held while the writer is used.
            emit: Takes an event, which is written to the log at once.
            pass_on: Takes an event, which is written with the next; called with the lock held.
        """
        self._writer, self._lock = writer, lock
        self._emit, self._pass_on = emit, pass_on
        self._run: RunDirectory | None = None
        self._store: CheckpointStore | None = None
        self.fingerprint = ""
        """SHA-256 of the run's images in hexadecimal; every checkpoint holds it."""

        self.environment: Mapping[str, Any] = {}
        """What the run runs on, in JSON values; every checkpoint holds it."""

    def open(self, run: RunDirectory, store: CheckpointStore) -> None:
        """Save in a run directory from here on.

        Args:
            run: The run; this process holds its lock.
            store: Its checkpoints.
        """
        self._run, self._store = run, store

    def prepare(
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
        return partial(self._write, wait_for_log, arrays, point, pinned)

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
        """As `prepare`, for a state of the past that has turned out to be the best.

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
        return partial(self._write, wait_for_log, arrays, point, "best")

    def steps(self) -> list[int]:
        """The steps that have a checkpoint on disk, in ascending order.

        Raises:
            StorageError: The disk refused.
        """
        return self._opened()[1].steps()

    def has(self, step: int) -> bool:
        """Whether there is a checkpoint of this step on disk.

        Raises:
            StorageError: The disk refused.
        """
        return step in self.steps()

    def take_lost(self) -> bool:
        """Whether the folder of checkpoints was deleted since this was asked last."""
        return self._writer.take_lost_checkpoints()

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
        self._emit(CheckpointRejected(time=time.time(), path=path, reason=reason))

    def _write(
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

    def _opened(self) -> tuple[RunDirectory, CheckpointStore]:
        if self._run is None or self._store is None:
            raise not_open()
        return self._run, self._store
