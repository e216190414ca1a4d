"""`gan-tui watch`: the dashboard over a run, without commands.

For the run of somebody else, or one that has ended: nothing is written into its directory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gan.run.finding import NEWEST
from tui.commands import attach
from tui.commands.attach import Arguments, make_parser, say_waiting, show_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.run.directory import RunDirectory
    from tui.commands.command_line import Parser

OPTIONS: Final = {
    **{name: option for name, option in attach.OPTIONS.items() if name != "read_only"},
    "run": replace(
        attach.OPTIONS["run"],
        default_text="the newest run that is being trained, or else the newest",
    ),
}
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Watch a run; returns the exit code.

    Args:
        words: The command line, `watch` in front.

    Raises:
        UsageError: The words can't be read, or there is no terminal.
        GanTuiError: The run can't be shown.
    """
    arguments = Arguments(**parser().read(words[1:]), read_only=True)
    if arguments.run in (None, NEWEST):
        arguments = replace(arguments, run=str(_newest(arguments).path))
    return show_run(arguments)


def parser() -> Parser:
    """The parser."""
    return make_parser(
        "watch",
        OPTIONS,
        "Show a run of any process, machine or user, or one that has ended. "
        "Nothing is written into its directory; exports go to the working directory.",
    )


def _newest(arguments: Arguments) -> RunDirectory:
    from gan.viewing.live_run import newest

    return newest(arguments.runs, on_wait=say_waiting)
