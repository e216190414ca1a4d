"""The recorder: every event of a run, in order, to its listeners, its log and its status file.

The first events come before there is a run directory: a run is named after its data, and a run
without data leaves nothing on disk. They are kept in memory and written once the directory is open.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gan.errors import CheckpointError, StorageError
from gan.events import CheckpointRejected, Noted, StepsCompleted
from gan.progress import RunProgress, apply
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import require_finite
from gan.run.event_log import EventLog, is_logged
from gan.run.faults import FaultReporter
from gan.run.samples import write_samples
from gan.run.status import StatusFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np

    from gan.events import Event, Floats, Images, Listener
    from gan.run.checkpoints.store import Checkpoint, CheckpointStore
    from gan.run.directory import RunDirectory

RETRY_SECONDS: Final = 1.0
"""How long to wait after the disk refused a write before trying again."""

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
        self._unwritten: deque[Event] = deque()
        self._run: RunDirectory | None = None
        self._log: EventLog | None = None
        self._status: StatusFile | None = None
        self._store: CheckpointStore | None = None
        self._lock = threading.RLock()
        self._faults = FaultReporter(self._pass_on)
        self._retry_at = 0.0
        self.progress = RunProgress()
        """Where the run stands after the events so far."""

        self.fingerprint = ""
        """SHA-256 of the run's images in hexadecimal; every checkpoint holds it."""

        self.environment: Mapping[str, Any] = {}
        """What the run runs on, in JSON values; every checkpoint holds it."""

    def open(
        self, run: RunDirectory, store: CheckpointStore, *, cut_at: int | None = None
    ) -> str | None:
        """Write to a run directory from here on.

        Args:
            run: The run; this process holds its lock.
            store: Its checkpoints.
            cut_at: The log offset of the checkpoint that the run resumes from. The log is cut back
                to it, and the part after it is kept in a file of its own.

        Returns:
            The name of the file with the part that was cut off, or `None` if there is none.

        Raises:
            StorageError: A file of the run cannot be written.
        """
        self._run, self._store = run, store
        self._log = EventLog(run)
        if cut_at is not None and cut_at > self._log.offset:
            self._warn(
                f"{run.log_path.name} is shorter than when the checkpoint was saved: "
                f"{cut_at - self._log.offset:,} bytes are missing, with the steps in them."
            )
        cut = None if cut_at is None else self._log.cut_back(cut_at)
        self._status = StatusFile(run, time.time)
        return cut.name if cut else None

    def emit(self, event: Event) -> None:
        """Update the progress with an event, pass it to the listeners, and write it to the log.

        A disk that refuses to write stops nothing: the listeners get one event about it, and this
        event stays in memory until the disk works again.
        """
        with self._lock:
            self._pass_on(event)
            if self._log is not None and time.monotonic() >= self._retry_at:
                self._write_down(self._log)

    def recall(self, event: Event) -> None:
        """Update the progress with the steps of an earlier process; listeners are not called."""
        if isinstance(event, StepsCompleted):
            with self._lock:
                self.progress = apply(self.progress, event)

    def beat(self) -> None:
        """Renew the heartbeat in the status file, and retry what the disk refused.

        Called by a thread that keeps running during a pause.
        """
        with self._lock:
            if self._log is not None:
                self._write_down(self._log, heartbeat=True)

    def save_samples(self, step: int, images: Images, latents: Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory.

        Raises:
            StorageError: The disk refused.
        """
        run, _, _ = self._opened()
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
        _, log, _ = self._opened()
        require_finite(step, arrays)
        with self._lock:
            # A checkpoint stands for all steps before it, so the log must hold them first.
            self._write(log)
            self._warn(log.check_in_place())
            wait_for_log = log.start_sync()
            point = ResumePoint(
                fingerprint=self.fingerprint,
                environment=self.environment,
                branch=branch,
                step=step,
                draw=draw,
                train_seconds=train_seconds,
                log_offset=log.offset,
            )
        return partial(self._write_checkpoint, wait_for_log, arrays, point, requested=requested)

    def _write_checkpoint(
        self,
        wait_for_log: Callable[[], None],
        arrays: Mapping[str, np.ndarray],
        point: ResumePoint,
        *,
        requested: bool,
    ) -> Written:
        """Without the lock, so that no event waits for a slow disk."""
        run, _, store = self._opened()
        wait_for_log()
        saved = store.save(arrays, point, pinned="requested" if requested else None)
        with self._lock:
            self._warn(saved.warning)
        return run.relative(saved.path), saved.size

    def roll_back(self) -> Checkpoint:
        """Cut the log back to the newest checkpoint, and return that checkpoint.

        The part that is cut off is kept in a file of its own.

        Raises:
            CheckpointError: There is no usable checkpoint.
            StorageError: The disk refused.
        """
        _, log, store = self._opened()
        checkpoint = store.newest(self.report_rejected)
        if checkpoint is None:
            msg = "this run has no checkpoint yet. Stop it and start a new one."
            raise CheckpointError(msg)
        with self._lock:
            self._write(log)
            log.cut_back(checkpoint.resume_point.log_offset)
        return checkpoint

    def report_rejected(self, path: str, reason: str) -> None:
        """Report a checkpoint that did not verify, by its new path relative to the run."""
        self.emit(CheckpointRejected(time=time.time(), path=path, reason=reason))

    def close(self) -> None:
        """Write everything that the disk takes, and close the log."""
        with self._lock:
            if self._log is None:
                return
            # Twice: the first may add an event that says that the disk works again.
            self._write_down(self._log)
            self._write_down(self._log, heartbeat=True)
            with suppress(StorageError):  # reported when the same file refused a write
                self._log.sync()
            self._log.close()

    def _pass_on(self, event: Event) -> None:
        """Update the progress, call the listeners, and queue the event for the log."""
        self.progress = apply(self.progress, event)
        for listener in self._listeners:
            listener(event)
        if is_logged(event):
            self._unwritten.append(event)

    def _write_down(self, log: EventLog, *, heartbeat: bool = False) -> None:
        """Bring the log and the status file up to date."""
        self._retry_at = 0.0
        with self._reporting_faults("log"):
            if heartbeat:
                self._warn(log.check_in_place())
            self._write(log)
        with self._reporting_faults("status"):
            self._write_status(heartbeat=heartbeat)

    @contextmanager
    def _reporting_faults(self, what: str) -> Iterator[None]:
        """Report a disk that refuses to write in the block, and schedule a retry."""
        try:
            yield
        except StorageError as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self._faults.failed(what, error)
        else:
            self._faults.worked(what)

    def _write_status(self, *, heartbeat: bool) -> None:
        if self._status is None:
            return
        self._status.update(self.progress)
        if heartbeat:
            self._status.write()

    def _write(self, log: EventLog) -> None:
        while self._unwritten:
            warning = log.append(self._unwritten[0])
            self._unwritten.popleft()
            self._warn(warning)

    def _warn(self, text: str) -> None:
        """Pass on a warning, if there is one; it is written to the log with the next event."""
        if text:
            self._pass_on(Noted(time=time.time(), text=text, warning=True))

    def _opened(self) -> tuple[RunDirectory, EventLog, CheckpointStore]:
        if self._run is None or self._log is None or self._store is None:
            msg = "the run directory is not open yet"
            raise RuntimeError(msg)
        return self._run, self._log, self._store
