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
    import threading
    from collections.abc import Callable, Sequence
    from types import FrameType, TracebackType

    from tui.supervision.link import Link
    from tui.supervision.parent import Ending

    Handler = Callable[[int, FrameType | None], object] | signal.Handlers

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
    # An exception in the middle of an import can leave its lock held for ever.
    _replace_interrupt(signal.default_int_handler, signal.SIG_DFL)
    if _subcommand(words) != SUBCOMMANDS[0]:
        return _run_as_process(words, None)

    from tui.supervision.parent import supervise

    return supervise(lambda link: _run_as_process(words, link), _report_death)


def _subcommand(words: Sequence[str]) -> str:
    return words[0] if words and words[0] in SUBCOMMANDS else SUBCOMMANDS[0]


def _run_as_process(words: Sequence[str], link: Link | None) -> int:
    _make_output_safe()
    return _run(words, link)


def _replace_interrupt(before: Handler, after: Handler) -> None:
    """Answer Ctrl-C in another way, unless it is ignored, as in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is before:
        signal.signal(signal.SIGINT, after)


def _run(words: Sequence[str], link: Link | None) -> int:
    """Run the command line in this process; a training notes for its parent where it is."""
    from importlib import import_module

    from gan.errors import GanTuiError
    from gan.session.shortage import shortage
    from tui.commands.command_line import say

    name = _subcommand(words)
    try:
        command = import_module(f"tui.commands.{name}")
        _replace_interrupt(signal.SIG_DFL, signal.default_int_handler)
        code: int = command.main(words) if link is None else command.main(words, link)
    except GanTuiError as error:
        say(f"gan-tui: {error}")
        return error.exit_code
    except (OSError, ImportError, MemoryError, RuntimeError) as error:
        if (short := shortage(error)) is None:
            raise
        say(f"gan-tui: {short}")
        return GanTuiError.exit_code
    except KeyboardInterrupt:
        # A second one, while the first is answered, would print a traceback.
        _replace_interrupt(signal.default_int_handler, signal.SIG_IGN)
        # Only before there is a run: from then on the signal handlers are the run's.
        is_training = name == SUBCOMMANDS[0]
        say("gan-tui: stopped before the run began" if is_training else f"gan-tui {name}: stopped")
        return _INTERRUPTED
    return code


def _make_output_safe() -> None:
    """Have errors that nobody foresaw printed safely, and no text that a stream can't encode raise.

    Python's own traceback has the message of an exception as it is, with the names in it.
    """
    import io
    import threading

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

    from tui.commands.command_line import say

    for part in traceback.format_exception(kind, error, trace):
        for line in part.rstrip("\n").split("\n"):
            say(line)


def _print_traceback_of_thread(failed: threading.ExceptHookArgs) -> None:
    from tui.commands.command_line import say

    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        name = failed.thread.name if failed.thread else "unknown"
        say(f"Exception in thread {name}:")
        _print_traceback(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _report_death(ending: Ending, link: Link) -> None:
    """In the parent: imported only now, so that waiting costs little memory."""
    from tui.commands.train_died import report_death

    report_death(ending, link)
