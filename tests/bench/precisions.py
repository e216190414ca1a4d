"""How fast a headless run trains in each precision, in turns.

Every contestant is the program's own trainer with its run directory, log and checkpoints, all in
one process. In each round each makes the same number of steps, so that a noisy machine slows all of
them alike, and ratios are taken within a round.

    python -m tests.bench.precisions --data PATH [--rounds 7] [--preset mlp]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.config import PRECISIONS, RunConfig
from gan.data.loader import load
from gan.exchange.requests import RequestQueue
from gan.models.presets import DEFAULT_PRESET, PRESETS
from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.recorder import Recorder
from gan.session.environment import prepare_xla

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.data.image_set import ImageSet

STEPS: Final = 200
"""Of one turn: a few seconds."""

FIRST: Final = PRECISIONS[0]
"""The one that the others are compared with."""


def headless(config: RunConfig, image_set: ImageSet, folder: Path) -> Callable[[], None]:
    """A trainer with its run directory, compiled once; each call makes `STEPS` steps."""
    from gan.training.build import compile_program
    from gan.training.loop import Trainer

    program = compile_program(config, image_set.images, print)
    record = Recorder(listeners=[])
    run_dir = create_run(folder)
    record.open(run_dir, CheckpointStore(run_dir, keep=3))
    done = 0

    def run() -> None:
        nonlocal done
        # A new trainer for each turn continues where the last one ended.
        total = config.with_options({"steps": done + STEPS})
        trainer = Trainer(total, program, commands=RequestQueue(), recorder=record)
        trainer._stepper.step = done
        trainer.run()
        done += STEPS

    return run


def speed(contestant: Callable[[], None]) -> float:
    """Steps per second over one turn."""
    begun = time.perf_counter()
    contestant()
    return STEPS / (time.perf_counter() - begun)


def take_turns(
    preset: str, precisions: Sequence[str], images: ImageSet, rounds: int
) -> list[dict[str, float]]:
    """Steps per second of each precision, for each round."""
    base = RunConfig.resolve({"preset": preset, "steps": 10**9, "sample_every": "off"})
    with tempfile.TemporaryDirectory() as folder:
        contestants = {
            precision: headless(
                RunConfig.resolve({**base.to_json(), "precision": precision}),
                images,
                Path(folder) / precision,
            )
            for precision in precisions
        }
        for contestant in contestants.values():
            contestant()
        return [{name: speed(run) for name, run in contestants.items()} for _ in range(rounds)]


def main() -> None:
    """Run the rounds and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="auto")
    parser.add_argument("--preset", default=DEFAULT_PRESET, choices=PRESETS)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    prepare_xla()
    images = load(options.data, progress=lambda *_: None).images
    results = take_turns(options.preset, (FIRST, "bfloat16"), images, options.rounds)
    print(f"{options.preset}, {len(results)} rounds in turns; medians, minimum and maximum")
    print(f"{'':<10} {'steps/s':>9} {f'x {FIRST}':>11} {'min':>7} {'max':>7}")
    for name in results[0]:
        steps = statistics.median(result[name] for result in results)
        ratios = [result[name] / result[FIRST] for result in results]
        middle = statistics.median(ratios)
        print(f"{name:<10} {steps:9.1f} {middle:11.2f} {min(ratios):7.2f} {max(ratios):7.2f}")


if __name__ == "__main__":
    main()
