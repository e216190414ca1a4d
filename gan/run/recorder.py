"""The record of a run: every event in order to the log, the status file and the listeners.

Events begin before there is a run directory, because a run is named after its data and a run
without data leaves nothing on disk. They are kept until the directory is there, and written with
the first event that comes after that.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from gan.errors import CheckpointError, StorageError
from gan.events import CheckpointRejected, Noted, StepsCompleted
from gan.progress import RunProgress, apply
from gan.run.checkpoints.store import CheckpointStore, require_finite
from gan.run.event_log import EventLog, is_logged
from gan.run.faults import FaultReporter
from gan.run.samples import write_samples
from gan.run.status import StatusFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np

    from gan.events import Event, Floats, Images, Listener
    from gan.run.directory import RunDirectory


RETRY_SECONDS: Final = 1.0
"""How long a disk that refused is left alone before it is asked again."""


class Recorder:
    """Tells everybody what happened, and keeps it. May be called from several threads."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        """Begin with no directory.

        Args:
            listeners: Told of every event, in order, at once.
        """
        self._listeners = listeners
        self._unwritten: deque[Event] = deque()
        self._run: RunDirectory | None = None
        self._log: EventLog | None = None
        self._status: StatusFile | None = None
        self._store: CheckpointStore | None = None
        self._lock = threading.RLock()
        self._faults = FaultReporter(self._tell_and_keep)
        self._retry_at = 0.0
        self.progress = RunProgress()
        """Where the run stands after the events so far."""

        self.checkpoint_extra: Mapping[str, Any] = {}
        """What every checkpoint's manifest holds beside the trainer's own."""

    def open(self, run: RunDirectory, *, keep: int, cut_at: int | None = None) -> str | None:
        """Write to a run directory from here on, whose lock this process holds.

        Args:
            run: The run.
            keep: How many checkpoints stay.
            cut_at: The log's length when the checkpoint was saved that the run goes on from; what
                stands after it is kept beside the log.

        Returns:
            The name of the file that keeps what was cut from the log; none if nothing was.

        Raises:
            StorageError: A file of the run cannot be written.
        """
        self._run = run
        self._log = EventLog(run)
        if cut_at is not None and cut_at > self._log.offset:
            self._warn(
                f"{run.log_path.name} is shorter than when the checkpoint was saved: "
                f"{cut_at - self._log.offset:,} bytes of it are gone, and the steps in them."
            )
        cut = None if cut_at is None else self._log.cut_back(cut_at)
        self._status = StatusFile(run, time.time)
        self._store = CheckpointStore(run, keep=keep)
        return cut.name if cut else None

    def emit(self, event: Event) -> None:
        """Take an event into the progress, tell everybody, and write it down.

        A disk that refuses stops nothing: the listeners are told once, the event is kept in memory
        and written in its place when the disk takes it.
        """
        with self._lock:
            self._tell_and_keep(event)
            if self._log is not None and time.monotonic() >= self._retry_at:
                self._write_down(self._log)

    def recall(self, event: Event) -> None:
        """Take the steps of an earlier process into the progress; nobody is told."""
        if isinstance(event, StepsCompleted):
            with self._lock:
                self.progress = apply(self.progress, event)

    def beat(self) -> None:
        """Renew the status file's heartbeat, and try again what the disk refused.

        Called from a thread that outlives a pause.
        """
        with self._lock:
            if self._log is not None:
                self._write_down(self._log, heartbeat=True)

    def save_samples(self, step: int, images: Images, latents: Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory."""
        run, _, _ = self._opened()
        return write_samples(run, step, images, latents)

    def prepare_checkpoint(
        self,
        step: int,
        arrays: Mapping[str, np.ndarray],
        extra: Mapping[str, Any],
        *,
        requested: bool,
    ) -> Callable[[], tuple[str, int]]:
        """Settle what a checkpoint holds, which includes how long the log is now.

        One that a person asked for is pinned: newer ones do not displace it.

        Args:
            step: Steps completed.
            arrays: The state; nobody may change it until it is written.
            extra: What else going on needs, in JSON values.
            requested: Whether a person asked for it.

        Returns:
            What writes and verifies it, in whatever thread, while the log may grow; one at a
            time. It gives the path relative to the run directory and the size in bytes, and
            raises `StorageError` where the disk refuses: the checkpoints before are untouched.

        Raises:
            CheckpointError: An array is not finite.
            StorageError: The log could not be brought up to date.
        """
        run, log, store = self._opened()
        require_finite(step, arrays)
        with self._lock:
            # A checkpoint vouches for every step before it, so the log must hold them first.
            self._write(log)
            self._warn(log.look())
            wait_for_log = log.syncing()
            known = {**self.checkpoint_extra, **extra, "log_offset": log.offset}

        def write() -> tuple[str, int]:
            # Without the lock, so that no event has to wait for a slow disk.
            wait_for_log()
            saved = store.save(step, arrays, known, pinned="requested" if requested else None)
            with self._lock:
                self._warn(saved.warning)
            return run.relative(saved.path), saved.size

        return write

    def roll_back(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """Cut the log back to the newest checkpoint, keeping what is cut beside it.

        Returns:
            The checkpoint's arrays, and what was saved beside them.

        Raises:
            CheckpointError: There is none that can be used.
            StorageError: The disk refused.
        """
        _, log, store = self._opened()
        checkpoint = store.newest(self._tell_rejected)
        if checkpoint is None:
            msg = "this run has no checkpoint yet. Stop it and start anew."
            raise CheckpointError(msg)
        extra = checkpoint.manifest["extra"]
        with self._lock:
            self._write(log)
            log.cut_back(extra["log_offset"])
        return checkpoint.arrays, extra

    def close(self) -> None:
        """Let go of the log, with everything in it that the disk takes."""
        with self._lock:
            if self._log is None:
                return
            # Twice, because that the disk works again is the last thing to be written.
            self._write_down(self._log)
            self._write_down(self._log, heartbeat=True)
            with suppress(StorageError):  # told of when the same file refused a write
                self._log.sync()
            self._log.close()

    def _tell_and_keep(self, event: Event) -> None:
        """Take an event into the progress, tell the listeners, and leave it to be written."""
        self.progress = apply(self.progress, event)
        for listener in self._listeners:
            listener(event)
        if is_logged(event):
            self._unwritten.append(event)

    def _write_down(self, log: EventLog, *, heartbeat: bool = False) -> None:
        """Bring the log and the status up to date."""
        self._retry_at = 0.0
        with self._telling_of_faults("log"):
            if heartbeat:
                self._warn(log.look())
            self._write(log)
        with self._telling_of_faults("status"):
            self._write_status(heartbeat=heartbeat)

    @contextmanager
    def _telling_of_faults(self, what: str) -> Iterator[None]:
        """Tell of a disk that refuses what is written in the block, and try again later."""
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
        """Tell of something that was put right, and have it in the log with the next event."""
        if text:
            self._tell_and_keep(Noted(time=time.time(), text=text, warning=True))

    def _tell_rejected(self, path: str, reason: str) -> None:
        self.emit(CheckpointRejected(time=time.time(), path=path, reason=reason))

    def _opened(self) -> tuple[RunDirectory, EventLog, CheckpointStore]:
        if self._run is None or self._log is None or self._store is None:
            msg = "the run directory is not open yet"
            raise RuntimeError(msg)
        return self._run, self._log, self._store
