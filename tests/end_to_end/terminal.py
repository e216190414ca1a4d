"""A program on a pseudo-terminal, and an emulator that shows what a person in front of it sees.

Apart from the tests, because what is on a screen, which modes a terminal was left in and whether a
process is still there are the same questions for every one of them. Nothing here sleeps: each wait
reads what the program writes until a condition holds or its deadline has passed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Self

NORMAL_MODES: Final = frozenset({7, 25})
"""The private modes that are on in a terminal that nobody has touched: wrapping, and the cursor."""

_LOOK_SECONDS: Final = 0.05
"""How often a condition that is not on the screen, such as one of a file, is looked at."""

_BLOCK_BYTES: Final = 65_536
_MODE: Final = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")

_WHOLE_SEQUENCE: Final = re.compile(rb"\x1b(\[[0-9;?<>=$ ]*[@-~]|[^\[P])")
_LONGEST_SEQUENCE: Final = 64

_SYNCHRONIZED_QUESTION: Final = b"\x1b[?2026$p"
_SYNCHRONIZED_ANSWER: Final = b"\x1b[?2026;2$y"
_FRAME_BEGINS: Final = b"\x1b[?2026h"
_FRAME_ENDS: Final = b"\x1b[?2026l"
"""Synchronized output, as most terminals have it: a frame is shown whole or not yet."""

_UNKNOWN_TO_PYTE: Final = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\"
)
"""Questions to a terminal and keyboard protocols, which the emulator would print."""


class Terminal:
    """A program and its terminal. As a context, it leaves no process behind."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        cwd: Path,
        env: Mapping[str, str],
    ) -> None:
        """Start the program.

        Args:
            words: The program and its arguments.
            columns: The terminal's width in cells.
            rows: Its height.
            cwd: Where the program starts.
            env: Its whole environment, without TERM.
        """
        self.raw = b""
        """Everything that the program has written."""

        self._size = (columns, rows)
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._pending = b""
        self._keyboard, self._device = pty.openpty()
        fcntl.ioctl(self._device, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.settings_before = self.settings()
        self.process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**env, "TERM": "xterm-256color"},
            stdin=self._device,
            stdout=self._device,
            stderr=self._device,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.has_processes():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._keyboard)
        os.close(self._device)

    @property
    def text(self) -> str:
        """The screen, a line a row."""
        return "\n".join(self._screen.display)

    @property
    def left_behind(self) -> str:
        """What the program wrote to the normal screen after it left the alternate one."""
        screen = pyte.Screen(*self._size)
        pyte.ByteStream(screen).feed(self.raw.rpartition(b"\x1b[?1049l")[2])
        return "\n".join(screen.display)

    def cells(self, columns: range, rows: range) -> list[tuple[str, str, str]]:
        """Character, foreground and background of each cell in a part of the screen."""
        buffer = self._screen.buffer
        cells = [buffer[row][column] for row in rows for column in columns]
        return [(cell.data, cell.fg, cell.bg) for cell in cells]

    def settings(self) -> list[Any]:
        """The line discipline, as `stty -a` shows it."""
        return termios.tcgetattr(self._device)

    def modes(self) -> dict[int, bool]:
        """Each private mode that the program has set or reset, and whether it is set now."""
        changes = _MODE.findall(self.raw)
        return {
            int(mode): switch == b"h" for modes, switch in changes for mode in modes.split(b";")
        }

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._size

    @property
    def trainer(self) -> int:
        """The process that trains, whose parent is the one that was started."""
        return only_child(self.process.pid)

    def has_processes(self) -> bool:
        """Whether the program, or a process that it started, still lives."""
        if self.process.poll() is None:
            return True
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._keyboard, keys.encode())

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        """Read what the program writes until a condition holds.

        Raises:
            AssertionError: It did not in time; the message has the screen.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            alive = self.process.poll() is None
            left = deadline - time.monotonic()
            wrote = self._read(min(_LOOK_SECONDS, max(left, 0)))
            if left <= 0 or not (alive or wrote or condition()):
                state = "in time" if alive else f"before it ended ({self.process.returncode})"
                raise AssertionError(f"not {state}: {what}. The screen:\n{self.text}")

    def wait_for_text(self, text: str, seconds: float) -> None:
        """Wait until the screen has a text."""
        self.wait_for(lambda: text in self.text, f"{text!r} on the screen", seconds)

    def wait_for_end(self, seconds: float) -> int:
        """Wait until the program has ended and all that it wrote is read; its exit code."""
        self.wait_for(lambda: self.process.poll() is not None, "the end of the program", seconds)
        self.catch_up()
        return self.process.returncode

    def catch_up(self) -> None:
        """Show all that the program has written, without waiting for more."""
        while self._read(0):
            pass

    def _read(self, seconds: float) -> bool:
        """Show what the program writes within so many seconds; whether it wrote anything."""
        ready, _, _ = select.select([self._keyboard], [], [], seconds)
        if not ready:
            return False
        data = os.read(self._keyboard, _BLOCK_BYTES)
        self.raw += data
        self._show(data)
        return True

    def _show(self, data: bytes) -> None:
        """Feed the emulator with whole frames and whole sequences; keep the rest for later."""
        data = self._pending + data
        end = _whole(data)
        self._pending = data[end:]
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data[:end]))
        if _SYNCHRONIZED_QUESTION in data[:end]:
            os.write(self._keyboard, _SYNCHRONIZED_ANSWER)


def _whole(data: bytes) -> int:
    """How many of these bytes can be shown: no half sequence, and no half frame."""
    frame = data.rfind(_FRAME_BEGINS)
    if frame > data.rfind(_FRAME_ENDS):
        return frame
    escape = data.rfind(b"\x1b", -_LONGEST_SEQUENCE)
    return len(data) if escape < 0 or _WHOLE_SEQUENCE.match(data, escape) else escape


def only_child(pid: int) -> int:
    """The one process that a process has started (Linux)."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def cpu_seconds(pid: int, *, task: int | None = None) -> float:
    """Processor time that a process, or one thread of it, has used (Linux)."""
    folder = Path(f"/proc/{pid}") if task is None else Path(f"/proc/{pid}/task/{task}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
