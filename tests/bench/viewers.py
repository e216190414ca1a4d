"""What attached viewers cost the training, and how soon a key of one has its effect.

    python -m tests.bench.viewers --data DIR [--rounds N] [--presses N] [--apart]

One process trains without a screen. A viewer presses space, and the time until its screen says so
is measured. Then viewers come and are killed in turns, each on a terminal of its own that takes
everything at once, and the speed of each turn is read from the run's log. With `--apart` the
training has a processor of its own: what is left is what it does for viewers itself.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gan.events import StepsCompleted
from gan.run.directory import RunDirectory
from gan.run.follower import Follower
from gan.run.status import read_status

ROOT: Final = Path(__file__).parents[2]
TURN_SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 4.0
"""Before a turn is measured: the start of a viewer is no part of watching."""

COUNTS: Final = (1, 3)
GONE_SECONDS: Final = 10.0
_START_SECONDS: Final = 180.0
_ANSWER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Steps per second before viewers came, while they watched, and ten seconds after a kill -9."""

    before: float
    watched: float
    after: float

    @property
    def ratio(self) -> float:
        """The speed while they watched, against the mean of that without them."""
        return 2 * self.watched / (self.before + self.after)

    @property
    def returned(self) -> float:
        """The speed after them, against that before them."""
        return self.after / self.before


class Viewer:
    """`gan-tui attach` on a terminal of 120x40, drained by a thread."""

    def __init__(self, run: Path) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            environ = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
            words = [sys.executable, "-m", "tui", "attach", str(run)]
            os.execve(sys.executable, words, environ)  # noqa: S606 - that is what is measured
        size = struct.pack("HHHH", 40, 120, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        self.bytes = 0
        self._newest = b""
        self._wrote = threading.Condition()
        threading.Thread(target=self._drain, daemon=True).start()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def press(self, key: str, until: bytes) -> float:
        """Press a key; the seconds until these bytes are written."""
        with self._wrote:
            self._newest = b""
        began = time.monotonic()
        os.write(self._terminal, key.encode())
        with self._wrote:
            if not self._wrote.wait_for(lambda: until in self._newest, _ANSWER_SECONDS):
                raise TimeoutError(f"{until!r} was not shown after {key!r}")
        return time.monotonic() - began

    def _drain(self) -> None:
        while True:
            select.select([self._terminal], [], [])
            try:
                data = os.read(self._terminal, 65_536)
            except OSError:
                return
            with self._wrote:
                self.bytes += len(data)
                self._newest = self._newest[-65_536:] + data
                self._wrote.notify_all()


class Training:
    """A process that trains without a screen, and its log."""

    def __init__(self, run: Path, data: str, *, is_apart: bool = False) -> None:
        first, *others = sorted(os.sched_getaffinity(0))
        if is_apart:
            os.sched_setaffinity(0, {first})
        words = ["--no-ui", "--data", data, "--run-dir", str(run), "--epochs", "1000"]
        words += ["--checkpoint-every", "off", "--evaluate-every", "off", "--sample-every", "off"]
        self.run = RunDirectory(run)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *words],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if is_apart:
            # Of this process and of the viewers that it starts.
            os.sched_setaffinity(0, others)
        self._follower = Follower(self.run)
        self._step = 0
        deadline = time.monotonic() + _START_SECONDS
        while self.step() < 1:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise TimeoutError("the training did not begin")
            time.sleep(0.2)

    def step(self) -> int:
        while found := self._follower.poll():
            for event in found:
                if isinstance(event, StepsCompleted):
                    self._step = event.last_step
        return self._step

    def speed(self, seconds: float) -> float:
        """Steps per second over the next seconds."""
        began, first = time.monotonic(), self.step()
        time.sleep(seconds)
        return (self.step() - first) / (time.monotonic() - began)

    def stop(self) -> None:
        os.kill(read_status(self.run)["pid"], signal.SIGTERM)
        self.process.wait(60)


def measure_speeds(training: Training, rounds: int) -> dict[int, list[Turn]]:
    """Turns with each number of viewers, each between two without one."""
    turns: dict[int, list[Turn]] = {count: [] for count in COUNTS}
    alone = training.speed(TURN_SECONDS)
    for number in range(rounds):
        for count in COUNTS if number % 2 else COUNTS[::-1]:
            viewers = [Viewer(training.run.path) for _ in range(count)]
            time.sleep(SETTLE_SECONDS)
            watched = training.speed(TURN_SECONDS)
            for viewer in viewers:
                viewer.kill()
            # Their leases have to expire.
            time.sleep(GONE_SECONDS)
            turn = Turn(alone, watched, training.speed(TURN_SECONDS))
            alone = turn.after
            turns[count].append(turn)
            sys.stdout.write(f"round {number}: {count} viewers {turn}\n")
            sys.stdout.flush()
    return turns


def measure_keys(training: Training, presses: int) -> list[float]:
    """Seconds from space to the word on the screen."""
    viewer = Viewer(training.run.path)
    time.sleep(SETTLE_SECONDS)
    taken = []
    for number in range(presses):
        taken.append(viewer.press(" ", (b"PAUSED", b"TRAINING")[number % 2]))
        # Not in step with the polls of the mailbox.
        time.sleep(0.7 + 0.037 * number % 0.5)
    viewer.kill()
    return sorted(taken)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--apart", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        training = Training(Path(folder) / "run", arguments.data, is_apart=arguments.apart)
        try:
            keys = measure_keys(training, arguments.presses)
            speeds = measure_speeds(training, arguments.rounds)
            leases = list(training.run.leases_path.iterdir())
        finally:
            training.stop()
    if keys:
        p95 = keys[int(0.95 * (len(keys) - 1))]
        sys.stdout.write(
            f"key to effect, {len(keys)} presses: median {1000 * statistics.median(keys):.0f} ms, "
            f"95 % {1000 * p95:.0f} ms, max {1000 * keys[-1]:.0f} ms\n"
        )
    for count, turns in speeds.items():
        for what, ratios in (
            (f"with {count} viewers against none", [turn.ratio for turn in turns]),
            (f"after {count} viewers against before", [turn.returned for turn in turns]),
        ):
            if ratios:
                sys.stdout.write(
                    f"steps/s {what}: {statistics.median(ratios):.3f} "
                    f"(rounds {', '.join(f'{ratio:.3f}' for ratio in sorted(ratios))})\n"
                )
    sys.stdout.write(f"leases left: {len(leases)}\n")


if __name__ == "__main__":
    main()
