"""Reads events from `events.jsonl`, while a run is writing it or afterwards.

Only complete lines are read, so a line that is still being written is read later. When a resumed
run truncates its log, the follower finds the last line that is still there and continues after it,
with the events of the resumed run. Whatever a log holds, a reader needs little memory: lines are
read up to a length, and many damaged ones in a row give few warnings.
"""

from __future__ import annotations

import os
import zlib
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.events import Event, Noted, QualityMeasured
from gan.run import event_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory

Kind = TypeVar("Kind", bound=Event)

_PIECE: Final = 1 << 20
"""Bytes read at once; limits the memory needed to catch up with a long log."""

_WARNINGS: Final = 10
"""Damaged lines in a row that have a warning each; one more stands for those that follow."""


class Follower:
    """Reads a run's events incrementally: each `poll` continues where the last one ended."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._seen: tuple[int, int, int] | None = None
        self._time = 0.0
        self.damage = ""
        """The first warning about a damaged line; empty if there was none."""

        self.rewinds = 0
        """How often lines that had been read were found to be gone from the log."""

        self.rewound_to = 0
        """The end of the lines that were left when this was found last."""

        self._is_in_line = False
        """Whether the offset is in a line that is too long, and not at the end of one."""

        # The end offset and checksum of each line read so far, and how many lines end there (20
        # bytes per line). After the log was truncated, they show which lines are still there.
        self._ends = array("Q", [0])
        self._checksums = array("I", [0])
        self._counts = array("Q", [0])

    @property
    def _path(self) -> Path:
        """Where the log is now; the run's directory may be renamed."""
        return self._run.log_path

    @property
    def offset(self) -> int:
        """Bytes of the log read so far: the end of a line, or a place in one that is too long."""
        return self._ends[-1]

    def poll(self) -> list[Event]:
        """The events since the last call, oldest first; empty if there is no log yet.

        A complete line that isn't an event is replaced by a warning (`Noted`). A long log is
        returned in several parts: call again until the list is empty.

        Raises:
            StorageError: The log exists but can't be read.
        """
        while data := self._read_more():
            # The rest of a line that is too long gives no event, and the log may go on after it.
            if found := self._decode(data):
                return found
        return []

    def _read_more(self) -> bytes:
        """The next complete lines, or a part of a line that is too long; empty at the end."""
        with storage_errors("read", self._path):
            try:
                # Opened each time, because network file systems check for changes on open.
                with open_plain(self._path) as file:
                    return self._read(file)
            except FileNotFoundError:
                return b""

    def _read(self, file: BinaryIO) -> bytes:
        """The complete lines after the offset, which first moves back if the log was truncated."""
        status = os.fstat(file.fileno())
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        if state == self._seen and status.st_size == self.offset:
            return b""
        self._seen = state
        if not self._is_unchanged(file, len(self._ends) - 1):
            self._forget_removed_lines(file)
        self._is_in_line = self.offset > 0 and os.pread(file.fileno(), 1, self.offset - 1) != b"\n"
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
        self.rewinds += 1
        unchanged, removed = 0, len(self._ends) - 1
        while removed - unchanged > 1:
            middle = (unchanged + removed) // 2
            if self._is_unchanged(file, middle):
                unchanged = middle
            else:
                removed = middle
        del self._ends[unchanged + 1 :]
        del self._checksums[unchanged + 1 :]
        del self._counts[unchanged + 1 :]
        self.rewound_to = self.offset

    def _decode(self, data: bytes) -> list[Event]:
        """The events in complete lines, with warnings in place of what is not an event."""
        if not data.endswith(b"\n"):
            return self._decode_part(data)
        lines = data.split(b"\n")
        lines.pop()
        found: list[Event] = []
        if self._is_in_line:
            self._note_read(lines.pop(0) + b"\n", 1)
        damaged: list[bytes] = []
        for line in lines:
            if len(damaged) >= _WARNINGS and not line.startswith(b"{"):
                damaged.append(line)
                continue
            try:
                event = event_json.from_line(line)
            except ValueError as error:
                damaged.append(line)
                if len(damaged) <= _WARNINGS:
                    found.append(self._warning(f"is not an event: {error}"))
                    self._note_read(line + b"\n", 1)
                continue
            found += self._skip(damaged[_WARNINGS:])
            damaged.clear()
            self._note_read(line + b"\n", 1)
            self._time = event.time
            found.append(event)
        return found + self._skip(damaged[_WARNINGS:])

    def _decode_part(self, data: bytes) -> list[Event]:
        """A warning for the first part of a line that is too long, nothing for the others."""
        found: list[Event] = []
        if not self._is_in_line:
            found = [
                self._warning(f"is not an event: it has more than {event_json.MAX_LINE:,} bytes")
            ]
        self._note_read(data, 0)
        return found

    def _skip(self, lines: list[bytes]) -> list[Event]:
        """One warning for several damaged lines."""
        if not lines:
            return []
        warning = self._warning(f"and {len(lines) - 1:,} more after it are not events either")
        self._note_read(b"\n".join(lines) + b"\n", len(lines))
        return [warning]

    def _warning(self, text: str) -> Noted:
        """A warning about the line after the offset."""
        place = f"{self._path.name} line {self._counts[-1] + 1:,}: the line at byte {self.offset}"
        self.damage = self.damage or f"{place} {text}"
        return Noted(time=self._time, text=f"{place} {text}", warning=True)

    def _note_read(self, data: bytes, lines: int) -> None:
        self._ends.append(self.offset + len(data))
        self._checksums.append(zlib.crc32(data))
        self._counts.append(self._counts[-1] + lines)


def _complete_lines(file: BinaryIO, offset: int) -> bytes:
    """The complete lines from an offset on: about `_PIECE` bytes, at least one line.

    Of a line that is too long it is the next part.
    """
    size = _PIECE
    while True:
        data = os.pread(file.fileno(), size, offset)
        end = data.rfind(b"\n") + 1
        if end or len(data) < size:
            return data[:end]
        if size >= event_json.MAX_LINE:
            return data
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
            with open_plain(run.log_path, buffering=-1) as log:
                return list(events_of(log, QualityMeasured))
        except FileNotFoundError:
            return []


def first_steps_offset(run: RunDirectory) -> int:
    """Where the first line of a run's log with steps begins; the log's length without one.

    Raises:
        StorageError: The log exists but can't be read.
    """
    with storage_errors("read", run.log_path):
        try:
            with open_plain(run.log_path, buffering=-1) as log:
                steps = (at for at, line in log_lines(log) if b'"StepsCompleted"' in line)
                return next(steps, os.fstat(log.fileno()).st_size)
        except FileNotFoundError:
            return 0


def events_of(log: BinaryIO, kind: type[Kind]) -> Iterator[Kind]:
    """The events of one kind from a place in a log on, without parsing the other lines."""
    name = f'"{kind.__name__}"'.encode()
    for _, line in log_lines(log):
        if name not in line:
            continue
        # A damaged line is reported to whoever reads all of the log.
        with suppress(ValueError):
            event = event_json.from_line(line)
            if isinstance(event, kind):
                yield event


def log_lines(log: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines from a place in a log on, each with its offset; those that are too long left out.

    Args:
        log: Open with a buffer.
    """
    offset = log.tell()
    is_in_line = False
    while line := log.readline(event_json.MAX_LINE):
        is_whole = line.endswith(b"\n") or len(line) < event_json.MAX_LINE
        if is_whole and not is_in_line:
            yield offset, line
        is_in_line = not is_whole
        offset += len(line)
