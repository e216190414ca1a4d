"""The record of a run: every event in order to the log, the status file and the listeners.

Events begin before there is a run directory, because a run is named after its data and a run
without data leaves nothing on disk. They are kept until the directory is there, and written with
the first event that comes after that.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gan.errors import StorageError
from gan.events import Noted
from gan.progress import RunProgress, apply
from gan.run.checkpoints import CheckpointStore
from gan.run.event_log import EventLog
from gan.run.samples import write_samples
from gan.run.status import StatusFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from gan.events import Event, Floats, Images, Listener
    from gan.run.directory import RunDirectory


class RunRecord:
    """Tells everybody what happened, and keeps it. May be called from several threads."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        """Begin with no directory.

        Args:
            listeners: Told of every event, in order, at once.
        """
        self._listeners = listeners
        self._unwritten: list[Event] = []
        self._run: RunDirectory | None = None
        self._log: EventLog | None = None
        self._status: StatusFile | None = None
        self._store: CheckpointStore | None = None
        self._lock = threading.RLock()
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
        cut = None if cut_at is None else self._log.cut_back(cut_at)
        self._status = StatusFile(run, time.time)
        self._store = CheckpointStore(run, keep=keep)
        return cut.name if cut else None

    def emit(self, event: Event) -> None:
        """Take an event into the progress and tell everybody.

        Raises:
            StorageError: The log or the status file could not be written. The listeners know.
        """
        with self._lock:
            self.tell_listeners(event)
            self._unwritten.append(event)
            if self._log is None or self._status is None:
                return
            self._write(self._log)
            self._status.update(self.progress)

    def tell_listeners(self, event: Event) -> None:
        """Take an event into the progress and tell the listeners, but not the disk."""
        with self._lock:
            self.progress = apply(self.progress, event)
            for listener in self._listeners:
                listener(event)

    def beat(self) -> None:
        """Renew the status file's heartbeat; called from a thread that outlives a pause."""
        if self._status is not None:
            self._status.write()

    def save_samples(self, step: int, images: Images, latents: Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory."""
        run, _, _ = self._opened()
        return write_samples(run, step, images, latents)

    def save_checkpoint(
        self, step: int, arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any]
    ) -> tuple[str, int]:
        """Write and verify a checkpoint that knows how long the log is now.

        Returns:
            Its path relative to the run directory, and its size in bytes.
        """
        run, log, store = self._opened()
        with self._lock:
            log.sync()
            offset = log.offset
        saved = store.save(step, arrays, {**self.checkpoint_extra, **extra, "log_offset": offset})
        if saved.warning:
            self.emit(Noted(time=time.time(), text=saved.warning, warning=True))
        return run.relative(saved.path), saved.size

    def close(self) -> None:
        """Let go of the log, all of it on disk."""
        if self._log is not None:
            with suppress(StorageError):  # reported when a write to the same file failed
                self._log.sync()
            self._log.close()

    def _write(self, log: EventLog) -> None:
        """Bring the log up to date; what the disk refuses is tried again with the next event."""
        while self._unwritten:
            log.append(self._unwritten[0])
            del self._unwritten[0]

    def _opened(self) -> tuple[RunDirectory, EventLog, CheckpointStore]:
        if self._run is None or self._log is None or self._store is None:
            msg = "the run directory is not open yet"
            raise RuntimeError(msg)
        return self._run, self._log, self._store
