"""What several devices compute, against one, and what sharing a batch costs on this machine.

    python -m tests.bench.replicas losses --mnist FOLDER [--presets mlp ...]
    python -m tests.bench.replicas speed [--batch-sizes 256 2048 8192] [--widths 1 4]

`losses` trains 200 steps in float32 on one device, on 2 and 4 virtual CPU devices and by two worker
processes, and prints how far their losses are from those of one device. Beside it is how far one
device is from itself if one weight begins 1e-7 away: rounding grows as fast, and what grows no
faster is rounding.

`speed` lets one device, two virtual ones, and two without reductions take turns in one process. All
share the same cores, so it shows what sharing costs and not what it gains. On a machine that others
use, `--clock cpu` counts this process's processor time in place of the time that passes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import numpy as np

from tests.gan.replicated import Case, Outcome, program_of, trained, trained_by_workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.training.execution import Executes

MINUTES: Final = 60.0
WINDOWS: Final = ((0, 10), (10, 50), (50, 100), (100, 200))
NUDGE: Final = 1e-7
CLOCKS: Final = {"wall": time.perf_counter, "cpu": time.process_time}
SECONDS_EACH: Final = 3.0
"""How long a contestant's turn lasts, at least one step."""


def distance(outcome: Outcome, expected: Outcome) -> str:
    """The greatest relative difference of both losses in each window of steps."""
    ours, theirs = outcome.losses[:2].astype(float), expected.losses[:2].astype(float)
    apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
    windows = [apart[:, first:last] for first, last in WINDOWS]
    # A run may be over before the last of them.
    return "  ".join(f"{one.max():9.1e}" if one.size else f"{'-':>9}" for one in windows)


def in_step(outcomes: list[Outcome]) -> bool:
    """Whether all replicas of all processes have the same state, bit for bit."""
    first, *others = [state for outcome in outcomes for state in outcome.states]
    return all(np.array_equal(first[name], other[name]) for other in others for name in first)


def losses(presets: list[str], mnist: str, steps: int, learning_rate: float | None) -> None:
    """Print a table of how far losses are apart."""
    seconds = 30 * MINUTES
    windows = "  ".join(f"{first:>4}-{last:<4}" for first, last in WINDOWS)
    print(f"greatest relative difference of a loss from one device's, by step\n{'':33}{windows}")
    for preset in presets:
        options: dict[str, object] = {
            "preset": preset,
            "batch_size": 64 if preset == "dcgan" else 256,
        }
        if learning_rate is not None:
            options["learning_rate"] = learning_rate
        count = 20 if preset == "dcgan" else steps
        case = Case(options, count, jit_compile=True, mnist=mnist)
        one, nudged = trained([case, replace(case, nudge=NUDGE)], seconds)
        print(f"{preset:12} {'one, a weight 1e-7 away':20} {distance(nudged, one)}", flush=True)
        for devices in (2, 4):
            (found,) = trained([replace(case, devices=devices)], seconds)
            same = "alike" if in_step([found]) else "REPLICAS DIFFER"
            print(f"{'':12} {f'{devices} devices':20} {distance(found, one)}  {same}", flush=True)
        found, other = trained_by_workers(case, 2, seconds)
        same = "alike" if in_step([found, other]) else "REPLICAS DIFFER"
        print(f"{'':12} {'2 workers':20} {distance(found, one)}  {same}", flush=True)


def speed(
    batch_sizes: list[int], widths: list[int], turns: int, clock: Callable[[], float]
) -> None:
    """Print a table of steps per second."""
    import tensorflow as tf

    from gan.data.synthetic import draw_digits
    from gan.models import mlp
    from gan.training import replicated_execution

    virtual = [tf.config.LogicalDeviceConfiguration()] * 2
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, virtual)
    images, _ = draw_digits(8 * max(batch_sizes), 0, lambda *_: None)
    print("mlp, float32, steps/s: one device | two | two, statistics of each replica | reductions")
    for width in widths:
        build = partial(mlp.build, width=width)
        for batch_size in batch_sizes:
            case = Case({"preset": "mlp", "batch_size": batch_size}, 0, jit_compile=True)
            two = replace(case, devices=2)
            own = {**case.options, "batch_statistics": "replica"}
            with patch.object(mlp, "build", build):
                contestants = [program_of(one, images)[1] for one in (case, two)]
                contestants.append(program_of(replace(two, options=own), images)[1])
                with patch.object(replicated_execution, "all_reduced", lambda tensors: tensors):
                    contestants.append(program_of(two, images)[1])
            rates: list[list[float]] = [[] for _ in contestants]
            for _ in range(turns):
                for found, execution in zip(rates, contestants, strict=True):
                    found.append(_rate(execution, clock))
            one_rate, two_rate, own_rate, bare_rate = map(statistics.median, rates)
            print(
                f"width x{width}, batch {batch_size:5}: {one_rate:8.2f} | {two_rate:8.2f} "
                f"({two_rate / one_rate:.2f}) | {own_rate:8.2f} ({own_rate / one_rate:.2f}) | "
                f"{1 - two_rate / bare_rate:6.1%} of the time",
                flush=True,
            )


def _rate(execution: Executes, clock: Callable[[], float]) -> float:
    """Steps a second in a turn."""
    made, begun = 0, clock()
    while clock() - begun < SECONDS_EACH or not made:
        steps = min(8, execution.max_steps_after(0))
        execution(0, steps)
        made += steps
    return made / (clock() - begun)


def main() -> int:
    """Take the options and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("losses", "speed"))
    parser.add_argument("--mnist", default="", help="folder of MNIST's own files")
    parser.add_argument("--presets", nargs="+", default=["mlp", "mlp-dropout", "tutorial", "dcgan"])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[256, 2048, 8192])
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    if options.part == "losses":
        losses(options.presets, options.mnist, options.steps, options.learning_rate)
    else:
        speed(options.batch_sizes, options.widths, options.turns, CLOCKS[options.clock])
    return 0


if __name__ == "__main__":
    sys.exit(main())
