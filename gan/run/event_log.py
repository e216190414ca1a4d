"""The writer of `events.jsonl`: every event of a run, appended, one a line.

There is one writer, the trainer; readers use `gan.run.follower`. A line is written with one system
call where the system allows it, and a line that could not be written whole is taken back, so that
what stands before the last newline is always whole.
"""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING, BinaryIO, Final

from gan import event_json, events
from gan.run import atomic
from gan.run.storage import storage_errors

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def is_logged(event: Event) -> bool:
    """Whether an event belongs in the log: not a glance at something that leaves no trace."""
    if isinstance(event, events.SamplesDrawn):
        return event.path is not None
    return not isinstance(event, events.ProgressMade)


class EventLog:
    """Appends events to a run's log. The holder of the run's lock is the only one to make it."""

    def __init__(self, run: RunDirectory) -> None:
        """Open the log, making it where there is none.

        Raises:
            StorageError: It could not be opened.
        """
        self._path = run.log_path
        with storage_errors("open", self._path):
            self._file: BinaryIO = os.fdopen(os.open(self._path, _FLAGS, 0o600), "r+b", buffering=0)
            self._complete_last_line()

    @property
    def offset(self) -> int:
        """Bytes in the log: others can read them, and after `sync` they survive a loss of power."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, event: Event) -> None:
        """Write an event, unless it is one that is not logged. Readers see it at once.

        Raises:
            StorageError: It could not be written; the log is as it was.
        """
        if not is_logged(event):
            return
        line = event_json.to_line(event).encode() + b"\n"
        with storage_errors("write", self._path):
            self._complete_last_line()
            before = self.offset
            try:
                atomic.write_all(self._file.fileno(), line)
            except OSError:
                self._file.truncate(before)
                raise

    def sync(self) -> None:
        """Wait until everything appended so far is on disk.

        Raises:
            StorageError: The disk refused.
        """
        with storage_errors("write", self._path):
            os.fsync(self._file.fileno())

    def cut_back(self, offset: int) -> Path | None:
        """Take away everything after an offset, and keep it beside the log.

        Args:
            offset: As `offset` was when a checkpoint was saved. A log that is shorter than that
                stays as it is.

        Returns:
            Where the part that was cut is kept; none where there was nothing to cut.

        Raises:
            StorageError: The disk refused; the log is as it was, or is cut.
        """
        if offset >= self.offset:
            return None
        with storage_errors("cut back", self._path):
            kept = self._keep_from(offset)
            self._file.truncate(offset)
            self._complete_last_line()
            os.fsync(self._file.fileno())
        return kept

    def close(self) -> None:
        """Close the log; nothing can be appended after."""
        self._file.close()

    def _complete_last_line(self) -> None:
        """End a line that a killed writer left open, so that the next one stands alone."""
        size = self.offset
        if size and os.pread(self._file.fileno(), 1, size - 1) != b"\n":
            atomic.write_all(self._file.fileno(), b"\n")

    def _keep_from(self, offset: int) -> Path:
        """Copy the end of the log to a new file, on disk before the log loses it."""
        for number in itertools.count(1):
            kept = self._path.with_name(f"{self._path.name}.cut-{number}")
            if not os.path.lexists(kept):
                break
        with os.fdopen(os.open(kept, _FLAGS | os.O_EXCL, 0o600), "wb") as copy:
            self._file.seek(offset)
            shutil.copyfileobj(self._file, copy)
            copy.flush()
            os.fsync(copy.fileno())
        atomic.fsync_directory(kept.parent)
        return kept
