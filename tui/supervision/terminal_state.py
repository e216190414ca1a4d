"""A terminal as it was before the program, and how to restore it."""

from __future__ import annotations

import os
import select
import termios
import time

TYPE_CHECKING = False  # `typing` would cost the waiting process a megabyte
if TYPE_CHECKING:
    from typing import Any

RESTORE = (
    b"\x1b[?2026l"  # a frame that was cut short ends here
    b"\x1b[?1016l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1000l"  # the mouse
    b"\x1b[?2048l\x1b[?1004l\x1b[?2004l"  # reports of size and focus, bracketed paste
    b"\x1b[?7h\x1b[0m"  # wrapping on, colours off
    b"\x1b[<u"  # the keyboard; each screen has its own, so before the alternate one is left
    b"\x1b[?1049l\x1b[?25h"
)
"""Undoes everything that the driver or the application may have set on a terminal."""

POP_TITLE = b"\x1b[23;2t"
"""Restores the window's title from the terminal's stack; for a dashboard, which pushes it there."""

# A sequence that was cut short ends at CAN, so that the first of ours is not taken for its rest.
_CANCEL = b"\x18"
_SHOW_CURSOR = b"\x1b[?25h"
_WRITE_SECONDS = 1.0
_STDERR = 2


class TerminalState:
    """The settings of the terminal of the standard streams, as they were at the start."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._settings: list[Any] = []
        for descriptor in (1, 0, _STDERR):
            try:
                self._settings = termios.tcgetattr(descriptor)
            except termios.error:
                continue
            self._descriptor = descriptor
            return

    @property
    def is_foreground(self) -> bool | None:
        """Whether this process is in the terminal's foreground; `None` without job control."""
        if self._descriptor is None:
            return None
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return None

    def restore(self, *, had_screen: bool) -> None:
        """Restore the terminal after a process that could not; never blocks for long.

        In the background the terminal is the shell's, and nothing is done.

        Args:
            had_screen: Whether that process had the whole screen, or was about to.
        """
        if self._descriptor is None or self.is_foreground is False:
            return
        try:
            had_screen |= termios.tcgetattr(self._descriptor) != self._settings
            # What was typed is not for the shell, and what was not yet shown is half a frame.
            termios.tcflush(self._descriptor, termios.TCIOFLUSH)
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)
        except termios.error:
            # It has hung up, so there is nothing to restore.
            return
        if had_screen:
            write_within(self._descriptor, _CANCEL + RESTORE + POP_TITLE, _WRITE_SECONDS)
        elif os.isatty(_STDERR):
            # A progress bar hides it.
            write_within(_STDERR, _SHOW_CURSOR, _WRITE_SECONDS)


def write_line(line: str) -> None:
    """Write a line to standard error; on a terminal that nobody reads, as much as is possible."""
    try:
        is_terminal = os.isatty(_STDERR)
        write_within(
            _STDERR, line.encode(errors="replace") + b"\n", _WRITE_SECONDS if is_terminal else None
        )
    except OSError:
        # Standard error is closed or its reader has left: nobody is there to read a line.
        return


def write_within(descriptor: int, data: bytes, seconds: float | None) -> None:
    """Write data to a descriptor, and give up after so many seconds.

    Args:
        descriptor: Where to; for a terminal, a descriptor of its own is opened, because
            non-blocking mode would be shared with the shell.
        data: What to write.
        seconds: `None` for something that is no terminal: write all of it, as long as it takes.
    """
    if seconds is None:
        while data:
            data = data[os.write(descriptor, data) :]
        return
    deadline = time.monotonic() + seconds
    try:
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        own = os.open(os.ttyname(descriptor), flags)
    except OSError:
        own = os.dup(descriptor)
    try:
        while data and (left := deadline - time.monotonic()) > 0:
            if select.select([], [own], [], left)[1]:
                data = data[_write_some(own, data) :]
    finally:
        os.close(own)


def _write_some(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0
    except OSError:
        # The terminal has hung up: all of it has gone where it could.
        return len(data)
