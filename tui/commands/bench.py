"""`gan-tui bench`: how fast this machine is, as a table or as JSON.

The options and the output; `gan.bench` measures.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from gan.config import RunConfig
from gan.options import option, option_name, options_of, whole_number
from tui.commands.command_line import Parser, add_option, say, show, show_json
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.bench.measure import Measurement, Waits

_MOST_IMAGES: Final = 100_000
"""More are not needed to measure the speed."""

_NAME: Final = 22
"""Columns of the name of what is measured."""

TRAINED: Final = ("data", "preset", "precision")
"""The options of a training that a measurement takes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How to measure."""

    rounds: int = option(
        5,
        "N",
        whole_number(1, 100),
        group="run",
        help="rounds, in each of which everything has its turn",
    )
    json: bool = option(False, group="run", help="one JSON object on stdout")


OPTIONS: Final = {
    **{name: options_of(RunConfig)[name] for name in TRAINED},
    **options_of(Arguments),
}
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Measure and print; returns the exit code.

    Args:
        words: The command line, from `bench` on.

    Raises:
        GanTuiError: The words can't be read, there is no data, or the program failed.
    """
    # What TensorFlow prints is no part of the result.
    with StderrCapture():
        return _bench(words[1:])


def _bench(words: Sequence[str]) -> int:
    arguments, config = _parse(words)

    from gan.data.loader import load
    from gan.session.environment import require_tensorflow, tensorflow_imports

    require_tensorflow()
    with tensorflow_imports():
        from gan.bench.measure import measure

    _report("loading the data")
    loaded = load(config.data, progress=lambda *_: None)
    for note in loaded.notes:
        _report(f"data: {note.text}")
    # The tutorial's loops hold theirs as float32.
    images = loaded.images.first(_MOST_IMAGES)
    given = [word for n in TRAINED for word in (option_name(n), str(getattr(config, n)))]
    # The loops that it is compared with have one device.
    command = [sys.executable, "-m", "tui", *given, "--strategy", "one"]
    measured = measure(config, images, command, rounds=arguments.rounds, report=_report)
    if arguments.json:
        show_json(asdict(measured))
    else:
        show(table(measured))
    return 0


def table(measured: Measurement) -> list[str]:
    """The figures as the lines of a table."""
    return [*_speeds(measured), "", *_waits(measured.waits)]


def _speeds(measured: Measurement) -> Iterator[str]:
    trained = f"{measured.preset} in {measured.precision}"
    what = f"{trained} on {measured.device}, batch {measured.batch_size}"
    yield f"{what}, {measured.flop_per_step / 1e9:.2f} GFLOP per step; medians of {measured.rounds}"
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
    yield f"checkpoint   {1000 * waits.checkpoint:.0f} ms without training"
    longest = f"{1000 * waits.key_to_pause_max:.0f} max"
    yield f"key to pause {1000 * waits.key_to_pause:.0f} ms, {longest}"


def _parse(words: Sequence[str]) -> tuple[Arguments, RunConfig]:
    given = parser().read(words)
    config = RunConfig.resolve({name: given.pop(name) for name in TRAINED if name in given})
    arguments = Arguments(**given)
    for name, described in options_of(Arguments).items():
        described.check(name, getattr(arguments, name))
    return arguments, config


def parser() -> Parser:
    """The parser, with every option."""
    made = Parser(
        prog="gan-tui bench",
        description="How fast this machine trains: the tutorial's loop, eager and compiled; "
        "gan-tui without and with its dashboard; and the matrix products of a step alone. "
        "They take turns. This takes about two minutes.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made


def _report(text: str) -> None:
    say(f"bench: {text}")
