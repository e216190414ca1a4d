"""Text for Rich's consoles, made safe to show. It may come from outside, and is never markup."""

from __future__ import annotations

import os
import shutil

from rich.console import Console
from rich.text import Text

from gan.text.safe_text import LINE_LIMIT, safe_text


class StderrConsole(Console):
    """Standard error. Reads no markup, emoji codes or numbers into its text."""

    def __init__(self) -> None:
        super().__init__(stderr=True, markup=False, emoji=False, highlight=False, width=_width())

    def on_broken_pipe(self) -> None:
        """Raise, where Rich would end the process with an exit code of its own.

        Raises:
            BrokenPipeError: Always: Rich calls this while it handles one.
        """
        raise  # noqa: PLE0704


class StdoutConsole(Console):
    """Standard output, where it is a terminal. Reads its text as it is too."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, width=_width())


def safe(text: str, style: str = "") -> Text:
    """The text in one style."""
    return Text(safe_text(text, LINE_LIMIT), style=style)


def _width() -> int | None:
    """The width that Rich must be told; `None` where it finds a right one itself.

    It believes `COLUMNS=0`, which some shells export, and then prints nothing at all.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns and not columns.strip("0"):
        return shutil.get_terminal_size().columns
    return None
