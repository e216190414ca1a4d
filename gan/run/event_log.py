"""The writer of `events.jsonl`: every event of a run, appended, one a line.

There is one writer, the trainer; readers use `gan.run.follower`. A line is written with one system
call where the system allows it, and a line that could not be written whole is taken back, so that
what stands before the last newline is always whole.

A process goes on writing to a file that was deleted, and nobody will ever read it. So the writer
looks, once a second and before each checkpoint, whether its path still leads to the file that it
holds. Where only the file is gone, all that it held is put back; where the run's folder is gone,
that is a fault of the disk like any other, and it is over when the folder is back.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from gan import events
from gan.disk import atomic
from gan.disk.files import is_in_place
from gan.disk.os_errors import storage_errors
from gan.run import event_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory

LOOK_SECONDS: Final = 1.0
"""The longest that lines go to a file that nobody can find."""

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def is_logged(event: Event) -> bool:
    """Whether an event belongs in the log: not a glance at something that leaves no trace."""
    if isinstance(event, events.SamplesDrawn):
        return event.path is not None
    return not isinstance(event, (events.ProgressMade, events.LatentsInterpolated))


class EventLog:
    """Appends events to a run's log. The holder of the run's lock is the only one to make it."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the log, making it where there is none.

        Args:
            run: The run, whose lock this process holds.
            clock: Seconds from any moment on.

        Raises:
            StorageError: It could not be opened.
        """
        self._path = run.log_path
        self._clock = clock
        self._looked_at = clock()
        self._torn_at: int | None = None
        """Where a line begins that the disk refused and that could not be taken back yet."""

        with storage_errors("open", self._path), ExitStack() as opened:
            # Held open, so that the system cannot give its number to another folder.
            self._folder = os.open(run.path, _FOLDER_FLAGS)
            opened.callback(os.close, self._folder)
            self._file = _open(self._path)
            opened.callback(self._file.close)
            self._complete_last_line()
            self._opened = opened.pop_all()

    @property
    def offset(self) -> int:
        """Bytes in the log: others can read them, and after `sync` they survive a loss of power."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, event: Event) -> str:
        """Write an event, unless it is one that is not logged. Readers see it at once.

        Returns:
            As `look`, where it was time to look.

        Raises:
            StorageError: It could not be written; the log is as it was.
        """
        if not is_logged(event):
            return ""
        line = event_json.to_line(event).encode() + b"\n"
        is_due = self._clock() - self._looked_at >= LOOK_SECONDS
        warning = self.look() if is_due else ""
        with storage_errors("write", self._path):
            self._append(line)
        return warning

    def sync(self) -> str:
        """Wait until everything appended so far is on disk, where readers look for it.

        Returns:
            As `look`.

        Raises:
            StorageError: The disk refused, or the run's folder is gone.
        """
        warning = self.look()
        self.syncing()()
        return warning

    def syncing(self) -> Callable[[], None]:
        """What waits until everything appended so far is on disk, while more is appended.

        Returns:
            To be called once, in whatever thread; it raises `StorageError` where the disk refuses.

        Raises:
            StorageError: The disk refused already.
        """
        with storage_errors("write", self._path):
            self._take_back_torn()
            descriptor = os.dup(self._file.fileno())

        def wait() -> None:
            try:
                with storage_errors("write", self._path):
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

        return wait

    def look(self) -> str:
        """See that the log is where readers look for it, and put it back where it is not.

        Returns:
            What had to be put right, for people; empty where nothing had.

        Raises:
            StorageError: The run's folder is not in its place any more, or the disk refused.
        """
        with storage_errors("write", self._path):
            if not is_in_place(self._folder, self._path.parent):
                raise OSError(errno.ENOENT, "the run's folder is gone, or another is in its place")
            missing = not is_in_place(self._file.fileno(), self._path)
            warning = self._put_back() if missing else ""
        # Only now: while the log is not in its place, every line looks again.
        self._looked_at = self._clock()
        return warning

    def cut_back(self, offset: int) -> Path | None:
        """Take away everything after an offset, and keep it beside the log.

        Args:
            offset: As `offset` was when a checkpoint was saved. A log that is shorter than that
                stays as it is.

        Returns:
            Where the part that was cut is kept; none where it told of no step.

        Raises:
            StorageError: The disk refused; the log is as it was, or is cut.
        """
        if offset >= self.offset:
            return None
        with storage_errors("cut back", self._path):
            kept = None
            if self._tells_of_steps(offset):
                kept = self._copy_from(offset, self._unused_name("cut"))
            self._file.truncate(offset)
            self._complete_last_line()
            os.fsync(self._file.fileno())
        return kept

    def close(self) -> None:
        """Close the log; nothing can be appended after."""
        self._opened.close()

    def _tells_of_steps(self, offset: int) -> bool:
        """Whether anything but the end of a run stands after an offset."""
        with self._path.open("rb") as log:
            log.seek(offset)
            return any(b'"StepsCompleted"' in line for line in log)

    def _append(self, line: bytes) -> None:
        self._take_back_torn()
        before = self.offset
        try:
            atomic.write_all(self._file.fileno(), line)
        except OSError:
            self._torn_at = before
            # The first failure is the one to report, and the next line tries this again.
            with suppress(OSError):
                self._take_back_torn()
            raise

    def _take_back_torn(self) -> None:
        if self._torn_at is not None:
            self._file.truncate(self._torn_at)
            self._torn_at = None

    def _complete_last_line(self) -> None:
        """End a line that a killed writer left open, so that the next one stands alone."""
        size = self.offset
        if size and os.pread(self._file.fileno(), 1, size - 1) != b"\n":
            atomic.write_all(self._file.fileno(), b"\n")

    def _put_back(self) -> str:
        """Make the log anew from the file that is still held."""
        self._take_back_torn()
        copy = self._copy_from(0, self._unused_name("restored"))
        try:
            return self._go_on_with(copy)
        except OSError:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
            raise

    def _go_on_with(self, copy: Path) -> str:
        """Rename a copy into the log's place, keep what stands there, and say what happened."""
        text = f"{self._path.name} was deleted while the run went on; it is whole again."
        with _open(copy) as restored:
            if os.path.lexists(self._path):
                kept = self._path.rename(self._unused_name("replaced"))
                text = f"{self._path.name} was replaced while the run went on; kept as {kept.name}."
            copy.rename(self._path)
            # Lets go of the lost file in the same moment.
            os.dup2(restored.fileno(), self._file.fileno(), inheritable=False)
        atomic.fsync_directory(self._path.parent)
        return text

    def _unused_name(self, kind: str) -> Path:
        for number in itertools.count(1):
            path = self._path.with_name(f"{self._path.name}.{kind}-{number}")
            if not os.path.lexists(path):
                break
        return path

    def _copy_from(self, offset: int, path: Path) -> Path:
        """Copy the end of the log to a new file, and wait until it is on disk."""
        try:
            with os.fdopen(os.open(path, _FLAGS | os.O_EXCL, 0o600), "wb") as copy:
                self._file.seek(offset)
                shutil.copyfileobj(self._file, copy)
                copy.flush()
                os.fsync(copy.fileno())
            atomic.fsync_directory(path.parent)
        except OSError:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        return path


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, _FLAGS, 0o600), "r+b", buffering=0)
