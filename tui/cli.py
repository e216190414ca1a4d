"""The entry point: picks the subcommand, and turns an error into a line and an exit code.

A training gets a parent process that outlives a crash. The fork comes before all large imports, so
this module imports next to nothing.
"""

from __future__ import annotations

import signal
import sys

from tui.commands import SUBCOMMANDS

TYPE_CHECKING = False  # `typing` would cost the waiting process a megabyte
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.supervision.link import Link
    from tui.supervision.parent import Ending

_INTERRUPTED = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    Args:
        argv: The words, to run them in this process; by default the process's own, of which a
            training runs in a child process.
    """
    if argv is not None:
        return _run(list(argv), None)
    words = sys.argv[1:]
    if _subcommand(words) != SUBCOMMANDS[0]:
        return _run(words, None)

    from tui.supervision.parent import supervise

    return supervise(lambda link: _run(words, link), _report_death)


def _subcommand(words: Sequence[str]) -> str:
    return words[0] if words and words[0] in SUBCOMMANDS else SUBCOMMANDS[0]


def _run(words: Sequence[str], link: Link | None) -> int:
    """Run the command line in this process; a training notes for its parent where it is."""
    from importlib import import_module

    from gan.errors import GanTuiError
    from tui.commands.command_line import say

    name = _subcommand(words)
    try:
        command = import_module(f"tui.commands.{name}")
        code: int = command.main(words) if link is None else command.main(words, link)
    except GanTuiError as error:
        say(f"gan-tui: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        # Only before there is a run: from then on the signal handlers are the run's.
        say("gan-tui: stopped before the run began")
        return _INTERRUPTED
    return code


def _report_death(ending: Ending, link: Link) -> None:
    """In the parent: imported only now, so that waiting costs little memory."""
    from tui.commands.train_died import report_death

    report_death(ending, link)
