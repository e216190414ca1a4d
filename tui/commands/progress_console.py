"""Where a command without a screen shows its progress: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from tui.terminal.job_control import stopping_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from gan.events import Listener
    from tui.commands.progress_bar import ProgressBarConsole


def progress_console() -> tuple[Listener, AbstractContextManager[Any]]:
    """The listener that shows events on standard error, and the context that it needs."""
    from tui.commands.progress_bar import ProgressBarConsole
    from tui.commands.rich_text import StderrConsole

    console = StderrConsole()
    # Without TERM, what the terminal can do is unknown.
    if console.is_terminal and not console.is_dumb_terminal and os.environ.get("TERM"):
        bar = ProgressBarConsole(console)
        return bar, _on_terminal(bar)

    from gan.headless.line_console import LineConsole

    return LineConsole(sys.stderr), nullcontext()


def show_cursor() -> None:
    """Show the cursor, which a progress bar hides, before the process ends or stops at once."""
    stream = sys.stderr
    if stream is not None and stream.isatty():
        with suppress(OSError):
            os.write(stream.fileno(), b"\x1b[?25h\r\n")


@contextmanager
def _on_terminal(bar: ProgressBarConsole) -> Iterator[None]:
    """Show the bar within the block, and the cursor whenever the process is stopped."""
    with stopping_in_order(show_cursor), bar:
        yield
