"""What several devices compute, against one, and what sharing a batch costs on this machine.

    python -m tests.bench.replicas losses --mnist FOLDER [--presets mlp ...]
    python -m tests.bench.replicas speed [--batch-sizes 256 2048 8192] [--widths 1 4] [--rounds 5]

`losses` trains 200 steps in float32 on one device, on 2 and 4 virtual CPU devices and by two worker
processes, and prints how far their losses are from those of one device. Beside it is how far one
device is from itself if one weight begins 1e-7 away: rounding grows as fast, and what grows no
faster is rounding.

`speed` lets one device, two virtual ones, two that normalise apart, and two worker processes take
turns; one that has no turn idles. All share the same cores, so it shows what sharing costs and not
what it gains. The share of the reduction is what steps take longer than the same steps without an
exchange, as the dashboard has it.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tests.bench.replica_turns import Contestant
from tests.gan.replicated import Case, Outcome, trained, trained_by_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTES: Final = 60.0
STEPS: Final = (1, 10, 50, 100, 200)
"""Where losses are compared."""

SLOW: Final = {"dcgan": (64, 50)}
"""The images in a step and the most steps of presets whose steps take long."""

NUDGE: Final = 1e-7
SECONDS_EACH: Final = 3.0
"""About how long a contestant's turn lasts, at least two steps."""


def distance(outcome: Outcome, expected: Outcome) -> str:
    """The greatest relative difference of both losses up to some steps."""
    ours, theirs = outcome.losses[:2].astype(float), expected.losses[:2].astype(float)
    apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
    # A run may be over before the last of them.
    made = apart.shape[1]
    found = [f"{apart[:, :step].max():7.0e}" if step <= made else f"{'-':>7}" for step in STEPS]
    return "  ".join(found)


def in_step(outcomes: list[Outcome]) -> bool:
    """Whether all replicas of all processes have the same state, bit for bit."""
    first, *others = [state for outcome in outcomes for state in outcome.states]
    return all(np.array_equal(first[name], other[name]) for other in others for name in first)


def losses(presets: list[str], mnist: str, steps: int, learning_rate: float | None) -> None:
    """Print a table of how far losses are apart."""
    seconds = 30 * MINUTES
    columns = "  ".join(f"{step:>7}" for step in STEPS)
    print(f"greatest relative difference of a loss from one device's, up to step\n{'':33}{columns}")
    for preset in presets:
        batch_size, most = SLOW.get(preset, (256, steps))
        options: dict[str, object] = {"preset": preset, "batch_size": batch_size}
        if learning_rate is not None:
            options["learning_rate"] = learning_rate
        case = Case(options, min(steps, most), jit_compile=True, mnist=mnist)
        one, nudged = trained([case, replace(case, nudge=NUDGE)], seconds)
        print(f"{preset:12} {'one, a weight 1e-7 away':20} {distance(nudged, one)}", flush=True)
        for devices in (2, 4):
            (found,) = trained([replace(case, devices=devices)], seconds)
            same = "alike" if in_step([found]) else "REPLICAS DIFFER"
            print(f"{'':12} {f'{devices} devices':20} {distance(found, one)}  {same}", flush=True)
        found, other = trained_by_workers(case, 2, seconds)
        same = "alike" if in_step([found, other]) else "REPLICAS DIFFER"
        print(f"{'':12} {'2 workers':20} {distance(found, one)}  {same}", flush=True)


class Ways(NamedTuple):
    """The ways of making a step that are compared."""

    one: Contestant
    two: Contestant
    own: Contestant
    """Two virtual devices, each with the batch statistics of its own share."""

    workers: Contestant


@contextmanager
def contestants(width: int, batch_size: int) -> Iterator[Ways]:
    """The processes of all ways, compiled one after another; they end with the block."""
    case = Case({"preset": "mlp", "batch_size": batch_size}, 0, jit_compile=True)
    two = replace(case, devices=2)
    own = replace(two, options={**case.options, "batch_statistics": "replica"})
    made: list[Contestant] = []
    with ExitStack() as held:
        for one, workers in ((case, 1), (two, 1), (own, 1), (case, 2)):
            made.append(Contestant(one, width, workers))
            held.callback(made[-1].end)
            made[-1].wait_until_ready()
        yield Ways(*made)


def speed(batch_sizes: list[int], widths: list[int], rounds: int) -> None:
    """Print a table of how fast each way is, and which share of its time is the reduction's."""
    print(f"mlp, float32, {rounds} rounds: steps/s of one device; of the others the ratio to it")
    print("(least-greatest), and the share of their time that is the reduction's\n")
    print("| width | batch | one device | 2 devices | 2, own statistics | 2 workers |")
    print("|---|---|---|---|---|---|", flush=True)
    for width in widths:
        for batch_size in batch_sizes:
            with contestants(width, batch_size) as ways:
                cells = _cells(ways, rounds)
            print(f"| x{width} | {batch_size:,} | {' | '.join(cells)} |", flush=True)


def _cells(ways: Ways, rounds: int) -> list[str]:
    """A row of the table, of rounds in which each way has its turn."""
    steps = [_steps_in_a_turn(one) for one in ways]
    rates: list[list[float]] = [[] for _ in ways]
    shares: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for one, count, rate, share in zip(ways, steps, rates, shares, strict=True):
            together = one.seconds(count)
            rate.append(count / together)
            if one is not ways.one:
                share.append(1 - one.seconds_alone(count) / together)
    first, *others = [np.array(rate) for rate in rates]
    return [
        f"{np.median(first):.2f}",
        *(_cell(other / first, share) for other, share in zip(others, shares[1:], strict=True)),
    ]


def _cell(ratios: np.ndarray, shares: list[float]) -> str:
    span = f"{ratios.min():.2f}-{ratios.max():.2f}"
    return f"{np.median(ratios):.2f} ({span}), {np.median(shares):.0%}"


def _steps_in_a_turn(one: Contestant) -> int:
    """As many steps as fill a turn; the first ones are slower and count for nothing."""
    one.seconds(2)
    seconds = one.seconds(2) / 2
    return max(int(SECONDS_EACH / seconds), 2)


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
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.part == "losses":
        losses(options.presets, options.mnist, options.steps, options.learning_rate)
    else:
        speed(options.batch_sizes, options.widths, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
