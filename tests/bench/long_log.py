"""A viewer of a long log: when its newest steps are seen, when all of them, and in how much memory.

A log as a run of a thousand steps a second writes it is read by a viewer, and folded into the state
that the dashboard draws from, on a timer as the dashboard does. Nothing is drawn.

    python -m tests.bench.long_log [--steps 10000000]
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gan import events
from gan.events import Phase
from gan.exchange.event_buffer import EventBuffer
from gan.run import event_json
from gan.run.creation import create_run
from gan.viewing.viewer import Viewer
from tests.fakes import START, steps
from tui.model.catching_up import CatchingUp
from tui.model.run_state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.run.directory import RunDirectory

STEPS: Final = 80
"""Steps of one report."""

LINES: Final = 1_000
"""Reports with losses of their own; then they come again."""

TICK_SECONDS: Final = 0.1
GIVE_UP_SECONDS: Final = 120.0
_FIRST_STEP: Final = re.compile('"first_step":[0-9]+')


def write_log(run: RunDirectory, count: int) -> None:
    """Write a log with at least so many steps."""
    random = np.random.default_rng(0)
    names = ("d_loss", "g_loss", "real_score", "fake_score")
    lines = []
    for _ in range(LINES):
        values = (random.random((4, STEPS)) * 1.4).astype(np.float32)
        event = replace(steps(1, STEPS), **dict(zip(names, values, strict=True)))
        before, after = _FIRST_STEP.split(event_json.to_line(event))
        lines.append((before, after))
    with run.log_path.open("w") as log:
        log.write(f"{event_json.to_line(events.PhaseEntered(time=START, phase=Phase.LOADING))}\n")
        for number, first in enumerate(range(1, count + 1, STEPS)):
            before, after = lines[number % LINES]
            log.write(f'{before}"first_step":{first}{after}\n')


def watch(run: RunDirectory, count: int) -> tuple[float, float]:
    """Seconds until any steps are seen, and until all of them are.

    Raises:
        TimeoutError: They never are.
    """
    buffer, catching_up, state = EventBuffer(), CatchingUp(), RunState()
    viewer = Viewer(
        run,
        screen=buffer,
        preview_seconds=None,
    )
    begun = time.perf_counter()
    viewer.start()

    def until(is_reached: Callable[[RunState], bool]) -> float:
        nonlocal state
        while not is_reached(state):
            if time.perf_counter() - begun > GIVE_UP_SECONDS:
                raise TimeoutError(f"{len(state.losses):,} steps after {GIVE_UP_SECONDS} s")
            time.sleep(TICK_SECONDS)
            state = catching_up.take(state, buffer.earlier())
        return time.perf_counter() - begun

    try:
        return until(lambda seen: len(seen.losses) > 0), until(
            lambda seen: len(seen.losses) >= count
        )
    finally:
        viewer.close()


def main() -> None:
    """Write a log, read it, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(Path(folder) / "run")
        write_log(run, options.steps)
        size = run.log_path.stat().st_size
        newest, whole = watch(run, options.steps)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{options.steps:,} steps, {size / 1e6:.0f} MB: the newest after {newest:.2f} s, all after "
        f"{whole:.2f} s; {used.ru_utime + used.ru_stime:.1f} s of a processor with the writing, "
        f"{used.ru_maxrss / 1024:.0f} MB at most"
    )


if __name__ == "__main__":
    main()
