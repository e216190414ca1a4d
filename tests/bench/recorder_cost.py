"""What logging a step costs the loop's own thread: our recorder beside its nearest peers.

Each logs four values a step, in turns, in one process: back to back, and between pieces of work
that take a millisecond and fill the processor's caches with other things. Peers that are not
installed are left out: `pip install wandb trackio`, which log offline here.

    python -m tests.bench.recorder_cost [--steps 20000] [--paced 1000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan import Recorder
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from tests.gan.recorder.recording import logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

NAMES: Final = ("d_loss", "g_loss", "accuracy", "lr")
PIECE_SECONDS: Final = 0.001
MATRIX: Final = np.ones((128, 128), np.float32)
SUSTAINED: Final = 100_000
"""Calls a second that the recorder is to keep up with."""

SUSTAINED_SECONDS: Final = 5


@contextmanager
def recorder(folder: Path) -> Iterator[Callable[[int, dict[str, Any]], None]]:
    """Ours."""
    with Recorder(folder) as run:
        yield lambda _, values: run.log(values)


@contextmanager
def tensorboard(folder: Path) -> Iterator[Callable[[int, dict[str, Any]], None]]:
    """TensorBoard's writer, as tensorboardX has it."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(folder)) as writer:

        def log(step: int, values: dict[str, Any]) -> None:
            for name, value in values.items():
                writer.add_scalar(name, value, step)

        yield log


@contextmanager
def wandb(folder: Path) -> Iterator[Callable[[int, dict[str, Any]], None]]:
    """Weights & Biases, offline."""
    import wandb as peer

    with peer.init(project="cost", dir=folder, mode="offline") as run:
        yield lambda step, values: run.log(values, step=step)


@contextmanager
def trackio(folder: Path) -> Iterator[Callable[[int, dict[str, Any]], None]]:
    """Trackio, which keeps its runs in a database on this machine."""
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio as peer

    peer.init(project="cost")
    yield lambda step, values: peer.log(values, step=step)
    peer.finish()


CONTESTANTS: Final[dict[str, tuple[str, Callable[[Path], AbstractContextManager[Any]]]]] = {
    "gan.Recorder": ("gan", recorder),
    "tensorboardX": ("tensorboardX", tensorboard),
    "wandb, offline": ("wandb", wandb),
    "trackio": ("trackio", trackio),
}
"""Each with the package that it needs."""


def values_of(step: int) -> dict[str, float]:
    """Four values, no two alike."""
    return {name: 1.0 + step * 1e-5 + place for place, name in enumerate(NAMES)}


def timed(
    log: Callable[[int, dict[str, Any]], None], steps: range, work: Callable[[], object]
) -> list[float]:
    """Microseconds of each call, ascending."""
    taken = []
    for step in steps:
        values = values_of(step)
        work()
        begun = time.perf_counter()
        log(step, values)
        taken.append((time.perf_counter() - begun) * 1e6)
    return sorted(taken)


def work_for_a_piece() -> None:
    """Compute for a millisecond."""
    until = time.perf_counter() + PIECE_SECONDS
    while time.perf_counter() < until:
        MATRIX @ MATRIX


def line(name: str, taken: list[float]) -> str:
    """A row of the table."""
    p99 = taken[int(0.99 * len(taken))]
    return f"| {name} | {statistics.median(taken):.1f} | {p99:.1f} | {taken[-1]:,.0f} |"


def compare(steps: int, paced: int) -> None:
    """Print the table of all that are installed."""
    print("| four values a step, µs in the loop's thread | median | 99 % | max |")
    print("|---|---|---|---|")
    for name, (package, contestant) in CONTESTANTS.items():
        if find_spec(package) is None:
            print(f"| {name} | not installed | | |")
            continue
        with tempfile.TemporaryDirectory() as folder, contestant(Path(folder)) as log:
            print(line(f"{name}, back to back", timed(log, range(1, steps + 1), lambda: None)))
            busy = timed(log, range(steps + 1, steps + paced + 1), work_for_a_piece)
            print(line(f"{name}, after work", busy), flush=True)


def sustain(names: tuple[str, ...]) -> None:
    """Log at a fixed rate for some seconds, and print what has arrived."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        with Recorder(folder) as run:
            for piece in range(SUSTAINED_SECONDS * 100):
                for _ in range(SUSTAINED // 100):
                    run.log(dict.fromkeys(names, 1.25))
                time.sleep(max(begun + (piece + 1) / 100 - time.perf_counter(), 0))
            seconds = time.perf_counter() - begun
        arrived = logged(read_events(RunDirectory(run.path)))[names[0]]
        print(
            f"{run.step / seconds:,.0f} calls/s of {', '.join(names)} for {seconds:.1f} s: "
            f"{len(arrived):,} of {run.step:,} steps in the log"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--paced", type=int, default=1000)
    options = parser.parse_args()
    compare(options.steps, options.paced)
    for names in (NAMES[:2], ("loss", "accuracy"), NAMES):
        sustain(names)


if __name__ == "__main__":
    main()
