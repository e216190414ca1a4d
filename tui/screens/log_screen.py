"""The whole log over the dashboard: scrolled, by level, by text, with what libraries printed.

Only the rows in sight are drawn, so that thousands of lines cost what a screenful does.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Static

from gan.events import Severity
from tui.model.log_lines import selected
from tui.style.styles import LEVELS, QUIET
from tui.style.themes import theme_of
from tui.widgets.rows import row, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui.model.log_lines import LogLine

_LEVELS: Final = (Severity.INFO, Severity.WARNING, Severity.ERROR)
"""The least level that is shown, in the order that a key goes through them."""

_LEVEL_WORDS: Final = {
    Severity.INFO: "all levels",
    Severity.WARNING: "warnings and errors",
    Severity.ERROR: "errors",
}
_TIME_COLUMNS: Final = 10
_LEAST_TEXT: Final = 12


class LogView(ScrollView, can_focus=True):
    """Lines of a log, each wrapped to the width; the newest stays in sight unless scrolled away."""

    ALLOW_SELECT = False
    # Always, because a scrollbar that comes and goes would break the lines elsewhere each time.
    DEFAULT_CSS = "LogView { overflow-x: hidden; overflow-y: scroll; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[LogLine] = ()
        self._rows: list[tuple[str, ...]] = []
        """The texts of each line's rows."""

        self._tops: list[int] = []
        """The row at which each line begins."""

        self._follows = True

    def show(self, lines: Sequence[LogLine]) -> None:
        """Show these lines from now on; what was in sight stays there."""
        before = self._in_sight()
        top = self._top()
        self._lines = lines
        self._wrap()
        if self._follows:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        elif top is not None:
            self.scroll_to(y=self._row_of(*top), animate=False)
        if self._in_sight() != before:
            self.refresh()

    def on_resize(self) -> None:
        """Another width breaks the lines elsewhere."""
        self.show(self._lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow from the end on, and not from anywhere else."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        strip = self._drawn(self.scroll_offset.y + y)
        return theme_of(self.app.theme).translate(strip).apply_style(self.rich_style)

    def _drawn(self, place: int) -> Strip:
        width = self.scrollable_content_region.width
        number = bisect_right(self._tops, place) - 1
        texts = self._rows[number] if self._rows else ()
        part = place - self._tops[number] if self._rows else 0
        if part >= len(texts):
            return Strip.blank(width)
        line = self._lines[number]
        at = "" if part else time.strftime(" %H:%M:%S ", time.localtime(line.time))
        pieces = [(at.ljust(_TIME_COLUMNS), QUIET), (texts[part], LEVELS[line.level])]
        return row(pieces, width)

    def _in_sight(self) -> list[Strip]:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        return [self._drawn(top + y) for y in range(height)]

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        room = max(width - _TIME_COLUMNS - 1, _LEAST_TEXT)
        # Before it has a place there is no width, and nothing to be seen.
        self._rows = [_broken(line.text, room) for line in self._lines] if width else []
        *self._tops, count = accumulate(map(len, self._rows), initial=0)
        self.virtual_size = Size(width, count)

    def _top(self) -> tuple[LogLine, int] | None:
        """The line that the first row in sight is of, and how far into it that is."""
        if not self._rows:
            return None
        place = self.scroll_offset.y
        number = min(bisect_right(self._tops, place), len(self._tops)) - 1
        return self._lines[number], place - self._tops[number]

    def _row_of(self, line: LogLine, part: int) -> int:
        """Where a line is now; where it is not shown any more, the first one after it."""
        for number, other in enumerate(self._lines):
            if other is line:
                return self._tops[number] + min(part, len(self._rows[number]) - 1)
        times = ((number, other.time) for number, other in enumerate(self._lines))
        after = next((number for number, at in times if at >= line.time), None)
        return self.virtual_size.height if after is None else self._tops[after]


@lru_cache(maxsize=8192)
def _broken(text: str, room: int) -> tuple[str, ...]:
    """The text in rows of so many cells. Remembered, because a log grows at its end alone."""
    if not text.isascii():
        return tuple(wrapped(text, room))
    rows = []
    while len(text) > room:
        cut = text.rfind(" ", 1, room + 1)
        cut = cut if text[: max(cut, 0)].strip() else room
        rows.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return (*rows, text)


class LogScreen(ModalScreen[None]):
    """The log, and what of it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,o,q",
            "close",
            "Close",
            id="close-log",
            tooltip="Close the filter, or else the log.",
        ),
        Binding(
            "w",
            "level",
            "Severity",
            id="log-level",
            tooltip="Show all lines, warnings and errors, or errors alone.",
        ),
        Binding(
            "n",
            "native",
            "Native",
            id="log-native",
            tooltip="Leave out what native libraries printed, or show it again.",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            id="log-filter",
            key_display="/",
            tooltip="Show only lines with a text.",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._log: Sequence[LogLine] = ()
        self._level = Severity.INFO
        self._native = True

    def compose(self) -> ComposeResult:
        """The lines, the filter and what is shown."""
        with Vertical(id="logbox"):
            yield LogView(id="loglines")
            yield Input(placeholder="text to look for", id="logfilter", compact=True)
            yield Static("", id="logstate", markup=False)

    def on_mount(self) -> None:
        """Begin without a filter, with the keyboard on the lines."""
        self.query_one(Input).display = False
        self.query_one(LogView).focus()
        self._draw()

    def show(self, log: Sequence[LogLine]) -> None:
        """Show this log from now on."""
        if log is not self._log:
            self._log = log
            if self.is_mounted:
                self._draw()

    def on_input_changed(self) -> None:
        """Filter as it is typed."""
        self._draw()

    def on_input_submitted(self) -> None:
        """Keep the filter, and scroll."""
        self.query_one(LogView).focus()

    def action_close(self) -> None:
        """Close the filter, or else the log."""
        text = self.query_one(Input)
        if text.display:
            text.value, text.display = "", False
            self.query_one(LogView).focus()
        else:
            self.dismiss()

    def action_level(self) -> None:
        """Show another least level."""
        place = (_LEVELS.index(self._level) + 1) % len(_LEVELS)
        self._level = _LEVELS[place]
        self._draw()

    def action_native(self) -> None:
        """Show or leave out what native libraries printed."""
        self._native = not self._native
        self._draw()

    def action_filter(self) -> None:
        """Type what to look for."""
        text = self.query_one(Input)
        text.display = True
        text.focus()

    def _draw(self) -> None:
        lines = selected(
            self._log, minimum=self._level, native=self._native, text=self.query_one(Input).value
        )
        self.query_one(LogView).show(lines)
        native = "" if self._native else ", without native output"
        told = f"{len(lines):,} of {len(self._log):,} lines: {_LEVEL_WORDS[self._level]}{native}"
        self.query_one("#logstate", Static).update(f"{told}    w level  n native  / filter")
