"""The entry point: picks the subcommand, and turns an error into a line and an exit code."""

from __future__ import annotations

import io
import signal
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError
from gan.session.shortage import shortage
from tui.commands import SUBCOMMANDS
from tui.commands.command_line import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_INTERRUPTED: Final = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, that of the process by default; returns the exit code."""
    if argv is None:
        _make_output_safe()
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


def _make_output_safe() -> None:
    """Have errors that nobody foresaw printed safely, and no text that a stream can't encode raise.

    Python's own traceback has the message of an exception as it is, with the names in it.
    """
    sys.excepthook = _print_traceback
    threading.excepthook = _print_traceback_of_thread
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    # Imported here, because a run that goes well needs none.
    import traceback

    for part in traceback.format_exception(kind, error, trace):
        for line in part.rstrip("\n").split("\n"):
            say(line)


def _print_traceback_of_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        name = failed.thread.name if failed.thread else "unknown"
        say(f"Exception in thread {name}:")
        _print_traceback(failed.exc_type, failed.exc_value, failed.exc_traceback)
