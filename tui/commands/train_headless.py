"""Training without a dashboard: progress to standard error, data to standard output."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from gan.errors import StorageError
from tui.commands.command_line import say, show_path
from tui.commands.progress_console import progress_console, show_cursor
from tui.commands.train_end import StderrLog, exit_code, print_end
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gan.events import Listener
    from gan.session.preparation import RunPlan
    from tui.commands.train_options import Arguments
    from tui.supervision.link import Link


def train_headless(plan: RunPlan, arguments: Arguments, link: Link | None) -> int:
    """Train as planned, and print how it ended; returns the exit code."""
    from gan.headless.runner import run_headless

    with StderrCapture(file=link.stderr if link else None) as capture:
        console, context = _console(json=arguments.json)
        stderr_log = StderrLog(capture, link, plan.cluster)
        with context:
            end = run_headless(
                plan,
                [stderr_log, console],
                grace_seconds=arguments.grace,
                before_leaving=show_cursor,
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
    if json:
        from gan.headless.line_console import JsonConsole

        return JsonConsole(sys.stdout), nullcontext()

    return progress_console()


def _print_path(path: str) -> bool:
    """Print the run directory as the last line of standard output.

    Returns:
        Whether that worked, or the reader has closed the pipe.
    """
    try:
        if not show_path(path):
            say("gan-tui: standard output: its reader has left")
    except StorageError as error:
        say(f"gan-tui: {error} The run is in {path}")
        return False
    return True
