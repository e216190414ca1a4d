"""What the screen itself costs: processor time a second, with a run that takes none.

The dashboard at 120x40 on a pseudo-terminal, shown a recorded run: its steps in records of a tenth
of a second, its grids twice a second. What that takes is taken from the training on a machine
without a GPU, where every core is the training's.

    python -m tests.bench.screen_cost RUN [--seconds 20] [--steps-per-second 80] [--profile FILE]

RUN is the directory of a run with grids. FILE gets what Python's own profiler saw.
"""

from __future__ import annotations

import argparse
import cProfile
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.events import SamplesDrawn, StepsCompleted
from gan.run.directory import RunDirectory
from gan.run.samples import read_samples, sample_steps
from tests.bench.child import output_of, printed_at_the_end
from tests.fakes import FakeSource, compiling, steps, training
from tui.app.app import GanTuiApp
from tui.terminal.driver import HardenedDriver

if TYPE_CHECKING:
    from gan.events import Event, Images

SETTLE_SECONDS: Final = 3.0
RECORD_SECONDS: Final = 0.1
GRID_SECONDS: Final = 0.5
COLUMNS, ROWS = 120, 40


class Replay(FakeSource):
    """A run at a pace of its own, without training."""

    def __init__(self, run: RunDirectory, steps_per_second: float) -> None:
        super().__init__(training()[: len(compiling()) + 2])
        paths = [f"samples/{step:06d}.png" for step in sample_steps(run)]
        self._grids = [read_samples(run, path) for path in paths]
        self._pace = steps_per_second
        self._begun = time.monotonic()
        self._step = self._drawn = 0

    def drain(self) -> list[Event]:
        """What has happened since the last time."""
        passed = time.monotonic() - self._begun
        records = int(passed / RECORD_SECONDS) * RECORD_SECONDS
        count = int(records * self._pace) - self._step
        if count > 0:
            self.put(self._steps(count, passed))
        if passed / GRID_SECONDS > self._drawn:
            self._drawn += 1
            self.put(
                SamplesDrawn(time=time.time(), step=self._step, images=self._grid(), path=None)
            )
        return super().drain()

    def _grid(self) -> Images:
        return self._grids[self._drawn % len(self._grids)]

    def _steps(self, count: int, passed: float) -> StepsCompleted:
        record = steps(self._step + 1, count, time=time.time(), train_seconds=passed)
        self._step += count
        return replace(record, time=time.time())


class Watched(GanTuiApp):
    """The dashboard, which looks at the clocks after a while and again at its end."""

    def __init__(self, source: Replay, seconds: float, profiler: cProfile.Profile | None) -> None:
        super().__init__(source, driver_class=HardenedDriver)
        self._seconds, self._profiler = seconds, profiler
        self.looks: list[tuple[float, float, float]] = []
        """Seconds of the wall, of the process and of this thread."""

    def on_ready(self) -> None:
        """Let it settle first."""
        self.set_timer(SETTLE_SECONDS, self._begin)
        self.set_timer(SETTLE_SECONDS + self._seconds, self._end)

    def _begin(self) -> None:
        self._glance()
        if self._profiler is not None:
            self._profiler.enable()

    def _end(self) -> None:
        if self._profiler is not None:
            self._profiler.disable()
        self._glance()
        self.exit()

    def _glance(self) -> None:
        self.looks.append((time.monotonic(), time.process_time(), time.thread_time()))


def child(run: Path, seconds: float, pace: float, profile: str) -> None:
    """The application, and after it what it took."""
    profiler = cProfile.Profile() if profile else None
    app = Watched(Replay(RunDirectory(run), pace), seconds, profiler)
    app.run()
    if profiler is not None:
        profiler.dump_stats(profile)
    (begun, used, own), (ended, used_later, own_later) = app.looks
    span = (ended - begun) / 1000
    print(f"{(used_later - used) / span:.1f} ms/s of the process,", end=" ")
    print(f"{(own_later - own) / span:.1f} ms/s of the screen's thread")


def main() -> None:
    """Start the application on a pseudo-terminal, and show what it printed at its end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--steps-per-second", type=float, default=80)
    parser.add_argument("--profile", default="")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.run, options.seconds, options.steps_per_second, options.profile)
        return
    words = [sys.executable, "-m", "tests.bench.screen_cost", "--child", *sys.argv[1:]]
    output = output_of(words, columns=COLUMNS, rows=ROWS)
    print(f"{len(output):,} bytes")
    print(printed_at_the_end(output)[-2000:])


if __name__ == "__main__":
    main()
