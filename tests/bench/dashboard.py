"""What the dashboard costs and how quick it is, on a pseudo-terminal, with the real program.

Bytes a second on the wire at three sizes, here and over SSH; how late the event loop and how old
the screen is on a slow link; how long a key takes to show; and how many steps a second are left
beside a run without a screen, in turns of a few seconds of two processes that run for as long.

    python -m tests.bench.dashboard --data PATH [--only bytes,slow,keys,speed] [--seconds 20]
"""

from __future__ import annotations

import argparse
import math
import os
import re
import select
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.instrumented import STAMP
from tests.bench.stalled_terminal import UNTIL_KILLED, Bench
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.trials import SOON, Dashboard, Headless

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.trials import Trial

SIZES: Final = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
OFF_SSH: Final = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")
OVER_SSH: Final = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
BLOCK: Final = 4096
PRESSES: Final = 80
WHOLE_FRAME: Final = re.compile(rb"%s([0-9.]+).*?\x1b\[\?2026l" % STAMP.encode(), re.DOTALL)
"""When a frame was drawn, and its end: only then it is shown."""


def environment(program: Bench, **more: str) -> dict[str, str]:
    """The environment of a link that is known to be one."""
    kept = {name: value for name, value in program.environ.items() if name not in OFF_SSH}
    return {**kept, **more}


def read(
    keyboard: int,
    seconds: float,
    rate: float = 0,
    take: Callable[[bytes], object] = len,
) -> int:
    """Read a terminal for so long, at most `rate` bytes a second where it is given; how many."""
    begun, taken = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        allowed = BLOCK if not rate else min(BLOCK, int(rate * passed) - taken)
        if allowed <= 0:
            time.sleep(0.005)
            continue
        ready, _, _ = select.select([keyboard], [], [], 0.02)
        if ready:
            data = os.read(keyboard, allowed)
            taken += len(data)
            take(data)
    return taken


def measure_bytes(program: Bench, seconds: float) -> None:
    """Bytes a second from the first step on, and from later on."""
    print(f"{'':<14} {'first 10 s':>11} {'then':>9}   kB/s")
    links = {"": {}, " SSH": OVER_SSH}
    for size, cells in SIZES.items():
        for link, more in links.items():
            if link and size != "120x40":
                continue
            with started(program, f"bytes-{size}{link.strip()}", cells, more) as trial:
                trial.wait_for_training()
                rates = [read(trial._keyboard, span) / span / 1000 for span in (10.0, seconds)]
            print(f"{size + link:<14} {rates[0]:11.1f} {rates[1]:9.1f}", flush=True)


class Sized(Dashboard):
    """A dashboard of any size, in any environment."""

    def __init__(
        self, program: Bench, name: str, cells: tuple[int, int], environ: dict[str, str], lags: str
    ) -> None:
        from gan.run.directory import RunDirectory

        self.home = program.home / name
        self.home.mkdir()
        self.run = RunDirectory(self.home / "run")
        module = ["tests.bench.instrumented", lags] if lags else ["tui"]
        words = [sys.executable, "-m", *module, *program.small, "--run-dir", str(self.run.path)]
        Terminal.__init__(
            self,
            [*words, *UNTIL_KILLED],
            columns=cells[0],
            rows=cells[1],
            cwd=self.home,
            env=environ,
        )


def started(
    program: Bench,
    name: str,
    cells: tuple[int, int],
    more: dict[str, str] | None = None,
    lags: str = "",
) -> Sized:
    """The program with its dashboard."""
    return Sized(program, name, cells, environment(program, **(more or {})), lags)


class Watch:
    """Somebody at a terminal: how old each frame is when it is whole, and when the next one is."""

    def __init__(self) -> None:
        self.ages: list[float] = []
        self.oldest: list[float] = []
        self._tail = b""
        self._seen: float | None = None

    def __call__(self, data: bytes) -> None:
        self._tail += data
        while whole := WHOLE_FRAME.search(self._tail):
            now = time.monotonic()
            if self._seen is not None:
                self.oldest.append(now - self._seen)
            self._seen = float(whole[1])
            self.ages.append(now - self._seen)
            self._tail = self._tail[whole.end() :]


def measure_slow_links(program: Bench, seconds: float) -> None:
    """How late the loop and how old the screen is where the link takes so many bytes a second."""
    named = "".join(f"{name:>11}" for name in ("lag p95", "age", "most", "till next", "most"))
    print(f"\n{'link':<8}{named}   s, at 120x40; medians where nothing else is said")
    for rate in (32_000, 8_000):
        name = f"slow-{rate}"
        with started(program, name, SIZES["120x40"], lags="lags") as trial:
            trial.wait_for_training()
            watch = Watch()
            read(trial._keyboard, seconds, rate, watch)
            trial.signal(signal.SIGUSR1)
            trial.wait_for_end(SECONDS)
            lags = sorted(map(float, (trial.home / "lags").read_text().split()))
        p95 = lags[int(0.95 * len(lags))]
        told = [p95, statistics.median(watch.ages), max(watch.ages)]
        told += [statistics.median(watch.oldest), max(watch.oldest)]
        figures = "".join(f"{figure:11.3f}" for figure in told)
        print(f"{rate // 1000:>3} kB/s{figures}", flush=True)


def press(trial: Sized, key: str, wanted: bytes) -> float:
    """Seconds from a key to the bytes that show its effect."""
    before = len(trial.raw)
    begun = time.monotonic()
    os.write(trial._keyboard, key.encode())
    while wanted not in trial.raw[before:]:
        ready, _, _ = select.select([trial._keyboard], [], [], SOON)
        if not ready:
            raise AssertionError(f"{key!r} did not show {wanted!r}")
        trial.raw += os.read(trial._keyboard, 65_536)
    took = time.monotonic() - begun
    # Not in step with the screen's own timers.
    read(trial._keyboard, 0.2 + took)
    return took


def measure_keys(program: Bench) -> None:
    """How long keys take to show, while training goes on at full speed."""
    with started(program, "keys", SIZES["120x40"]) as trial:
        trial.wait_for_training()
        smoothing = [b"average of 200", b"average of 10", b"no average", b"average of 50"]
        looked = [press(trial, "m", smoothing[turn % 4]) for turn in range(PRESSES)]
        paused = []
        for _ in range(PRESSES // 2):
            paused.append(press(trial, " ", b" PAUSED "))
            press(trial, " ", b" TRAINING ")
    print(f"\n{'key to paint':<22} {'median':>8} {'p95':>8}   ms")
    for name, times in {"m (a look)": looked, "space to the badge": paused}.items():
        late = sorted(times)[int(0.95 * len(times)) - 1]
        print(f"{name:<22} {1000 * statistics.median(times):8.1f} {1000 * late:8.1f}")


def turn(trial: Trial, seconds: float) -> float:
    """Steps a second in a turn of a process that is stopped before and after it."""
    trial.signal_group(signal.SIGCONT)
    settle = 0.5
    if isinstance(trial, Sized):
        read(trial._keyboard, settle)
    else:
        time.sleep(settle)
    step, begun = trial.last_step(), time.monotonic()
    if isinstance(trial, Sized):
        read(trial._keyboard, seconds)
    else:
        time.sleep(seconds)
    steps, passed = trial.last_step() - step, time.monotonic() - begun
    trial.signal_group(signal.SIGSTOP)
    return steps / passed


def measure_speed(program: Bench, pairs: int, seconds: float) -> None:
    """Steps a second with the dashboard at 120x40 against without, in turns."""
    with (
        started(program, "speed", SIZES["120x40"]) as shown,
        Headless(program, "headless", *UNTIL_KILLED) as unseen,
    ):
        shown.wait_for_training()
        shown.signal_group(signal.SIGSTOP)
        unseen.wait_for_steps()
        unseen.signal_group(signal.SIGSTOP)
        ratios = []
        print(f"\n{'steps/s':<8} {'dashboard':>10} {'headless':>10} {'ratio':>7}")
        for number in range(1, pairs + 1):
            order = (shown, unseen) if number % 2 else (unseen, shown)
            rates = {id(trial): turn(trial, seconds) for trial in order}
            ratios.append(rates[id(shown)] / rates[id(unseen)])
            both = f"{rates[id(shown)]:10.1f} {rates[id(unseen)]:10.1f}"
            print(f"pair {number:<3} {both} {ratios[-1]:7.3f}", flush=True)
        for trial in (shown, unseen):
            trial.signal_group(signal.SIGCONT)
    # Whoever is first in a pair is a little faster: both orders count alike.
    shown_first, unseen_first = ratios[::2], ratios[1::2] or ratios
    middle = math.sqrt(statistics.median(shown_first) * statistics.median(unseen_first))
    print(f"ratio {middle:.3f}, of the medians of both orders")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="mlp")
    parser.add_argument("--only", default="bytes,slow,keys,speed")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pairs", type=int, default=8)
    options = parser.parse_args()
    options.data = options.data.resolve()
    only = options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        program = Bench(Path(folder), options)
        if "bytes" in only:
            measure_bytes(program, options.seconds)
        if "slow" in only:
            measure_slow_links(program, options.seconds)
        if "keys" in only:
            measure_keys(program)
        if "speed" in only:
            measure_speed(program, options.pairs, options.seconds / 2)


if __name__ == "__main__":
    main()
