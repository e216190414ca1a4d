"""What `--log-to` costs a run: the program with each tracker and without, in turns on one core.

Steps a second are those of a turn, and their ratio is taken within a round. Processor time a step
is that of the whole run with all its processes; other programs on the machine change it less.
Small batches, because then a second has many steps. Trackers with packages write offline, into a
temporary folder. Before that, what TensorBoard's feed takes of a core while nothing trains, which
other programs disturb least.

    taskset -c 1 python -m tests.bench.tracker_cost [--log-to tensorboard] [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from gan.bench.processes import Process, folder_in
from gan.bench.turns import take_turns
from gan.events import StepsCompleted
from gan.run.creation import create_run
from gan.run.follower import read_events
from gan.trackers.feed import Feed
from gan.trackers.table import TENSORBOARD, TRACKERS
from gan.trackers.tensorboard import TensorBoard
from gan.trackers.tracking import Tracking
from tests import fakes
from tests.gan.trackers.making import started as started_event

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHOUT: Final = "without"
WORDS: Final = [
    *(
        "-m",
        "tui",
        "--no-ui",
        "--data",
        "synthetic",
        "--epochs",
        "1000000",
        "--sample-every",
        "1ep",
    ),
    *("--checkpoint-every", "off", "--evaluate-every", "off"),
]


REPORT_SECONDS: Final = 0.1
"""From one report of the trainer's to the next."""

REPORTS: Final = 1000
STEPS_OF_A_REPORT: Final = (3, 30, 300, 1000)


class Contestant(Process):
    """The program, and the processor time that it has taken since its first step."""

    def begin(self) -> None:
        """Wait for its first step, and stop it until its turn."""
        self.wait_for_first_step()
        self.stop()
        self._seconds, self._steps = self._spent(), self._made()

    def seconds_a_step(self) -> float:
        """Processor seconds of all its processes, for each step."""
        return (self._spent() - self._seconds) / (self._made() - self._steps)

    def _spent(self) -> float:
        root = psutil.Process(self._process.pid)
        times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def _made(self) -> int:
        events = [one for one in read_events(self.run) if isinstance(one, StepsCompleted)]
        return events[-1].last_step


def feed_shares() -> None:
    """Print the share of a core of TensorBoard's feed, and how long the trainer is held up."""
    for count in STEPS_OF_A_REPORT:
        reports = [
            fakes.steps(1 + place * count, count, train_seconds=REPORT_SECONDS * (place + 1))
            for place in range(REPORTS)
        ]
        with tempfile.TemporaryDirectory() as folder:
            run = create_run(Path(folder) / "run")
            tracking = Tracking([Feed(TENSORBOARD, TensorBoard(None), capacity=2 * REPORTS)])
            whole, held_up = time.process_time(), 0.0
            with tracking.following(run, print):
                tracking(started_event(run))
                begun = time.thread_time()
                for report in reports:
                    tracking(report)
                held_up = time.thread_time() - begun
            whole = time.process_time() - whole
        print(
            f"{count / REPORT_SECONDS:8,.0f} steps/s: {whole / REPORTS / REPORT_SECONDS:.2%} of a "
            f"core; the trainer {held_up / REPORTS * 1e6:.1f} us a report"
        )


def main() -> None:
    """Take turns and print a line for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--log-to", action="append", choices=TRACKERS)
    parser.add_argument("--preset", default="mlp")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    feed_shares()
    names = [WITHOUT, *(options.log_to or [TENSORBOARD])]
    words = [*WORDS, "--preset", options.preset, "--batch-size", str(options.batch_size)]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        write_offline(Path(folder))
        made = {name: contestant(name, words, Path(folder), running) for name in names}
        turns = {name: one.turn for name, one in made.items()}
        rounds = take_turns(turns, rounds=options.rounds, seconds=options.seconds)
        costs = {name: one.seconds_a_step() for name, one in made.items()}
    for name in names:
        ratios = [one[name] / one[WITHOUT] for one in rounds]
        print(
            f"{name:<12}{statistics.median(one[name] for one in rounds):8.1f} steps/s, "
            f"{statistics.median(ratios):.3f} times (from {min(ratios):.3f} to {max(ratios):.3f}); "
            f"{costs[name] * 1e6:,.0f} us of processor a step, {costs[name] / costs[WITHOUT]:.3f}"
        )


def contestant(name: str, words: Sequence[str], folder: Path, running: ExitStack) -> Contestant:
    """A contestant that waits for its turn."""
    asked = [] if name == WITHOUT else ["--log-to", name]
    program = Contestant([sys.executable, *words, *asked], folder_in(folder))
    running.enter_context(program)
    program.begin()
    return program


def write_offline(folder: Path) -> None:
    """Have the packages of trackers write into a folder, with nobody's account."""
    os.environ |= {
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(folder),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "TRACKIO_DIR": str(folder / "trackio"),
    }


if __name__ == "__main__":
    main()
