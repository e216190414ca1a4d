"""Reads events from `events.jsonl`, while a run is writing it or afterwards.

Only complete lines are read, so a line that is still being written is read later. When a resumed
run truncates its log, the follower finds the last line that is still there and continues after it,
with the events of the resumed run.
"""

from __future__ import annotations

import os
import zlib
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from gan.disk.os_errors import storage_errors
from gan.events import Event, Noted, QualityMeasured
from gan.run import event_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gan.run.directory import RunDirectory

_PIECE: Final = 16 << 20
"""Bytes read at once; limits the memory needed to catch up with a long log."""


class Follower:
    """Reads a run's events incrementally: each `poll` continues where the last one ended."""

    def __init__(self, run: RunDirectory) -> None:
        self._path = run.log_path
        self._seen: tuple[int, int, int] | None = None
        self._time = 0.0
        # The end offset and checksum of each line read so far (12 bytes per line). After the log
        # was truncated, they show which lines are still there.
        self._ends = array("Q", [0])
        self._checksums = array("I", [0])

    @property
    def offset(self) -> int:
        """Bytes of the log read so far; always the end of a line."""
        return self._ends[-1]

    def poll(self) -> list[Event]:
        """The events since the last call, oldest first; empty if there is no log yet.

        A complete line that isn't an event is replaced by a warning (`Noted`). A long log is
        returned in several parts: call again until the list is empty.

        Raises:
            StorageError: The log exists but can't be read.
        """
        with storage_errors("read", self._path):
            try:
                # Opened each time, because network file systems check for changes on open.
                with self._path.open("rb", buffering=0) as file:
                    data = self._read(file)
            except FileNotFoundError:
                return []
        return [self._decode(line + b"\n") for line in data.split(b"\n")[:-1]]

    def _read(self, file: BinaryIO) -> bytes:
        """The complete lines after the offset, which first moves back if the log was truncated."""
        status = os.fstat(file.fileno())
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        if state == self._seen and status.st_size == self.offset:
            return b""
        self._seen = state
        if not self._is_unchanged(file, len(self._ends) - 1):
            self._forget_removed_lines(file)
        return _complete_lines(file, self.offset)

    def _is_unchanged(self, file: BinaryIO, line: int) -> bool:
        """Whether a line that was read is still at its place in the log."""
        if line == 0:
            return True
        start, end = self._ends[line - 1], self._ends[line]
        return zlib.crc32(os.pread(file.fileno(), end - start, start)) == self._checksums[line]

    def _forget_removed_lines(self, file: BinaryIO) -> None:
        """Move the offset back to the last line that is still in the log.

        A log is only appended to or truncated, so lines are unchanged up to some point and removed
        after it. A binary search finds that point.
        """
        unchanged, removed = 0, len(self._ends) - 1
        while removed - unchanged > 1:
            middle = (unchanged + removed) // 2
            if self._is_unchanged(file, middle):
                unchanged = middle
            else:
                removed = middle
        del self._ends[unchanged + 1 :]
        del self._checksums[unchanged + 1 :]

    def _decode(self, line: bytes) -> Event:
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


def _complete_lines(file: BinaryIO, offset: int) -> bytes:
    """The complete lines from an offset on: about `_PIECE` bytes, at least one line."""
    size = _PIECE
    while True:
        data = os.pread(file.fileno(), size, offset)
        end = data.rfind(b"\n") + 1
        if end or len(data) < size:
            return data[:end]
        size *= 2


def read_events(run: RunDirectory) -> list[Event]:
    """All events in a run's log, oldest first; empty if there is no log.

    Raises:
        StorageError: The log exists but can't be read.
    """
    follower = Follower(run)
    found: list[Event] = []
    while more := follower.poll():
        found += more
    return found


def read_evaluations(run: RunDirectory) -> list[QualityMeasured]:
    """The evaluations in a run's log, oldest first, without parsing its steps.

    Raises:
        StorageError: The log exists but can't be read.
    """
    with storage_errors("read", run.log_path):
        try:
            with run.log_path.open("rb") as log:
                return list(evaluations(log))
        except FileNotFoundError:
            return []


def evaluations(lines: Iterable[bytes]) -> Iterator[QualityMeasured]:
    """The evaluations among the lines of a log, without parsing the others."""
    for line in lines:
        if b'"QualityMeasured"' not in line:
            continue
        # A damaged line is reported to whoever reads all of the log.
        with suppress(ValueError):
            event = event_json.from_line(line)
            if isinstance(event, QualityMeasured):
                yield event
