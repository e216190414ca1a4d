"""What `sample`, `evaluate` and `export` have in common: which run, which device, and reading both.

Each names its own options beside these.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.config import RunConfig
from gan.options import Option, Values, option, options_of, path, text
from gan.run.finding import NEWEST
from gan.strategy.device_list import ONE, is_one_device, meant_device
from tui.commands.command_line import Parser, add_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class RunArguments:
    """Which run, and which of its checkpoints."""

    run: str = option(
        NEWEST,
        "RUN",
        text("a run"),
        group="run",
        help="the run: its path, name or number, or RUN@STEP or RUN@best for one checkpoint",
        default_text="the newest run and its newest checkpoint",
        is_positional=True,
    )

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of numbered runs"
    )


def device_option(what: str) -> Option:
    """The option of one device.

    Args:
        what: What is done on it, such as `generate the images`.
    """
    return replace(
        options_of(RunConfig)["device"],
        help=f"what to {what} on",
        values=Values(ONE, is_one_device, meant=meant_device),
    )


def parser_of(command: str, description: str, options: Mapping[str, Option]) -> Parser:
    """A parser that leaves out what isn't given.

    Args:
        command: The subcommand.
        description: What it does, in a sentence.
        options: By field name.
    """
    made = Parser(
        prog=f"gan-tui {command}",
        description=description,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in options.items():
        add_option(made, name, described)
    return made


def given_values(
    parser: Parser, words: Sequence[str], options: Mapping[str, Option]
) -> dict[str, Any]:
    """The values of a command line, checked, by field name; without those that were left out.

    Raises:
        UsageError: It can't be read, or an option has no such value.
    """
    given = parser.read(words)
    for name, value in given.items():
        options[name].check(name, value)
    return given
