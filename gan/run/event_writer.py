"""Writes a run's events to its log and its status file, and retries what the disk refuses.

Events that come before the run has a directory, or while the disk refuses them, are kept in memory.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.errors import RunLockedError, StorageError
from gan.events import CommandAnswered, Noted, QualityMeasured, RunMoved
from gan.progress import RunProgress
from gan.run.event_log import EventLog, is_logged
from gan.run.faults import FaultReporter
from gan.run.log_parts import end_of
from gan.run.status import StatusFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.events import Event, Listener
    from gan.readings import WorkerReading
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock

RETRY_SECONDS: Final = 1.0
"""How long to wait after the disk refused a write before trying again."""


class EventWriter:
    """Brings the log and the status file up to date. Only one thread may use it at a time."""

    def __init__(self, report: Listener) -> None:
        """Begin without a directory.

        Args:
            report: Called with events about the disk; it must `add` them in turn, and not raise.
        """
        self._report = report
        self._pending: deque[Event] = deque()
        self._progress = RunProgress()
        self._run: RunDirectory | None = None
        self._path: Path | None = None
        """Where the run's directory was last seen."""

        self._log: EventLog | None = None
        self._status: StatusFile | None = None
        self._faults = FaultReporter(report)
        self._retry_at = 0.0
        self._lock: RunLock | None = None

    @property
    def lost(self) -> RunLockedError | None:
        """Why nothing is written any more: another process has claimed the run."""
        return self._lock.lost if self._lock else None

    def open(
        self, run: RunDirectory, *, cut_at: ResumePoint | None, lock: RunLock | None = None
    ) -> str | None:
        """Write to a run directory from here on; see `Recorder.open`.

        Raises:
            StorageError: A file of the run cannot be written.
        """
        self._run, self._path = run, run.path
        self._lock, self._log = lock, EventLog(run, lock=lock)
        missing = 0 if cut_at is None else cut_at.log_offset - self._log.offset
        if missing > 0:
            self._warn(
                f"{run.log_path.name} is shorter than when the checkpoint was saved: "
                f"{missing:,} bytes are missing, with the steps in them."
            )
        cut = None if cut_at is None else _cut_back(self._log, cut_at)
        self._status = StatusFile(run, time.time)
        return cut.name if cut else None

    def add(self, event: Event, progress: RunProgress) -> None:
        """Queue an event; `progress` is where the run stands after it."""
        self._progress = progress
        if is_logged(event):
            self._pending.append(event)

    def write(self) -> None:
        """Write the queued events, unless the disk refused less than a second ago."""
        if time.monotonic() >= self._retry_at:
            self._write()

    def beat(self, machines: tuple[WorkerReading, ...] = ()) -> None:
        """Write the queued events and renew the heartbeat, even if the disk refused just now.

        Args:
            machines: What the machines of all workers are doing.
        """
        if self._status is not None:
            self._status.machines = machines
        self._write(heartbeat=True)

    def write_all(self) -> int:
        """Bring the log up to date; returns its length in bytes.

        Raises:
            StorageError: The disk refused.
            RunLockedError: Another process has claimed the run.
            RuntimeError: There is no directory yet.
        """
        log = self._opened()
        self._append_pending(log)
        self.check_place()
        return log.offset

    def check_place(self) -> None:
        """See to it that the run's directory and what is in it are in their place.

        Raises:
            StorageError: The disk refused.
            RunLockedError: Another process has claimed the run.
            RuntimeError: There is no directory yet.
        """
        self._warn(self._opened().check_in_place())
        self._note_move()

    def take_lost_checkpoints(self) -> bool:
        """Whether the folder of checkpoints was deleted since this was asked last."""
        if self._log is None:
            return False
        lost, self._log.place.lost_checkpoints = self._log.place.lost_checkpoints, False
        return lost

    def start_sync(self) -> Callable[[], None]:
        """Bring the log up to date, and prepare to wait until all of it is on disk.

        Returns:
            A function that waits; see `EventLog.start_sync`.

        Raises:
            StorageError: The disk refused.
            RunLockedError: Another process has claimed the run.
            RuntimeError: There is no directory yet.
        """
        self.write_all()
        return self._opened().start_sync()

    def cut_back(self, point: ResumePoint) -> None:
        """Bring the log up to date, then cut it back to a checkpoint; see `EventLog.cut_back`.

        Raises:
            StorageError: The disk refused.
            RunLockedError: Another process has claimed the run.
            RuntimeError: There is no directory yet.
        """
        log = self._opened()
        self._append_pending(log)
        _cut_back(log, point)

    def close(self) -> None:
        """Write everything that the disk takes, and close the log; later events are not written."""
        if self._log is None:
            return
        if self._status is not None:
            # Nobody reads the machines any more.
            self._status.machines = ()
        # Twice: the first may add an event that says that the disk works again.
        self._write()
        self._write(heartbeat=True)
        # Reported when the same file refused a write, or of no concern to a run that has ended.
        with suppress(StorageError, RunLockedError):
            self._log.sync()
        self._log.close()
        self._log = None

    def _write(self, *, heartbeat: bool = False) -> None:
        """Bring the log and the status file up to date, as far as the disk allows."""
        if self._log is None or self.lost is not None:
            return
        try:
            with self._faults.reporting("log"):
                if heartbeat:
                    self.check_place()
                self._append_pending(self._log)
        except RunLockedError:
            # From here on `lost` says so.
            return
        with self._faults.reporting("status"):
            self._write_status(heartbeat=heartbeat)
        self._retry_at = time.monotonic() + RETRY_SECONDS if self._faults.ongoing else 0.0

    def _write_status(self, *, heartbeat: bool) -> None:
        if self._status is None or self._opened().place.is_lost:
            return
        self._status.update(self._progress)
        if heartbeat:
            self._status.write()

    def _append_pending(self, log: EventLog) -> None:
        while self._pending:
            warning = log.append(self._pending[0])
            self._pending.popleft()
            self._warn(warning)
            self._note_move()

    def _note_move(self) -> None:
        """Report that the run's directory was renamed."""
        if self._run is not None and self._run.path != self._path:
            self._path = self._run.path
            name, run_dir = self._run.name, str(self._run.path)
            self._report(RunMoved(time=time.time(), name=name, run_dir=run_dir))

    def _warn(self, text: str) -> None:
        """Report a warning, if there is one; it is written with the next event."""
        if text:
            self._report(Noted(time=time.time(), text=text, warning=True))

    def _opened(self) -> EventLog:
        if self._log is None:
            raise not_open()
        if self.lost is not None:
            raise RunLockedError(str(self.lost))
        return self._log


def not_open() -> RuntimeError:
    """The error for what needs the run's directory before there is one."""
    return RuntimeError("the run directory is not open yet")


def _cut_back(log: EventLog, point: ResumePoint) -> Path | None:
    """Cut a log back to a checkpoint, but for the evaluations of steps that the run keeps.

    An evaluation is logged some steps after the one that it is of, perhaps with a checkpoint in
    between. Without it, a resumed run would not know which step was the best. Answers stay too:
    whoever has sent a command may not have read its answer yet.
    """
    offset = end_of(log.path, point.step, point.log_offset)
    evaluations = log.events_after(offset, QualityMeasured)
    kept: list[Event] = [event for event in evaluations if event.step <= point.step]
    kept += log.events_after(offset, CommandAnswered)
    cut = log.cut_back(offset)
    for event in kept:
        log.append(event)
    return cut
