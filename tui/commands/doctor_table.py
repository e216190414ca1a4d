"""What `gan-tui doctor` prints: a line a check; in a terminal in colours, and folded.

Plain lines need neither Rich nor Textual, which may be what is missing.
"""

from __future__ import annotations

import re
import textwrap
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from gan.text.safe_text import LINE_LIMIT, safe_text
from tui.commands.command_line import output_width, write_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from textual.strip import Strip

    from gan.doctor.row import Row, Verdict

_VERDICT: Final = 4
_NAME: Final = 11
_INDENT: Final = _VERDICT + 2 + _NAME + 2
_FIX: Final = " " * (_VERDICT + 2) + "-> "
_NARROWEST: Final = 40
"""Columns below which lines are left to the terminal to fold."""

_STYLES: Final[dict[Verdict, str]] = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_FIX_STYLE: Final = "cyan"
_TIE: Final = "\xa0"
_BACK: Final = "\r\x1b[2K"


class Printer:
    """Prints to standard output as rows come."""

    def __init__(self) -> None:
        """Find out what standard output is."""
        width = output_width()
        self._width = None if width is None or width < _NARROWEST else width
        self._console: Console | None = None
        self._is_waiting = False
        if width is not None and find_spec("rich") is not None:
            from tui.commands.rich_text import StdoutConsole

            self._console = StdoutConsole()

    def wait(self, what: str) -> None:
        """Show on a terminal what takes long now, until the next line."""
        if self._width is not None:
            write_out(f"{_BACK}{safe_text(what, self._width - 1)}")
            self._is_waiting = True

    def leave(self) -> None:
        """Take back what `wait` shows: nothing comes after it."""
        if self._is_waiting:
            write_out(_BACK)
            self._is_waiting = False

    def print_row(self, row: Row) -> None:
        """Print what a check has found.

        Raises:
            StorageError: Standard output can't be written to.
        """
        first, *others = found_lines(row, self._width)
        self._print(first[:_VERDICT], _STYLES[row.verdict], first[_VERDICT:])
        for line in others:
            self._print(line)
        for line in fix_lines(row, self._width):
            self._print(line, _FIX_STYLE)

    def print_count(self, rows: Iterable[Row]) -> None:
        """Print how many rows there were of each verdict, and which are not ok."""
        line = count_line(list(rows))
        # A number stays with its word.
        tied = re.sub(r"(?<=[0-9]) ", _TIE, line)
        for part in [tied] if self._width is None else _folded(tied, self._width, 0):
            self._print(part.replace(_TIE, " "))

    def print_strips(self, strips: Sequence[Strip], label: str) -> None:
        """Print rows of cells, and a line below; nothing where standard output is no terminal."""
        if self._console is None or not strips:
            return
        console = self._console
        write_out("\n" + "".join(f"{strip.render(console)}\n" for strip in strips))
        self._print(label)
        self._print("Choose the clearest: gan-tui --glyphs NAME, or the key g.")
        self._print("")

    def _print(self, text: str, style: str = "", rest: str = "") -> None:
        """Print a line of which the first part has a style."""
        self.leave()
        if self._console is None:
            write_out(f"{safe_text(text + rest, LINE_LIMIT)}\n")
            return
        from tui.commands.rich_text import safe

        with self._console.capture() as captured:
            line = safe("").append_text(safe(text, style)).append_text(safe(rest))
            self._console.print(line, soft_wrap=True)
        write_out(captured.get())


def count_line(rows: Sequence[Row]) -> str:
    """How many rows there are of each verdict, with the names of those that are not ok."""
    parts = []
    for verdict in _STYLES:
        names = [row.name for row in rows if row.verdict == verdict]
        named = f" ({', '.join(names)})" if names and verdict != "ok" else ""
        parts.append(f"{len(names)} {verdict}{named}")
    return ", ".join(parts)


def found_lines(row: Row, width: int | None) -> list[str]:
    """Verdict, name and text of a row, folded to a number of columns; `None` for one line."""
    text = safe_text(row.text, LINE_LIMIT)
    line = f"{row.verdict:<{_VERDICT}}  {row.name:<{_NAME}}  {text}"
    return [line] if width is None else _folded(line, width, _INDENT)


def fix_lines(row: Row, width: int | None) -> list[str]:
    """What mends it; a command is never folded, so that it can be copied."""
    if not row.fix:
        return []
    line = _FIX + safe_text(row.fix, LINE_LIMIT)
    is_sentence = row.fix.endswith(".")
    return _folded(line, width, len(_FIX)) if is_sentence and width is not None else [line]


def _folded(line: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
