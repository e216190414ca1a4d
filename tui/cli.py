"""The entry point: picks the subcommand, and turns an error into a line and an exit code."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError
from gan.session.shortage import shortage
from tui.commands import SUBCOMMANDS
from tui.commands.command_line import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED: Final = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, that of the process by default; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words and words[0] in SUBCOMMANDS else SUBCOMMANDS[0]
    try:
        code: int = import_module(f"tui.commands.{name}").main(words)
    except GanTuiError as error:
        say(f"gan-tui: {error}")
        return error.exit_code
    except (OSError, ImportError, MemoryError, RuntimeError) as error:
        if (short := shortage(error)) is None:
            raise
        say(f"gan-tui: {short}")
        return GanTuiError.exit_code
    except KeyboardInterrupt:
        # Only before there is a run: from then on the signal handlers are the run's.
        say("gan-tui: stopped before the run began")
        return _INTERRUPTED
    return code
