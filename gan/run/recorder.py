"""The recorder: every event of a run, in order, to its listeners, its log and its status file.

The first events come before there is a run directory: a run is named after its data, and a run
without data leaves nothing on disk. They are kept in memory and written once the directory is open.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from gan.events import (
    Noted,
    QualityMeasured,
    StepsCompleted,
    StorageFaulted,
)
from gan.progress import RunProgress, apply
from gan.run.checkpoint_recorder import CheckpointRecorder
from gan.run.event_writer import EventWriter, not_open
from gan.run.samples import write_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from gan.errors import RunLockedError
    from gan.events import Event, Floats, Images, Listener
    from gan.readings import WorkerReading
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.run.checkpoints.store import CheckpointStore
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock


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
        self._lock = threading.RLock()
        self.checkpoints = CheckpointRecorder(self._writer, self._lock, self.emit, self._pass_on)
        """Saves the run's checkpoints and goes back to them, in step with the log."""

        self.progress = RunProgress()
        """Where the run stands after the events so far."""

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
        self._run = run
        self.checkpoints.open(run, store)
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
        saved = set(self.checkpoints.steps())
        with self._lock:
            bests = tuple(best for best in self.progress.bests if best.step in saved)
            self.progress = replace(self.progress, bests=bests)

    def beat(self, machines: tuple[WorkerReading, ...] = ()) -> None:
        """Renew the heartbeat in the status file, and retry what the disk refused.

        Called by a thread that keeps running during a pause.

        Args:
            machines: What the machines of all workers are doing, for the status file.
        """
        with self._lock:
            self._writer.beat(machines)

    def save_samples(
        self,
        step: int,
        images: Images,
        latents: Floats,
        *,
        pictures: npt.NDArray[np.uint8] | None = None,
    ) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory.

        The arguments are those of `gan.run.samples.write_samples`.

        Raises:
            StorageError: The disk refused.
        """
        if self._run is None:
            raise not_open()
        with self._lock:
            self._writer.check_place()
        return write_samples(self._run, step, images, latents, pictures=pictures)

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
