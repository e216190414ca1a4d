"""Training without a dashboard: progress to standard error, data to standard output."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from gan.errors import StorageError
from tui.commands.command_line import path_line, say, write_out
from tui.commands.train_end import StderrLog, exit_code, print_end
from tui.terminal.job_control import stopping_in_order
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from gan.events import Listener
    from gan.session.preparation import RunPlan
    from tui.commands.progress_bar import ProgressBarConsole
    from tui.commands.train_options import Arguments
    from tui.supervision.link import Link


def train_headless(plan: RunPlan, arguments: Arguments, link: Link | None) -> int:
    """Train as planned, and print how it ended; returns the exit code."""
    from gan.headless.runner import run_headless

    with StderrCapture(file=link.stderr if link else None) as capture:
        console, context = _console(json=arguments.json)
        stderr_log = StderrLog(capture, link)
        with context:
            end = run_headless(
                plan,
                [stderr_log, console],
                grace_seconds=arguments.grace,
                before_leaving=_show_cursor,
            )
        print_end(end, stderr_log, error_shown=True)
    # The run's own exit code comes first: a scheduler must know whether it can be resumed.
    if not arguments.json and end.run_dir and not _print_path(end.run_dir):
        return exit_code(end) or StorageError.exit_code
    failure = getattr(console, "failure", None)
    if arguments.json and failure is not None and not isinstance(failure, BrokenPipeError):
        say(f"gan-tui: standard output: {failure.strerror}; the events are in the run's log")
        return exit_code(end) or StorageError.exit_code
    return exit_code(end)


def _console(*, json: bool) -> tuple[Listener, AbstractContextManager[Any]]:
    """The listener that shows the run, and the context that it needs."""
    from gan.headless.line_console import JsonConsole, LineConsole

    if json:
        return JsonConsole(sys.stdout), nullcontext()

    from tui.commands.progress_bar import ProgressBarConsole
    from tui.commands.rich_text import StderrConsole

    console = StderrConsole()
    # Without TERM, what the terminal can do is unknown.
    if console.is_terminal and not console.is_dumb_terminal and os.environ.get("TERM"):
        bar = ProgressBarConsole(console)
        return bar, _on_terminal(bar)
    return LineConsole(sys.stderr), nullcontext()


@contextmanager
def _on_terminal(bar: ProgressBarConsole) -> Iterator[None]:
    """Show the bar within the block, and the cursor whenever the process is stopped."""
    with stopping_in_order(_show_cursor), bar:
        yield


def _show_cursor() -> None:
    """Show the cursor, which a progress bar hides, before the process ends or stops at once."""
    stream = sys.stderr
    if stream is not None and stream.isatty():
        with suppress(OSError):
            os.write(stream.fileno(), b"\x1b[?25h\r\n")


def _print_path(path: str) -> bool:
    """Print the run directory as the last line of standard output.

    Returns:
        Whether that worked, or the reader has closed the pipe.
    """
    try:
        if not write_out(path_line(path)):
            say("gan-tui: standard output: its reader has left")
    except StorageError as error:
        say(f"gan-tui: {error} The run is in {path}")
        return False
    return True
