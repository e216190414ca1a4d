"""The writer of `events.jsonl`: the events of a run, appended one per line.

The trainer is the only writer; readers use `gan.run.follower`. A line is written with one system
call if the system allows it, and a line that could not be written completely is removed again, so
everything before the last newline is always complete.

A process can go on writing to a file that was deleted, and nobody would ever read it. So the writer
checks, once a second and before each checkpoint, that its path still leads to the file that it has
open. If the file is missing, its content is restored (`gan.run.log_file`); `gan.run.place` does the
same for the run's folder. If that can't be, it is a disk fault like any other, and it ends when the
folder is back. What another program has cut off the log is lost, and a warning says so at once.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from gan import events
from gan.disk.files import is_in_place, write_all
from gan.disk.os_errors import storage_errors
from gan.run import event_json, log_file
from gan.run.follower import events_of
from gan.run.log_parts import holds_steps_after
from gan.run.place import RunPlace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory
    from gan.run.follower import Kind
    from gan.run.lock import RunLock

CHECK_SECONDS: Final = 1.0
"""The longest time for which lines may go to a file that was deleted."""


def is_logged(event: Event) -> bool:
    """Whether an event belongs in the log. Progress bars, previews and interpolations do not."""
    if isinstance(event, events.SamplesDrawn):
        return event.path is not None
    return not isinstance(event, (events.ProgressMade, events.LatentsInterpolated))


class EventLog:
    """Appends events to a run's log. Only the process that holds the run's lock may create one."""

    def __init__(
        self,
        run: RunDirectory,
        clock: Callable[[], float] = time.monotonic,
        *,
        lock: RunLock | None = None,
    ) -> None:
        """Open the log, creating it if necessary.

        Args:
            run: The run; this process holds its lock.
            clock: A monotonic clock in seconds.
            lock: That lock, if it is to be looked after with the log.

        Raises:
            StorageError: It could not be opened.
        """
        self._run = run
        self._clock = clock
        self._checked_at = clock()
        self._torn_at: int | None = None
        """Where an incomplete line begins that could not be removed yet."""

        with storage_errors("open", self.path), ExitStack() as opened:
            self.place = RunPlace(run, lock)
            """The run's directory, which is looked after at the same time as the log."""

            opened.callback(self.place.close)
            self._file = log_file.open_log(self.path)
            opened.callback(self._file.close)
            self._complete_last_line()
            self._size = self.offset
            """Bytes in the log as far as this process knows."""

            self._opened = opened.pop_all()

    @property
    def path(self) -> Path:
        """Where the log is now; the run's directory may be renamed."""
        return self._run.log_path

    @property
    def offset(self) -> int:
        """Bytes in the log. Others can read them; after `sync` they survive a loss of power."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, event: Event) -> str:
        """Write an event if it belongs in the log; returns a warning about what was amiss.

        Raises:
            StorageError: It could not be written; the log is as it was.
        """
        if not is_logged(event):
            return ""
        line = event_json.to_line(event).encode() + b"\n"
        is_due = self._clock() - self._checked_at >= CHECK_SECONDS
        warnings = [self.check_in_place()] if is_due else []
        with storage_errors("write", self.path):
            warnings.append(self._note_change())
            self._append(line)
        return " ".join(filter(None, warnings))

    def sync(self) -> str:
        """Check the log's place, wait until all of it is on disk; returns the check's warning.

        Raises:
            StorageError: The disk refused, or the run's folder is missing.
        """
        warning = self.check_in_place()
        self.start_sync()()
        return warning

    def start_sync(self) -> Callable[[], None]:
        """Prepare to wait, while more is appended, until everything appended so far is on disk.

        Returns:
            A function that waits; call it once, in any thread. It raises `StorageError` if the disk
            refuses.

        Raises:
            StorageError: The disk refused already.
        """
        with storage_errors("write", self.path):
            self._remove_torn_line()
            descriptor = os.dup(self._file.fileno())

        def wait() -> None:
            try:
                with storage_errors("write", self.path):
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

        return wait

    def check_in_place(self) -> str:
        """Check that all is in place, and that the path still leads to the open log, or restore it.

        Returns:
            A warning about what was repaired, or is lost; empty if nothing was.

        Raises:
            StorageError: The run's folder is missing or replaced, or the disk refused.
            RunLockedError: Another process has claimed the run.
        """
        with storage_errors("write", self.path):
            warnings = self.place.check()
            warnings.append(self._note_change())
            if not is_in_place(self._file.fileno(), self.path):
                self._remove_torn_line()
                warnings.append(log_file.restore(self._file, self.path))
        # Only now: until the log is back in place, every line checks again.
        self._checked_at = self._clock()
        return " ".join(filter(None, warnings))

    def cut_back(self, offset: int) -> Path | None:
        """Remove everything after an offset from the log, and keep it in a file of its own.

        Args:
            offset: The `offset` when a checkpoint was saved. A shorter log is left unchanged.

        Returns:
            The file with the part that was cut off, or `None` if that part held no steps.

        Raises:
            StorageError: The disk refused; the log is as it was, or is cut.
        """
        if offset >= self.offset:
            return None
        with storage_errors("cut back", self.path):
            kept = None
            if holds_steps_after(self.path, offset):
                kept = log_file.copy_from(
                    self._file, offset, log_file.unused_name(self.path, "cut")
                )
            self._file.truncate(offset)
            self._complete_last_line()
            self._size = self.offset
            os.fsync(self._file.fileno())
        return kept

    def events_after(self, offset: int, kind: type[Kind]) -> list[Kind]:
        """The events of one kind that the log holds from an offset on, in order.

        Raises:
            StorageError: The log cannot be read.
        """
        with storage_errors("read", self.path), self.path.open("rb") as log:
            log.seek(offset)
            return list(events_of(log, kind))

    def close(self) -> None:
        """Close the log; nothing can be appended afterwards."""
        self._opened.close()

    def _note_change(self) -> str:
        """A warning if something else has changed the log's length since the last line."""
        self._remove_torn_line()
        expected, size = self._size, self.offset
        if size == expected:
            return ""
        self._complete_last_line()
        self._size = self.offset
        if size > expected:
            return (
                f"{self.path.name} grew by {size - expected:,} bytes during the run that the run "
                "did not write. Let nothing else write to it."
            )
        return (
            f"{self.path.name} was cut from {expected:,} to {size:,} bytes during the run: the "
            "events in between are lost. The training goes on, and later events are kept."
        )

    def _append(self, line: bytes) -> None:
        self._remove_torn_line()
        before = self.offset
        try:
            write_all(self._file.fileno(), line)
            self._size = before + len(line)
        except OSError:
            self._torn_at = before
            # Report the first failure; the next line tries this again.
            with suppress(OSError):
                self._remove_torn_line()
            raise

    def _remove_torn_line(self) -> None:
        if self._torn_at is not None:
            self._file.truncate(self._torn_at)
            self._torn_at = None

    def _complete_last_line(self) -> None:
        """End a line that a killed writer left incomplete, so that the next one is separate."""
        size = self.offset
        if size and os.pread(self._file.fileno(), 1, size - 1) != b"\n":
            write_all(self._file.fileno(), b"\n")
