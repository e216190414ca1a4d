"""A small application on the hardened driver, in a process of its own and without TensorFlow.

It fills the screen with the number of a frame and reports to a pipe, so that a test can follow it
while nobody reads its terminal. Keys are its commands; they arrive even while its output is stuck.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import signal
import struct
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.driver import HardenedDriver, TerminalGone, hardened_driver, restore_terminal
from tui.terminal.job_control import stop_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.events import Key, Resize

FRAME_SECONDS: Final = 0.02
BEAT_SECONDS: Final = 0.25
LAG_SECONDS: Final = 0.005

STANDARD: Final = 2
SIGTERM_CODE: Final = 143
WATCHDOG_CODE: Final = 9


class Reports:
    """JSON lines into a pipe."""

    def __init__(self, path: Path) -> None:
        self._pipe = os.open(path, os.O_WRONLY)

    def __call__(self, what: str, **facts: Any) -> None:
        os.write(self._pipe, json.dumps({"what": what, **facts}).encode() + b"\n")


class Wall(Widget):
    """Every row says which frame it is of; every row but one in two changes its colour too."""

    DEFAULT_CSS = "Wall { width: 1fr; height: 1fr; }"
    frame = 1

    def render_line(self, y: int) -> Strip:
        text = f"frame {self.frame} row {y} ".ljust(self.size.width, ".")[: self.size.width]
        style = Style.parse(f"color({(self.frame * (y % 2) + y) % 256})")
        return Strip([Segment(text, style)])


class RushedDriver(HardenedDriver):
    """On a terminal that can change its size at the very moment when it is asked for it."""

    next_size: tuple[int, int] | None = None

    def _get_terminal_size(self) -> tuple[int, int]:
        size = super()._get_terminal_size()
        if self.next_size is not None:
            columns, rows = self.next_size
            self.next_size = None
            # The kernel sends the signal before this returns.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        return size


class Toy(App[None]):
    """Draws a frame every fiftieth of a second until it is frozen."""

    def __init__(self, report: Reports, *, frozen: bool) -> None:
        super().__init__(driver_class=RushedDriver)
        self.report = report
        self.wall = Wall()
        self.frozen = frozen
        self.typed = ""
        self.lags: list[float] = []
        self.left_at = 0.0
        self.tasks: list[asyncio.Task[None]] = []

    def compose(self) -> ComposeResult:
        yield self.wall

    def on_mount(self) -> None:
        self.set_interval(FRAME_SECONDS, self.draw)
        self.set_interval(BEAT_SECONDS, self.beat)
        self.tasks = [asyncio.create_task(self.measure_lag())]
        self.report("mounted", pid=os.getpid(), size=list(self.size))

    def on_resize(self, event: Resize) -> None:
        self.report("resized", size=list(event.size))

    def on_terminal_gone(self, message: TerminalGone) -> None:
        del message
        self.report("gone", seen=self.driver.gone)
        self.exit()

    @property
    def driver(self) -> HardenedDriver:
        driver = hardened_driver(self)
        assert driver is not None
        return driver

    def draw(self) -> None:
        if not self.frozen:
            self.wall.frame += 1
            self.wall.refresh()

    def beat(self) -> None:
        """Say how the event loop does: the lags of its own short sleeps, in seconds."""
        lags, self.lags = self.lags, []
        self.report("beat", lags=lags, backlog=self.driver.backlog, frame=self.wall.frame)

    async def measure_lag(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_SECONDS)
            self.lags.append(time.monotonic() - began - LAG_SECONDS)

    def on_key(self, event: Key) -> None:
        commands: dict[str, Callable[[], None]] = {
            "a": self.refresh_all,
            "b": self.block,
            "c": self.lose_standard_descriptors,
            "e": self.fail,
            "f": self.freeze,
            "r": self.rush,
            "s": self.state,
            "x": self.leave,
            "z": self.stop_job,
        }
        if event.key in commands:
            commands[event.key]()
        else:
            self.typed += event.character or f"<{event.key}>"

    def refresh_all(self) -> None:
        self.refresh()

    def freeze(self) -> None:
        self.frozen = True
        self.report("frozen", frame=self.wall.frame)

    def state(self) -> None:
        self.report(
            "state",
            threads=sorted(thread.name for thread in threading.enumerate()),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            typed=self.typed,
            size=list(self.size),
        )

    def rush(self) -> None:
        RushedDriver.next_size = (100, 30)

    def stop_job(self) -> None:
        self.report("stopping", done=stop_job())

    def leave(self) -> None:
        self.left_at = time.monotonic()
        self.exit()

    def fail(self) -> None:
        message = "a toy breaks"
        raise RuntimeError(message)

    def block(self) -> None:
        """Stop the event loop; a watchdog gives the terminal back and ends the process."""
        threading.Thread(target=self.bite, name="watchdog", daemon=True).start()
        time.sleep(60)

    def bite(self) -> None:
        restore_terminal(self)
        os._exit(WATCHDOG_CODE)

    def lose_standard_descriptors(self) -> None:
        """As a library might that thinks that it is alone in the process."""
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(null, descriptor)
        self.report("lost", frame=self.wall.frame)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("reports", type=Path)
    parser.add_argument("--stdout", type=Path, help="a file in place of standard output")
    parser.add_argument("--stderr", type=Path, help="a file in place of standard error")
    parser.add_argument("--frozen", action="store_true", help="draw the first frame only")
    parser.add_argument("--orphaned", action="store_true", help="begin once the parent has ended")
    parser.add_argument("--linger", action="store_true", help="live on after the application")
    options = parser.parse_args()
    report = Reports(options.reports)
    # A process that a shell started has its terminal already.
    with contextlib.suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if options.stdout:
        os.dup2(os.open(options.stdout, os.O_WRONLY | os.O_CREAT, 0o600), 1)
    if options.stderr:
        os.dup2(os.open(options.stderr, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    while options.orphaned and os.getsid(os.getppid()) == os.getsid(0):
        os.sched_yield()
    app = Toy(report, frozen=options.frozen)

    def on_sigterm(*_: object) -> None:
        restore_terminal(app)
        os._exit(SIGTERM_CODE)

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_sigterm)
    # As a parent without jobs leaves it.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    app.run()
    report("left", seconds=time.monotonic() - app.left_at if app.left_at else None)
    if options.linger:
        linger(report)
    else:
        report("restored again", spilled=restore_again(app))


def restore_again(app: Toy) -> int:
    """Restore the terminal once more; the bytes that went to files with its former numbers."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(20)]
        restore_terminal(app)
        return sum(os.fstat(file.fileno()).st_size for file in files)


def terminals() -> list[str]:
    """The descriptors of terminals, but for the standard ones."""
    links = [path for path in Path("/proc/self/fd").iterdir() if int(path.name) > STANDARD]
    return [path.name for path in links if path.is_char_device() and "pts" in str(path.readlink())]


def linger(report: Reports) -> None:
    """Do something else for a second, and say what the rest of the process did meanwhile."""
    wall, cpu = time.monotonic(), time.process_time()
    time.sleep(1)
    report(
        "lingered",
        cpu_share=(time.process_time() - cpu) / (time.monotonic() - wall),
        threads=sorted(thread.name for thread in threading.enumerate()),
        tstp_is_ignored=signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN,
        terminals=terminals(),
    )
    signal.pause()


if __name__ == "__main__":
    main()
