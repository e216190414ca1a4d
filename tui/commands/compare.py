"""`gan-tui compare`: several runs side by side, on the screen or as a table, JSON or Markdown.

The options, and who shows what; `gan.run_facts.comparison` compares and `gan.run.run_reader` reads.
"""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.options import one_of, option, options_of, path, text
from gan.run.finding import find_run
from gan.run.run_reader import RunReader
from gan.text.safe_text import safe_text
from tui.choices import GLYPHS, THEME_NAMES
from tui.commands.command_line import Parser, add_option, say, show, show_json
from tui.commands.whole_run import read_whole
from tui.terminal.colors import correct_colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.run.directory import RunDirectory
    from tui.app.compare_app import CompareApp
    from tui.app.failing import ScreenFailure

MAX_ON_SCREEN: Final = 8
"""Runs that a screen shows: as many as there are colours that can be told apart."""

_ENOUGH: Final = 2
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What to compare, and how to show it."""

    names: Sequence[str] = option(
        (),
        "RUN",
        text("a run"),
        group="run",
        help="two runs or more, each by its path, name or number",
        default_text="",
        is_positional=True,
        is_required=True,
        is_repeated=True,
    )

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of numbered runs"
    )

    json: bool = option(False, group="run", help="one JSON object on stdout")

    markdown: bool = option(False, group="run", help="a Markdown table on stdout")

    glyphs: str | None = option(
        None,
        "KIND",
        one_of(GLYPHS),
        group="screen",
        help="what the digits are drawn with",
        lists_values=True,
        default_text="your last choice",
        nullable=True,
    )

    theme: str | None = option(
        None,
        "NAME",
        one_of(THEME_NAMES),
        group="screen",
        help="the colours",
        lists_values=True,
        default_text="your last choice",
        nullable=True,
    )


OPTIONS: Final = options_of(Arguments)
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Compare runs; returns the exit code.

    Args:
        words: The command line, from `compare` on.

    Raises:
        GanTuiError: The words can't be read, or name a run that doesn't exist.
    """
    given = parser().read(words[1:])
    for name, value in given.items():
        OPTIONS[name].check(name, value)
    arguments = Arguments(**given)
    if arguments.json and arguments.markdown:
        raise UsageError("received --json and --markdown, expected one of them.")
    readers = [RunReader(run) for run in find_runs(arguments.runs, arguments.names)]
    if not (arguments.json or arguments.markdown) and _has_screen(len(readers)):
        correct_colors(os.environ)
        return _show_screen(readers, arguments)
    _print(readers, arguments)
    return 0


def find_runs(runs: Path, names: Sequence[str]) -> list[RunDirectory]:
    """The runs of these names, each once.

    Raises:
        UsageError: There are fewer than two, or two names are of one run.
        CheckpointError: There is no such run; the message names the nearest.
        StorageError: The folder of runs can't be read.
    """
    if len(names) < _ENOUGH:
        received = f"only {names[0]!r:.300}" if names else "none"
        raise UsageError(
            f"RUN: received {received}, expected two runs or more. Name each by its path, name or "
            "number, as in gan-tui compare 3 7."
        )
    found: list[RunDirectory] = []
    for name in names:
        run = find_run(runs, name)
        for other, before in zip(names, found, strict=False):
            if run.path.resolve() == before.path.resolve():
                raise UsageError(
                    f"RUN: {other!r:.300} and {name!r:.300} are the same run, {run.path}. "
                    "Name each run once."
                )
        found.append(run)
    return found


def parser() -> Parser:
    """The parser, with every option."""
    made = Parser(
        prog="gan-tui compare",
        description="Runs side by side: what differs, losses, scores, quality and digits. "
        "Live in a terminal, a table in a pipe.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made


def _has_screen(count: int) -> bool:
    """Whether the runs can be shown on a screen; says why not if it is not for a pipe."""
    from tui.terminal.stderr_capture import unusable_reason

    if not os.isatty(1):
        return False
    reason = unusable_reason(os.environ)
    if reason is None and count > MAX_ON_SCREEN:
        reason = f"received {count} runs, the screen has room for {MAX_ON_SCREEN}"
    if reason is not None:
        say(f"no screen: {reason}; printing a table")
    return reason is None


def _print(readers: Sequence[RunReader], arguments: Arguments) -> None:
    """Read everything, and print it once."""
    from tui.commands.compare_table import markdown, table, to_json

    runs = [read_whole(reader) for reader in readers]
    if arguments.json:
        show_json(to_json(runs))
    else:
        show(markdown(runs) if arguments.markdown else table(runs))


def _show_screen(readers: Sequence[RunReader], arguments: Arguments) -> int:
    """Show the runs until the screen is left; returns the exit code."""
    from gan.session.environment import quick_imports

    with quick_imports():
        from tui.app.compare_app import CompareApp
        from tui.keys.comparison_bindings import COMPARISON_BINDINGS
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver
        from tui.terminal.stderr_capture import StderrCapture

    settings = settings_for(
        os.environ,
        fps=None,
        glyphs=arguments.glyphs,
        theme=arguments.theme,
        bindings=COMPARISON_BINDINGS,
    )
    with StderrCapture(python_stderr="captured") as capture:
        app = CompareApp(
            readers,
            settings=settings,
            python_stderr=capture.python_stream,
            driver_class=HardenedDriver,
            signals=_SIGNALS,
        )
        failure = _run(app)
    if failure is not None:
        say(f"gan-tui: the screen failed: {safe_text(failure.error)}. Pipe the output for a table.")
        for line in failure.traceback.splitlines():
            say(line)
        return 1
    return 0 if app.ended_by is None else 128 + app.ended_by


def _run(app: CompareApp) -> ScreenFailure | None:
    """Run the screen; returns the error that ended it, if one did."""
    from tui.app.failing import ScreenFailure
    from tui.terminal.driver import restore_terminal

    try:
        app.run()
    except Exception as error:  # noqa: BLE001 - the one place where any error of the screen ends
        app.failure = app.failure or ScreenFailure.of(error)
    if app.failure is not None:
        restore_terminal(app)
    return app.failure
