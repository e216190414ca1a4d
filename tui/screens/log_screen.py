"""The whole log over the dashboard: scrollable, filtered by level and text, with native output.

Only the visible rows are drawn, so that thousands of lines cost as much as one screenful.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Static

from gan.events import Severity
from tui.model.log_lines import selected
from tui.screens.overlay import Overlay
from tui.style.styles import LEVELS, QUIET
from tui.style.themes import theme_of
from tui.widgets.log_pane import TIME_COLUMNS, text_rows
from tui.widgets.rows import row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui.model.log_lines import LogLine

_LEVELS: Final = (Severity.INFO, Severity.WARNING, Severity.ERROR)
"""The minimum level of the lines shown, in the order in which a key cycles through them."""

_LEVEL_WORDS: Final = {
    Severity.INFO: "all levels",
    Severity.WARNING: "warnings and errors",
    Severity.ERROR: "errors",
}


class LogView(ScrollView, can_focus=True):
    """Lines of a log, wrapped to the width; the newest stays visible unless scrolled away."""

    ALLOW_SELECT = False
    # Always a scrollbar: one that comes and goes would wrap the lines anew each time.
    DEFAULT_CSS = "LogView { overflow-x: hidden; overflow-y: scroll; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[LogLine] = ()
        self._rows: list[tuple[str, ...]] = []
        """The rows of each line."""

        self._tops: list[int] = []
        """The index of each line's first row."""

        self._follows = True

    def show(self, lines: Sequence[LogLine]) -> None:
        """Show these lines from now on; the visible ones stay where they are."""
        before = self._visible_rows()
        top = self._top()
        self._lines = lines
        self._wrap()
        if self._follows:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        elif top is not None:
            self.scroll_to(y=self._row_of(*top), animate=False)
        if self._visible_rows() != before:
            self.refresh()

    def on_resize(self) -> None:
        """Wrap the lines to the new width."""
        self.show(self._lines)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow new lines only while scrolled to the end."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One visible row."""
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
        clock = "" if part else time.strftime(" %H:%M:%S ", time.localtime(line.time))
        pieces = [(clock.ljust(TIME_COLUMNS), QUIET), (texts[part], LEVELS[line.level])]
        return row(pieces, width)

    def _visible_rows(self) -> list[Strip]:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        return [self._drawn(top + y) for y in range(height)]

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        # Before the first layout there is no width, and nothing is visible.
        self._rows = [text_rows(line, width) for line in self._lines] if width else []
        *self._tops, count = accumulate(map(len, self._rows), initial=0)
        self.virtual_size = Size(width, count)

    def _top(self) -> tuple[LogLine, int] | None:
        """The line of the first visible row, and the row's index within the line."""
        if not self._rows:
            return None
        place = self.scroll_offset.y
        number = min(bisect_right(self._tops, place), len(self._tops)) - 1
        return self._lines[number], place - self._tops[number]

    def _row_of(self, line: LogLine, part: int) -> int:
        """The index of a row of a line, or of the first line after it if it was dropped."""
        for number, other in enumerate(self._lines):
            if other is line:
                return self._tops[number] + min(part, len(self._rows[number]) - 1)
        times = ((number, other.time) for number, other in enumerate(self._lines))
        after = next((number for number, at in times if at >= line.time), None)
        return self.virtual_size.height if after is None else self._tops[after]


class LogScreen(Overlay[None]):
    """The log, its filters, and a line that says what is shown."""

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
            "Level",
            id="log-level",
            tooltip="Show all lines, warnings and errors, or only errors.",
        ),
        Binding(
            "n",
            "native",
            "Native",
            id="log-native",
            tooltip="Hide what native libraries printed, or show it again.",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            id="log-filter",
            key_display="/",
            tooltip="Show only lines that contain a text.",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._log: Sequence[LogLine] = ()
        self._level = Severity.INFO
        self._native = True

    def compose(self) -> ComposeResult:
        """The lines, the filter and the line that says what is shown."""
        with Vertical(id="logbox"):
            yield LogView(id="loglines")
            yield Input(placeholder="text to find", id="logfilter", compact=True)
            yield Static("", id="logstate", markup=False)

    def on_mount(self) -> None:
        """Begin without a filter and with the focus on the lines."""
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
        """Filter while typing."""
        self._draw()

    def on_input_submitted(self) -> None:
        """Keep the filter and return to the lines."""
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
        """Show the next minimum level."""
        place = (_LEVELS.index(self._level) + 1) % len(_LEVELS)
        self._level = _LEVELS[place]
        self._draw()

    def action_native(self) -> None:
        """Show or hide what native libraries printed."""
        self._native = not self._native
        self._draw()

    def action_filter(self) -> None:
        """Open the filter for typing."""
        text = self.query_one(Input)
        text.display = True
        text.focus()

    def _draw(self) -> None:
        lines = selected(
            self._log, minimum=self._level, native=self._native, text=self.query_one(Input).value
        )
        self.query_one(LogView).show(lines)
        native = "" if self._native else ", without native output"
        state = f"{len(lines):,} of {len(self._log):,} lines: {_LEVEL_WORDS[self._level]}{native}"
        self.query_one("#logstate", Static).update(f"{state}    w level  n native  / filter")
