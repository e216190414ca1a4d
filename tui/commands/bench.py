"""`gan-tui bench`: how fast this machine is, as a table or as JSON.

The command's words, and what is printed; the measurement itself knows no screen.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from gan.config import PRECISIONS, PRESETS, RunConfig, option_name
from gan.errors import UsageError
from tui.commands.parser import Parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from gan.bench.measure import Measurement, Waits

_MOST_ROUNDS: Final = 100
_NAME: Final = 22
"""Columns of a contestant's name."""


def bench(words: Sequence[str]) -> int:
    """Measure and print; returns the exit code.

    Args:
        words: After `bench`.

    Raises:
        GanTuiError: The words cannot be read, there is no data, or the program failed.
    """
    options = _options(words)

    from gan import data
    from gan.session.environment import prepare_xla

    prepare_xla()
    from gan.bench.measure import measure

    trained = {name: getattr(options, name) for name in ("data", "preset", "precision")}
    config = RunConfig.resolve(trained)
    _tell("loading the data")
    images = data.load(options.data, progress=lambda *_: None).images.images
    given = [word for name, value in trained.items() for word in (option_name(name), value)]
    command = [sys.executable, "-m", "tui", *given]
    measured = measure(config, images, command, rounds=options.rounds, report=_tell)
    sys.stdout.write((json.dumps(asdict(measured)) if options.json else table(measured)) + "\n")
    return 0


def table(measured: Measurement) -> str:
    """The figures for people."""
    return "\n".join([*_speeds(measured), "", *_waits(measured.waits)])


def _speeds(measured: Measurement) -> Iterator[str]:
    trained = f"{measured.preset} in {measured.precision}"
    what = f"{trained} on {measured.device}, batch {measured.batch_size}"
    yield f"{what}, {measured.flop_per_step / 1e9:.2f} GFLOP a step; medians of {measured.rounds}"
    speeds = f"{'steps/s':>8}{'min':>7}{'max':>7}{'images/s':>10}"
    yield " " * _NAME + speeds + f"{'x eager':>9}{'x graph':>9}{'limit':>7}"
    for name, standing in measured.standings.items():
        speed = standing.steps_per_second
        yield (
            f"{name:<{_NAME}}{speed.median:>8.1f}{speed.minimum:>7.1f}{speed.maximum:>7.1f}"
            f"{standing.images_per_second:>10,.0f}{standing.times_eager:>9.2f}"
            f"{standing.times_graph:>9.2f}{standing.share_of_limit:>7.0%}"
        )


def _waits(waits: Waits) -> Iterator[str]:
    yield f"first frame  {waits.first_frame:.2f} s"
    yield f"first step   {waits.first_step:.1f} s"
    yield f"checkpoint   {1000 * waits.checkpoint:.0f} ms without a step"
    maximum = f"{1000 * waits.key_to_pause_max:.0f} ms at most"
    yield f"key to pause {1000 * waits.key_to_pause:.0f} ms, {maximum}"


def _options(words: Sequence[str]) -> argparse.Namespace:
    options = _parser().parse_args(list(words))
    if not 1 <= options.rounds <= _MOST_ROUNDS:
        msg = f"--rounds: received {options.rounds}, expected 1 to {_MOST_ROUNDS}."
        raise UsageError(msg)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="gan-tui bench",
        description="How fast this machine trains: the tutorial's loop, eager and compiled, "
        "gan-tui without and with its dashboard, and the matrix products of a step alone, in "
        "turns. It takes about two minutes.",
        allow_abbrev=False,
    )
    parser.add_argument("--data", metavar="SOURCE", default="auto", help="as for training (auto)")
    parser.add_argument("--preset", choices=PRESETS, default="mlp", help="what is trained (mlp)")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=PRECISIONS[0],
        help="ours and the limit (float32)",
    )
    parser.add_argument("--rounds", metavar="N", type=int, default=5, help="turns of each (5)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


def _tell(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
