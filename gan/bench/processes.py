"""The program itself as a contestant: a process that is stopped between its turns.

It is measured from outside, by what it writes to its run directory. So the figure includes all that
a real run does: the log, samples, checkpoints and, with a dashboard, a terminal that is read.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from gan.errors import GanTuiError
from gan.events import CheckpointSaved, StepsCompleted
from gan.run.directory import RunDirectory
from gan.run.follower import Follower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Self

    from gan.events import Event

COLUMNS, ROWS = 120, 40
_POLL_SECONDS: Final = 0.02
_SETTLE_SECONDS: Final = 0.5
_TIMEOUT_SECONDS: Final = 90.0
_END_SECONDS: Final = 15.0
_BLOCK: Final = 1 << 16
_PAUSED, _TRAINING = b" PAUSED ", b" TRAINING "
_FIRST_WORDS: Final = b" gan-tui "
_SYNCHRONIZED_QUERY: Final = b"\x1b[?2026$p"
_SYNCHRONIZED_REPLY: Final = b"\x1b[?2026;2$y"
"""Says that frames can be shown whole, as on most terminals."""

_MAX_SCREEN: Final = 1 << 20
"""Bytes of terminal output that are kept to search in."""

EventT = TypeVar("EventT", bound="Event")


class BenchError(GanTuiError):
    """A measured process ended, or did not respond in time."""


class Process:
    """A training in its own process. As a context manager, it ends the process on exit."""

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        """Start it.

        Args:
            words: The command; `--run-dir` is added.
            folder: An empty folder for the run and what the process prints.
        """
        self.run = RunDirectory(folder / "run")
        self._words = [*words, "--run-dir", str(self.run.path)]
        self._folder = folder
        self._follower = Follower(self.run)
        self.begun = time.time()
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def wait_for_first_step(self) -> float:
        """Wait for it; returns seconds from the start of the process to the step's record."""
        return self._wait_for(StepsCompleted, "its first step").time - self.begun

    def stop(self) -> None:
        """Suspend it until its turn."""
        self._signal(signal.SIGSTOP)

    def turn(self, seconds: float) -> float:
        """Let it train for `seconds`; returns steps per second, by its own log."""
        self._signal(signal.SIGCONT)
        # Until it runs at full speed again and the log from before its suspension has been read.
        time.sleep(_SETTLE_SECONDS)
        begun = self._wait_for(StepsCompleted, "a step")
        time.sleep(seconds)
        ended = self._wait_for(StepsCompleted, "a step")
        self.stop()
        return (ended.last_step - begun.last_step) / (ended.time - begun.time)

    def checkpoint_seconds(self) -> float:
        """Ask for a checkpoint; returns how many seconds training paused for it."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGUSR2)
        return self._wait_for(CheckpointSaved, "a checkpoint").seconds

    def _start(self) -> subprocess.Popen[bytes]:
        with (self._folder / "printed").open("wb") as printed:
            return subprocess.Popen(  # noqa: S603 - this program itself
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )

    def _wait_for(self, kind: type[EventT], name: str) -> EventT:
        """The newest event of a kind since the last call.

        Raises:
            BenchError: The process ended, or there was no such event in time.
        """
        end = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            found = [event for event in self._follower.poll() if isinstance(event, kind)]
            if found:
                return found[-1]
            time.sleep(_POLL_SECONDS)
        raise BenchError(f"waited for {name} of: {' '.join(self._words)}. {self._ending()}")

    def _ending(self) -> str:
        """Its exit code and the last line it printed."""
        printed = (self._folder / "printed").read_text(encoding="utf-8", errors="replace").strip()
        last = printed.rpartition("\n")[2] or "nothing"
        return f"Its exit code is {self._process.poll()}; the last line it printed: {last}"

    def _signal(self, number: int) -> None:
        """Signal its whole group: the child trains, and no process can pass SIGSTOP on."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)


class Dashboard(Process):
    """The program with its dashboard, on a pseudo-terminal that is read all the time."""

    _process: subprocess.Popen[bytes]

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._changed = threading.Condition()
        self._screen = b""
        self._dropped = 0
        """Bytes of output discarded so far."""

        self._keyboard, self._device = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._device, termios.TIOCSWINSZ, size)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        super().__init__(words, folder)
        self._reader.start()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        os.close(self._device)
        self._reader.join(_END_SECONDS)
        os.close(self._keyboard)

    def wait_for_first_frame(self) -> float:
        """Wait until a frame is on the terminal; returns seconds from the start of the process."""
        self._wait_for_screen(_FIRST_WORDS, 0, "its first frame")
        return time.time() - self.begun

    def key_to_pause_seconds(self) -> float:
        """Press the key; returns how many seconds it takes until the screen shows the pause."""
        begun = time.perf_counter()
        self._press(b" ", _PAUSED)
        took = time.perf_counter() - begun
        self._press(b" ", _TRAINING)
        return took

    def _start(self) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "TERM": "xterm-256color"}
        # Neither reads nor changes anybody's settings, and is no remote terminal.
        for name in ("SSH_CONNECTION", "SSH_TTY", "COLORTERM", "NO_COLOR"):
            environ.pop(name, None)
        environ["XDG_STATE_HOME"] = environ["XDG_CONFIG_HOME"] = str(self._folder)
        device = self._device
        return subprocess.Popen(  # noqa: S603 - this program itself
            self._words,
            stdin=device,
            stdout=device,
            stderr=device,
            env=environ,
            start_new_session=True,
        )

    def _ending(self) -> str:
        return f"Its exit code is {self._process.poll()}."

    def _press(self, key: bytes, wanted: bytes) -> None:
        since = self._count()
        os.write(self._keyboard, key)
        self._wait_for_screen(wanted, since, wanted.decode().strip())

    def _count(self) -> int:
        with self._changed:
            return self._dropped + len(self._screen)

    def _wait_for_screen(self, wanted: bytes, since: int, name: str) -> None:
        def is_there() -> bool:
            return wanted in self._screen[max(since - self._dropped, 0) :]

        with self._changed:
            if not self._changed.wait_for(is_there, _TIMEOUT_SECONDS):
                raise BenchError(f"waited for {name} on the screen. {self._ending()}")

    def _read(self) -> None:
        """Read what the program writes, until its terminal closes."""
        while True:
            try:
                if not select.select([self._keyboard], [], [], _END_SECONDS)[0]:
                    if self._process.poll() is not None:
                        return
                    continue
                data = os.read(self._keyboard, _BLOCK)
            except OSError:
                return
            if _SYNCHRONIZED_QUERY in data:
                os.write(self._keyboard, _SYNCHRONIZED_REPLY)
            with self._changed:
                self._screen += data
                if len(self._screen) > _MAX_SCREEN:
                    cut = len(self._screen) // 2
                    self._dropped += cut
                    self._screen = self._screen[cut:]
                self._changed.notify_all()


def folder_in(home: Path) -> Path:
    """A new empty folder for a process."""
    return Path(tempfile.mkdtemp(dir=home))


def spread_of(measure: Callable[[], float], times: int, pause_seconds: float) -> list[float]:
    """Repeat a measurement, with pauses of uneven length."""
    values = []
    for number in range(times):
        time.sleep(pause_seconds * (1 + 0.37 * (number % 3)))
        values.append(measure())
    return values
