"""Troubles for a program on a terminal: a reader that stops, a link that drops, garbage, signals.

It adds to the terminal of the end-to-end tests what can go wrong with one, and a pipe on which a
program can be followed while its terminal is not read. Nothing is read of the terminal but in a
wait for the screen, so that to stall it is to wait for the pipe instead.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.end_to_end.terminal import NORMAL_MODES, Terminal

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).parents[2]
SOON: Final = 10
"""Seconds for what takes a moment, on a machine that has other things to do."""

_BLOCK_BYTES: Final = 65_536
_MOUSE: Final = (1000, 1003, 1006, 1015, 1016)
_SCREEN_OR_KEYBOARD: Final = re.compile(rb"\x1b\[(?:\?1049[hl]|>[0-9]+u|<u)")


class Pipe:
    """What a program reports, a JSON object a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        # So that it is not at its end before the program has opened it.
        self._keep_open = os.open(path, os.O_WRONLY)
        self._rest = b""
        self._reports: list[dict[str, Any]] = []

    def close(self) -> None:
        os.close(self._descriptor)
        os.close(self._keep_open)

    def next(self, what: str, seconds: float = SOON) -> dict[str, Any]:
        """The next report of a kind; those before it are forgotten.

        Raises:
            AssertionError: There was none in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            while self._reports:
                report = self._reports.pop(0)
                if report["what"] == what:
                    return report
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise AssertionError(f"no report of {what!r} within {seconds} s")
            *lines, self._rest = (self._rest + os.read(self._descriptor, _BLOCK_BYTES)).split(b"\n")
            self._reports += map(json.loads, lines)


class Rig(Terminal):
    """A program on a terminal that can fail it, and the pipe that it reports to."""

    def __init__(
        self,
        home: Path,
        words: Sequence[str] | None = None,
        *,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        """Start the toy, or other words that get the pipe's path from the environment."""
        self.pipe = Pipe(home / "reports")
        self.first_size: list[int] = []
        """Columns and rows of the first layout, once there was one."""

        self.toy = [sys.executable, "-m", "tests.pty.toy", str(self.pipe.path)]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        super().__init__(
            words or [*self.toy, *options], columns=columns, rows=rows, cwd=home, env=environ
        )

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self.pipe.close()

    def frame(self) -> int | None:
        """The one frame that every row of the screen is of; none while they differ."""
        frames = {line.split(" row ")[0] for line in self.text.splitlines()}
        (first, *others) = frames
        return int(first.removeprefix("frame ")) if not others and first[:6] == "frame " else None

    def picture(self) -> list[tuple[str, str, str]]:
        """Every cell."""
        return self.cells(range(self._screen.columns), range(self._screen.lines))

    def wait_for_frame(self, frame: int, seconds: float = SOON) -> None:
        """Wait until the whole screen is of this frame."""
        self.wait_for(lambda: self.frame() == frame, f"frame {frame} on every row", seconds)

    def wait_for_mode(self, mode: int, *, on: bool) -> None:
        """Wait until a private mode is so."""
        self.wait_for(lambda: self.modes().get(mode) is on, f"mode {mode}, {on}", SOON)

    def state(self) -> dict[str, Any]:
        """What the toy says about itself, after all that was sent to it before."""
        self.send("s")
        return self.pipe.next("state")

    def wait_for_backlog(self) -> None:
        """Wait, reading nothing, until the toy's new frames are dropped: no more are pending."""
        backlog = 0
        for _ in range(40):
            before, backlog = backlog, self.pipe.next("beat")["backlog"]
            if backlog == before > 1:
                return
        raise AssertionError(f"ever more is pending: {backlog} writes")

    def forget_screen(self) -> None:
        """Blank the emulator, as if somebody had put another terminal in its place."""
        self._screen.reset()

    def send_bytes(self, data: bytes) -> None:
        """Type what need not be text."""
        os.write(self._keyboard, data)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size, and the emulator with it."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ, size)
        self._size = (columns, rows)
        self._screen.resize(rows, columns)

    def hang_up(self) -> None:
        """Drop the link: the terminal is no more, for whoever has it open."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self._keyboard)
        os.close(null)

    def signal(self, number: signal.Signals) -> None:
        """Signal the program."""
        self.process.send_signal(number)

    def stopped(self) -> bool:
        """Whether the program is stopped, as by a shell."""
        return is_stopped(self.process.pid)


def assert_given_back(rig: Rig) -> None:
    """The terminal is as it was found, and was given back once."""
    assert rig.settings() == rig.settings_before
    on = {mode for mode, is_on in rig.modes().items() if is_on}
    assert on <= NORMAL_MODES
    assert {mode: rig.modes()[mode] for mode in (1049, 25, *_MOUSE, 1004, 2004, 2026)} == {
        **dict.fromkeys((1049, *_MOUSE, 1004, 2004, 2026), False),
        25: True,
    }
    # Each screen has its own stack of keyboard modes, so those are for the alternate one alone.
    once = [b"\x1b[?1049h", b"\x1b[>25u", b"\x1b[<u", b"\x1b[?1049l"]
    changes = _SCREEN_OR_KEYBOARD.findall(rig.raw)
    assert changes == once * (len(changes) // len(once))


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped, and lives."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "T"
