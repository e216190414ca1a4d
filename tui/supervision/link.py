"""What the child leaves for its parent: memory and a file that both inherit from the fork."""

from __future__ import annotations

import fcntl
import mmap
import os

TYPE_CHECKING = False  # `typing` would cost the waiting process a megabyte
if TYPE_CHECKING:
    from typing import Any

_NOTES_BYTES = 524_288
"""Enough for three paths of 4,096 bytes, should every byte need an escape of six, and for the
addresses of as many workers as there may be. What isn't written to takes no memory."""

_LENGTH_BYTES = 4
_TAIL_BYTES = 16_384
_FIRST_PRIVATE = 3
_READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Link:
    """Made before the fork. The child writes to it; the parent reads once the child is dead."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _NOTES_BYTES)
        self._notes: dict[str, Any] = {}
        self.stderr = anonymous_file()
        """A file to capture standard error in; `None` on a system without anonymous files, whose
        parent reads only what was captured since the run has a directory."""

    def note(self, **notes: str | int | bool) -> None:
        """Add to what the parent should know; a later value replaces an earlier one.

        Args:
            notes: `run_dir` and `resume`, the command that goes on with it; `stderr_path`, and
                `stderr_begin`, the offset in bytes at which this process's output begins there;
                `screen`, whether it has the terminal; `ended`, once
                the run has recorded its own end; `worker`, the process's name among several;
                `detached`, once the child has left the terminal;
                `returned`, once the program has returned.
        """
        import json

        self._notes |= notes
        text = json.dumps(self._notes).encode()
        # Without a length there are no notes, so the parent never reads half of them.
        self._memory[:_LENGTH_BYTES] = bytes(_LENGTH_BYTES)
        self._memory[_LENGTH_BYTES : _LENGTH_BYTES + len(text)] = text
        self._memory[:_LENGTH_BYTES] = len(text).to_bytes(_LENGTH_BYTES, "big")

    def notes(self) -> dict[str, Any]:
        """What the child has noted; empty if nothing."""
        import json

        length = int.from_bytes(self._memory[:_LENGTH_BYTES], "big")
        text = self._memory[_LENGTH_BYTES : _LENGTH_BYTES + length]
        return dict(json.loads(text)) if length else {}

    def last_lines(self, count: int) -> list[str]:
        """The last lines that the child's libraries printed; not made safe to show.

        Raises:
            OSError: The file that they are in can't be read.
        """
        notes = self.notes()
        path = notes.get("stderr_path")
        if path is not None:
            descriptor = os.open(path, _READ_ONLY)
            try:
                tail = _tail(descriptor, notes["stderr_begin"])
            finally:
                os.close(descriptor)
        else:
            tail = b"" if self.stderr is None else _tail(self.stderr, 0)
        return tail.decode(errors="backslashreplace").splitlines()[-count:]


def _tail(descriptor: int, begin: int) -> bytes:
    """The end of a file from an offset on; if it was cut since, the end of what is left."""
    end = os.fstat(descriptor).st_size
    begin = max(begin if begin <= end else 0, end - _TAIL_BYTES)
    return os.pread(descriptor, end - begin, begin)


def anonymous_file() -> int | None:
    """A file without a name, in append mode, that no program started from here inherits.

    `None` if the system has none, or a sandbox forbids them.
    """
    if not hasattr(os, "memfd_create"):
        return None
    try:
        made = os.memfd_create("gan-tui-stderr", os.MFD_CLOEXEC)
    except OSError:
        return None
    flags = fcntl.fcntl(made, fcntl.F_GETFL)
    fcntl.fcntl(made, fcntl.F_SETFL, flags | os.O_APPEND)
    if made >= _FIRST_PRIVATE:
        return made
    # A standard stream was closed, and its number must stay free.
    kept = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, _FIRST_PRIVATE)
    os.close(made)
    return kept
