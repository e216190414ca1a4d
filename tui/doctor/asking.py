"""Asks a terminal questions: it answers on its input, as if somebody typed.

For that time it neither echoes nor waits for whole lines. It is restored however the questions end:
by an answer, by silence, by ctrl+c, or by a signal that ends the process.
"""

from __future__ import annotations

import os
import select
import termios
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from tui.doctor.ended_in_order import ended_in_order
from tui.terminal.frame_writer import own_descriptor

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

_BLOCK_BYTES: Final = 4096
_PART_BYTES: Final = 256
"""A descriptor that is shared with others may block, but not on so few bytes."""

_LOCAL_FLAGS: Final = 3
_CONTROL_CHARACTERS: Final = 6
"""Places in what `termios.tcgetattr` returns."""


class Silence(Exception):  # noqa: N818 - what a terminal answers with
    """The terminal has not answered, or not taken the question, in time."""


class Asker:
    """Writes questions and reads answers, never waiting longer than allowed."""

    def __init__(
        self, reading: int, writing: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask nothing yet.

        Args:
            reading: A descriptor of the terminal's input, preferably non-blocking.
            writing: One of its output, the same.
            clock: Seconds from any moment on.
        """
        self._reading, self._writing, self._clock = reading, writing, clock
        self._unread = b""

    def write(self, data: bytes, seconds: float) -> None:
        """Write all of it.

        Raises:
            Silence: The terminal took only a part in time, as after ctrl+s, or has hung up.
        """
        deadline, left = self._clock() + seconds, memoryview(data)
        while left:
            self._wait([], [self._writing], deadline)
            with suppress(BlockingIOError):
                try:
                    left = left[os.write(self._writing, left[:_PART_BYTES]) :]
                except BlockingIOError:
                    raise
                except OSError as error:
                    raise Silence from error

    def ask(self, question: bytes, answer: re.Pattern[bytes], seconds: float) -> re.Match[bytes]:
        """Write a question, and wait for what matches the answer; what was typed is dropped.

        Raises:
            Silence: None came in time.
        """
        deadline = self._clock() + seconds
        self.write(question, seconds)
        while (match := answer.search(self._unread)) is None:
            self._read(deadline)
        self._unread = self._unread[match.end() :]
        return match

    def _read(self, deadline: float) -> None:
        self._wait([self._reading], [], deadline)
        try:
            data = os.read(self._reading, _BLOCK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise Silence from error
        if not data:
            raise Silence
        self._unread = (self._unread + data)[-_BLOCK_BYTES:]

    def _wait(self, reading: list[int], writing: list[int], deadline: float) -> None:
        left = deadline - self._clock()
        if left <= 0 or not any(select.select(reading, writing, [], left)):
            raise Silence


@contextmanager
def asking(reading: int, writing: int) -> Iterator[Asker]:
    """Set the terminal up for questions in this block, and restore it after it.

    Args:
        reading: The descriptor of standard input, a terminal.
        writing: That of standard output, the same terminal.

    Raises:
        OSError: It isn't a terminal any more.
    """
    own_reading, own_writing = own_descriptor(reading), -1
    try:
        own_writing = own_descriptor(writing)
        with _raw(reading), ended_in_order():
            yield Asker(own_reading, own_writing)
    finally:
        os.close(own_reading)
        if own_writing >= 0:
            os.close(own_writing)


def may_ask(descriptor: int) -> bool:
    """Whether this process is in the terminal's foreground: else asking would stop it."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        # It is not this process's own terminal.
        return False


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """No echo and no lines; ctrl+c still interrupts, but nothing suspends the process meanwhile."""
    before = termios.tcgetattr(descriptor)
    changed: list[Any] = [*before]
    changed[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ICANON)
    changed[_CONTROL_CHARACTERS] = [*before[_CONTROL_CHARACTERS]]
    changed[_CONTROL_CHARACTERS][termios.VMIN] = 1
    changed[_CONTROL_CHARACTERS][termios.VTIME] = 0
    disabled = os.fpathconf(descriptor, "PC_VDISABLE")
    changed[_CONTROL_CHARACTERS][termios.VSUSP] = bytes([disabled & 0xFF])
    termios.tcsetattr(descriptor, termios.TCSANOW, changed)
    try:
        yield
    finally:
        # An answer that comes too late would be typed into the shell. Waiting for the output to be
        # written could take for ever.
        with suppress(termios.error):
            termios.tcflush(descriptor, termios.TCIFLUSH)
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
