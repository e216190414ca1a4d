"""The table of runs: the names of its columns, its rows, and more about the run in one of them.

Only the visible rows are drawn, and only those that changed are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from gan.text.safe_text import safe_text
from tui.model.run_list import RunList
from tui.render import numbers
from tui.render.fitting import clipped
from tui.style.styles import (
    CURSOR,
    D_STYLE,
    DONE,
    FAILED,
    FAINT,
    G_STYLE,
    QUALITY,
    QUIET,
    SPEED,
    STRONG,
    TEXT,
    WARNED,
)
from tui.style.themes import theme_of
from tui.widgets.rows import row, spread
from tui.widgets.run_columns import GAP, Placed, note, placed, quality, share, size, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.events import Click

    from gan.run_facts.summary import RunSummary
    from tui.widgets.rows import Piece

_SIGN_CELLS: Final = 3
"""Cells in front of the columns: the cursor, a mark, a blank."""

_EDGE_CELLS: Final = 1
"""Blanks at the right edge, next to the scrollbar."""


_STYLES: Final = {
    "run": TEXT,
    "D": D_STYLE,
    "G": G_STYLE,
    "FD": QUALITY,
    "best": QUALITY,
    "images/s": SPEED,
    "note": WARNED,
}
"""The style of a column's cells, by its title; others are quiet."""

_BAD: Final = frozenset({"failed", "diverged", "diverged, waiting", "died", "damaged"})
"""States of runs that somebody should look at."""

_WAITING: Final = frozenset({"paused", "unreadable"})


class TextRows(Widget):
    """A few rows of text, each of pieces at both ends."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._pieces: list[tuple[list[Piece], list[Piece]]] = []

    def show(self, *rows: tuple[list[Piece], list[Piece]]) -> None:
        """Show these rows from now on: what is at the left and at the right of each."""
        if list(rows) != self._pieces:
            self._pieces = list(rows)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        left, right = self._pieces[y] if y < len(self._pieces) else ([], [])
        strip = spread(left, right, width)
        return theme_of(self.app.theme).translate(strip).apply_style(self.rich_style)


class RunTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows of the table, below the names of the columns, which stay in place."""

    ALLOW_SELECT = False
    # Always a scrollbar: one that comes and goes would move the columns.
    DEFAULT_CSS = "RunTable { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }"

    class Pointed(Message):
        """A row was clicked on."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index
            """The index of the run among those that are shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._list = RunList()
        self._shown: Sequence[RunSummary] = ()
        self._columns: list[Placed] = []
        self._laid_out: tuple[object, ...] = (None, None, None)
        """What the columns were last laid out for: the runs, the filter and the width."""

        self._sent: dict[int, Strip] = {}
        """The visible rows as they were drawn last, by index."""

    @property
    def titles(self) -> list[Piece]:
        """The names of the columns, above their cells."""
        names = (" " * GAP).join(column.title() for column in self._columns)
        return [(" " * _SIGN_CELLS + names, QUIET)]

    @property
    def page(self) -> int:
        """How many rows are visible."""
        return max(self.scrollable_content_region.height, 1)

    def show(self, list_: RunList) -> None:
        """Show this list from now on, with the row under the cursor visible."""
        has_moved = list_.cursor != self._list.cursor
        width = self.scrollable_content_region.width
        laid_out = (list_.runs, list_.text, width)
        # Of a thousand runs it takes longer than a key that moves the cursor should.
        if any(new is not old for new, old in zip(laid_out, self._laid_out, strict=True)):
            self._laid_out, self._shown = laid_out, list_.shown
            self._columns = placed(self._shown, max(width - _SIGN_CELLS - _EDGE_CELLS, 0))
            self.virtual_size = Size(width, len(self._shown))
        self._list = list_
        if has_moved:
            self._scroll_to_cursor()
        self._send_changes()

    def on_resize(self) -> None:
        """Lay the columns out for the new width."""
        self.show(self._list)
        self._scroll_to_cursor()

    def on_click(self, event: Click) -> None:
        """Report the row."""
        index = self.scroll_offset.y + event.y
        if index < len(self._shown):
            self.post_message(self.Pointed(index))

    def render_line(self, y: int) -> Strip:
        """One visible row."""
        index = self.scroll_offset.y + y
        drawn = self._sent[index] = self._drawn(index)
        return theme_of(self.app.theme).translate(drawn).apply_style(self.rich_style)

    def _scroll_to_cursor(self) -> None:
        top, cursor = self.scroll_offset.y, self._list.cursor
        first = min(max(top, cursor - self.page + 1), cursor)
        self.scroll_to(y=first, animate=False, immediate=True)

    def _send_changes(self) -> None:
        top, width = self.scroll_offset.y, self.size.width
        for y in range(self.page):
            if self._sent.get(top + y) != self._drawn(top + y):
                self.refresh(Region(0, y, width, 1))
        self._sent = {i: kept for i, kept in self._sent.items() if top <= i < top + self.page}

    def _drawn(self, index: int) -> Strip:
        width = self.scrollable_content_region.width
        if index >= len(self._shown):
            return Strip.blank(width)
        run = self._shown[index]
        is_current = index == self._list.cursor
        mark = "*" if run.name in self._list.marked else " "
        pieces: list[Piece] = [(f"{'>' if is_current else ' '}{mark} ", STRONG)]
        for column in self._columns:
            text = column.cell(run)
            is_known = text.strip() != numbers.UNKNOWN
            style = _style(column.column.title, run) if is_known else FAINT
            pieces += [(text, style), (" " * GAP, TEXT)]
        strip = row(pieces, width)
        return strip.apply_style(CURSOR) if is_current else strip


def detail(run: RunSummary, width: int) -> list[list[Piece]]:
    """Two rows about a run: what the columns have no room for, and what is wrong or where it is."""
    parts = [
        " on ".join(filter(None, (safe_text(run.preset), safe_text(run.data)))),
        "" if run.step is None else f"step {steps(run)} ({share(run)})",
        "" if run.size_bytes is None else size(run),
        quality(run),
    ]
    first = clipped(", ".join(filter(None, parts)), width - 2)
    wrong = note(run)
    second = (wrong, WARNED) if wrong else (safe_text(str(run.path)), QUIET)
    return [[(" ", TEXT), (first, TEXT)], [(" ", TEXT), (clipped(second[0], width - 2), second[1])]]


def _style(title: str, run: RunSummary) -> Style:
    return _state_style(run) if title == "state" else _STYLES.get(title, QUIET)


def _state_style(run: RunSummary) -> Style:
    if run.state in _BAD:
        return FAILED
    if run.state in _WAITING or not (run.is_live or run.has_ended):
        return WARNED
    return DONE if run.is_live else TEXT
