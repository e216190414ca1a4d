"""How the cost of `mlp`'s training step grows with the batch, the networks and the images.

Each case runs in its own process, to measure its memory: executions of the program and the matrix
multiplications of the same step take turns, and the medians are printed as rows of a Markdown
table. Images beyond MNIST's 60,000 are repetitions.

    python -m tests.bench.growth --data PATH [--rounds 5]
"""

from __future__ import annotations

import argparse
import functools
import resource
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

BATCHES = (64, 128, 256, 512, 1024, 2048, 4096)
WIDTHS = (1, 2, 4)
COUNTS = (60_000, 250_000, 1_000_000)
TURN_SECONDS = 0.7


def cases() -> list[tuple[int, int, int]]:
    """Batch, width and images: the usual ones, with one of them varied at a time."""
    varied = [*product(BATCHES, [1], [60_000]), *product([256], WIDTHS, [60_000])]
    return list(dict.fromkeys([*varied, *product([256], [1], COUNTS)]))


def seconds_a_step(run: Callable[[int], object], steps: int) -> float:
    """How long a step takes, the mean of `steps`."""
    begun = time.perf_counter()
    run(steps)
    return (time.perf_counter() - begun) / steps


def measure(batch: int, width: int, count: int, options: argparse.Namespace) -> None:
    """Measure one case in this process and print its row."""
    from gan.session.environment import prepare_xla

    prepare_xla()
    from gan.bench.limit import matmul_loop
    from gan.config import RunConfig
    from gan.data.loader import load
    from gan.models import mlp
    from gan.training.build import compile_program
    from gan.training.device import choose_device

    choose_device("auto")
    images = load(str(options.data), progress=lambda *_: None).images.images
    images = np.tile(images, (-(-count // len(images)), 1, 1))[:count]
    mlp.build = functools.partial(mlp.build, width=width)
    config = RunConfig.resolve({"batch_size": batch, "seed": 1, "precision": "float32"})
    program = compile_program(config, images, print)
    loops = (lambda steps: program.execution(0, steps), matmul_loop(program.gan.networks, batch))
    sizes = []
    for loop in loops:
        loop(1)
        once = seconds_a_step(loop, 3)
        sizes.append(max(3, min(int(TURN_SECONDS / once), program.execution.steps_per_epoch, 500)))
    turns = [
        [seconds_a_step(loop, size) for loop, size in zip(loops, sizes, strict=True)]
        for _ in range(options.rounds)
    ]
    step = statistics.median(ours for ours, _ in turns)
    share = statistics.median(limit / ours for ours, limit in turns)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"| {batch:,} | x{width} | {count:,} | {1 / step:,.1f} | {batch / step:,.0f} "
        f"| {share:.0%} | {memory:.1f} GiB |"
    )


def main() -> None:
    """Print the whole table, or the row of one case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", type=int, help="only this one")
    options = parser.parse_args()
    if options.case is not None:
        measure(*cases()[options.case], options)
        return
    print("| batch | widths | images | steps/s | images/s | of the limit | memory at most |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for case in range(len(cases())):
        words = [*sys.argv[1:], "--case", str(case)]
        subprocess.run([sys.executable, "-m", "tests.bench.growth", *words], check=True)


if __name__ == "__main__":
    main()
