"""The reader of `events.jsonl`, from another process or after the fact.

It takes whole lines only, so a line that is still being written is read later and not lost. When a
resumed run cuts its log back, the follower finds the last line that still stands and goes on after
it: what comes next begins with the new `RunStarted`.
"""

from __future__ import annotations

import os
import zlib
from array import array
from typing import TYPE_CHECKING, BinaryIO, Final

from gan.disk.os_errors import storage_errors
from gan.events import Event, Noted
from gan.run import event_json

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

_PIECE: Final = 16 << 20
"""Bytes of log taken at once, so that catching up with a long run needs little memory."""


class Follower:
    """Reads a run's events as they come. Each call of `poll` goes on where the last one ended."""

    def __init__(self, run: RunDirectory) -> None:
        self._path = run.log_path
        self._seen: tuple[int, int, int] | None = None
        self._time = 0.0
        # The end and the checksum of every line taken so far: twelve bytes a line, which is what
        # it costs to know after a cut how much of what was read still stands.
        self._ends = array("Q", [0])
        self._checksums = array("I", [0])

    @property
    def offset(self) -> int:
        """Bytes of the log that were read: always the end of a line."""
        return self._ends[-1]

    def poll(self) -> list[Event]:
        """The events since the last call, oldest first; none where there is no log yet.

        A whole line that is not an event becomes a warning in its place. A long log comes in
        several pieces: call again until nothing comes.

        Raises:
            StorageError: The log is there and cannot be read.
        """
        with storage_errors("read", self._path):
            try:
                # Opened anew each time: a network file system looks for changes when it opens.
                with self._path.open("rb", buffering=0) as file:
                    data = self._read(file)
            except FileNotFoundError:
                return []
        return [self._take(line + b"\n") for line in data.split(b"\n")[:-1]]

    def _read(self, file: BinaryIO) -> bytes:
        """Whole lines after the offset, once it is certain that the offset still holds."""
        status = os.fstat(file.fileno())
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        if state == self._seen and status.st_size == self.offset:
            return b""
        self._seen = state
        if not self._stands(file, len(self._ends) - 1):
            self._return_to_cut(file)
        return _whole_lines(file, self.offset)

    def _stands(self, file: BinaryIO, line: int) -> bool:
        """Whether a line that was read is still in the log, at its place."""
        if line == 0:
            return True
        start, end = self._ends[line - 1], self._ends[line]
        return zlib.crc32(os.pread(file.fileno(), end - start, start)) == self._checksums[line]

    def _return_to_cut(self, file: BinaryIO) -> None:
        """Forget the lines that the log no longer holds.

        A log only grows, or is cut at one place: lines before it stand and lines after it do not,
        so the place is found by halving.
        """
        standing, gone = 0, len(self._ends) - 1
        while gone - standing > 1:
            middle = (standing + gone) // 2
            if self._stands(file, middle):
                standing = middle
            else:
                gone = middle
        del self._ends[standing + 1 :]
        del self._checksums[standing + 1 :]

    def _take(self, line: bytes) -> Event:
        start = self.offset
        self._ends.append(start + len(line))
        self._checksums.append(zlib.crc32(line))
        try:
            event = event_json.from_line(line)
        except ValueError as error:
            text = f"{self._path.name}: the line at byte {start} is not an event: {error}"
            return Noted(time=self._time, text=text, warning=True)
        self._time = event.time
        return event


def _whole_lines(file: BinaryIO, offset: int) -> bytes:
    """About a piece of the log from an offset on, up to its last newline."""
    size = _PIECE
    while True:
        data = os.pread(file.fileno(), size, offset)
        end = data.rfind(b"\n") + 1
        if end or len(data) < size:
            return data[:end]
        size *= 2


def read_events(run: RunDirectory) -> list[Event]:
    """Every event in a run's log, oldest first; none where there is no log.

    Raises:
        StorageError: The log is there and cannot be read.
    """
    follower = Follower(run)
    found: list[Event] = []
    while more := follower.poll():
        found += more
    return found
