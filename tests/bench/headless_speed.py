"""How fast a headless run trains, beside the loops that people write first.

Three contestants train the `seed` networks at batch 256, in turn, round after round, so that a
noisy machine is noisy for all of them alike:

- `eager`: the tutorial's loop, a tf.data pipeline and an eager step;
- `tf.function`: the same step compiled as a graph, fed by tf.data;
- `headless`: this project's own trainer, with its run directory, log, samples and checkpoints.

    python tests/bench/headless_speed.py --data PATH [--rounds 5] [--preset seed]
"""

from __future__ import annotations

import argparse
import queue
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gan import data
from gan.bench.tutorial import compiled_loop, eager_loop
from gan.config import RunConfig
from gan.models.presets import BUILDERS
from gan.record import RunRecord
from gan.run.directory import RunDirectory
from gan.training.build import compile_program
from gan.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command

BATCH = 256
STEPS = {"eager": 30, "tf.function": 120, "headless": 300}
"""Steps of one round, a few seconds each."""

Contestant = tuple[str, "Callable[[int], None]"]


def headless(preset: str, image_set: data.ImageSet, folder: Path) -> Callable[[int], None]:
    """This project's trainer and its whole record on disk, compiled once."""
    base = RunConfig.resolve({"preset": preset, "steps": 10**9, "seed": 1})
    program = compile_program(base, image_set.images, print)
    record = RunRecord(listeners=[])
    record.open(RunDirectory.create(folder / "run"), keep=3)
    done = 0

    def run(steps: int) -> None:
        nonlocal done
        # A trainer of its own for each round goes on where the last one ended.
        config = base.with_options({"steps": done + steps})
        commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        trainer = Trainer(config, program, commands=commands, emit=record.emit, record=record)
        trainer.step = done
        trainer.run()
        done += steps

    return run


def measure(contestant: Callable[[int], None], steps: int) -> float:
    """Steps a second over one round."""
    begun = time.perf_counter()
    contestant(steps)
    return steps / (time.perf_counter() - begun)


def main() -> None:
    """Run the rounds and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="synthetic")
    parser.add_argument("--preset", default="seed", choices=sorted(BUILDERS))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    images = data.load(options.data, progress=lambda *_: None).images
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            "eager": eager_loop(images.images, BATCH),
            "tf.function": compiled_loop(images.images, BATCH),
            "headless": headless(options.preset, images, Path(folder)),
        }
        for contestant in contestants.values():
            contestant(10)
        rounds = [
            {name: measure(run, STEPS[name]) for name, run in contestants.items()}
            for _ in range(options.rounds)
        ]
    print_table(rounds, options.preset)


def print_table(rounds: list[dict[str, float]], preset: str) -> None:
    """Medians over the rounds, and each round's ratio to its own eager loop."""
    print(f"{len(rounds)} interleaved rounds, batch {BATCH}; headless trains {preset}")
    print(f"{'':<12} {'steps/s':>9} {'images/s':>10} {'x eager':>9} {'least':>7} {'most':>7}")
    for name in rounds[0]:
        speed = statistics.median(result[name] for result in rounds)
        ratios = [result[name] / result["eager"] for result in rounds]
        print(
            f"{name:<12} {speed:9.1f} {speed * BATCH:10,.0f} {statistics.median(ratios):9.2f} "
            f"{min(ratios):7.2f} {max(ratios):7.2f}"
        )


if __name__ == "__main__":
    main()
