"""`gan-tui runs`: what is in the folder of runs, as a table, as JSON, or live on the screen.

The options and the output; `gan.run.catalogue` looks, and `runs_live` shows the screen. Loads
neither TensorFlow nor, for a table or JSON, Textual.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.options import option, options_of, path
from gan.run.catalogue import Catalogue
from gan.text.safe_text import shell_word
from tui.commands.command_line import Parser, add_option, output_width, say, show, show_json
from tui.terminal.stderr_capture import unusable_reason
from tui.widgets.run_columns import GAP, left_out, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.run_facts.summary import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Which runs to show, and how."""

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of runs"
    )
    json: bool = option(False, group="run", help="one JSON array on stdout, an object for each run")
    live: bool = option(
        False, group="run", help="a table on the whole screen that stays up to date, with keys"
    )


OPTIONS: Final = options_of(Arguments)
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Show the runs; returns the exit code.

    Args:
        words: The command line, from `runs` on.

    Raises:
        GanTuiError: The words can't be read, or the folder of runs can't.
    """
    arguments = _parse(words[1:])
    if arguments.live:
        from tui.commands.runs_live import show_live

        return show_live(arguments.runs)
    catalogue = Catalogue(arguments.runs)
    found = catalogue.look()
    if arguments.json:
        show_json([run.to_json() for run in found])
    elif found:
        width = output_width()
        show(table(found, width))
        if words := not_shown(found, width):
            say(words)
    if not found:
        say(no_runs(catalogue.runs))
    return 0


def table(runs: Sequence[RunSummary], width: int | None) -> list[str]:
    """The runs as the lines of a table, below a line with the names of the columns.

    Args:
        runs: The runs.
        width: The most cells of a line; `None` for any number.
    """
    columns, gap = placed(runs, width), " " * GAP
    titles = gap.join(column.title() for column in columns)
    lines = [gap.join(column.cell(run) for column in columns) for run in runs]
    return [line.rstrip() for line in (titles, *lines)]


def not_shown(runs: Sequence[RunSummary], width: int | None) -> str:
    """A line that says which columns had no room, and where they are; empty if all had."""
    missing, cells = left_out(runs, placed(runs, width))
    if not missing:
        return ""
    return f"not shown: {', '.join(missing)} (needs {cells} columns, or --json)"


def no_runs(folder: Path) -> str:
    """A line that says that there are no runs, and how to start one."""
    if (folder / "config.json").is_file():
        parent = shell_word(str(folder.parent))
        return f"{folder} is a run itself. See it with gan-tui runs --runs {parent}."
    found = "no runs in" if folder.is_dir() else "no runs: there is no folder"
    return f"{found} {folder}. Start one with gan-tui, or name another folder with --runs."


def _parse(words: Sequence[str]) -> Arguments:
    given = parser().read(words)
    for name, value in given.items():
        OPTIONS[name].check(name, value)
    arguments = Arguments(**given)
    if not arguments.live:
        return arguments
    if arguments.json:
        raise UsageError("--live: received --json too. Leave out one of them.")
    if reason := unusable_reason(os.environ):
        raise UsageError(
            f"--live: {reason}; expected a terminal. Without --live a plain table is printed."
        )
    return arguments


def parser() -> Parser:
    """The parser, with every option."""
    made = Parser(
        prog="gan-tui runs",
        description="The runs in a folder, newest first: what each is doing or how it ended, how "
        "far it is, its speed, its losses and its quality.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made
