"""Training that leaves its terminal once the run has begun: `--detach`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gan.errors import GanTuiError, StorageError
from gan.events import RunStarted
from gan.progress import RunProgress, apply
from gan.text.invocations import attach_words
from tui.commands.command_line import say, write_out
from tui.commands.train_end import StderrLog, exit_code, left_lines, print_end
from tui.supervision.detaching import detach
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from gan.events import Event
    from gan.headless.line_console import LineConsole
    from gan.session.preparation import RunPlan
    from tui.commands.train_options import Arguments
    from tui.supervision.link import Link


def train_detached(plan: RunPlan, arguments: Arguments, link: Link | None) -> int:
    """Train as planned, without a terminal from the start of the run on; returns the exit code.

    What goes wrong before that is printed and returned as without `--detach`.

    Raises:
        GanTuiError: There is no parent process, which would return the prompt.
    """
    from gan.headless.line_console import LineConsole
    from gan.headless.runner import run_headless

    if link is None:
        raise GanTuiError(
            "--detach: the system has no second process for it. Use --no-ui with nohup instead."
        )
    with StderrCapture(file=link.stderr) as capture:
        stderr_log = StderrLog(capture, link)
        leaver = _Leaver(LineConsole(sys.stderr), capture, link)
        end = run_headless(plan, [stderr_log, leaver], grace_seconds=arguments.grace)
        if not leaver.has_left:
            print_end(end, stderr_log, error_shown=True)
    return exit_code(end)


class _Leaver:
    """A listener that shows the start of a run, and leaves the terminal once it has a directory."""

    def __init__(self, console: LineConsole, capture: StderrCapture, link: Link) -> None:
        self._console, self._capture, self._link = console, capture, link
        self.has_left = False

    def __call__(self, event: Event) -> None:
        if self.has_left:
            return
        self._console(event)
        if isinstance(event, RunStarted):
            try:
                write_out(os.fsencode(event.run_dir) + b"\n")
            except StorageError as error:
                # The run is there by now, and the next line names it.
                say(f"gan-tui: {error}")
            back = attach_words(event.run_dir)
            for line in left_lines(apply(RunProgress(), event), back, os.getpid()):
                say(line)
            self._capture.forget_terminal()
            detach(self._link)
            self.has_left = True
