"""What `gan-tui export` is doing: a row that changes on a terminal, else a line now and then."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tui.commands.command_line import say
from tui.terminal.job_control import stopping_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], None]

QUIET_SECONDS: Final = 5.0
"""The time between two lines where there is no terminal; what takes no longer says nothing."""


@contextmanager
def reporting(what: str) -> Iterator[Report]:
    """Show what is reported within the block, on standard error.

    Args:
        what: Of what; it stands in front.
    """
    from tui.commands.progress_console import show_cursor
    from tui.commands.rich_text import StderrConsole, safe

    console = StderrConsole()
    if not console.is_terminal or console.is_dumb_terminal or not os.environ.get("TERM"):
        yield occasional(what, time.monotonic)
        return
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    shown = console.status(safe(what), spinner=spinner)
    with stopping_in_order(show_cursor), shown as status:
        yield lambda words: status.update(safe(f"{what}: {words}"))


def occasional(what: str, clock: Callable[[], float], show: Report = say) -> Report:
    """A report that shows a line at most every `QUIET_SECONDS`, and none before the first such.

    Args:
        what: Of what; it stands in front.
        clock: A monotonic clock in seconds.
        show: Takes a line.
    """
    shown_at = clock()

    def report(words: str) -> None:
        nonlocal shown_at
        if clock() - shown_at >= QUIET_SECONDS:
            shown_at = clock()
            show(f"{what}: {words}")

    return report
