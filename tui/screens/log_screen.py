"""The whole log over the dashboard: scrolled, by level, by text, with what libraries printed.

Only the rows in sight are drawn, so that thousands of lines cost what a screenful does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Static

from tui.log_lines import Level, selected
from tui.theme import FAINT, LEVELS
from tui.widgets.rows import row, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.app import ComposeResult

    from tui.log_lines import LogLine

_LEVELS: Final = (Level.INFO, Level.WARNING, Level.ERROR)
"""The least level that is shown, in the order that a key goes through them."""

_LEVEL_WORDS: Final = {
    Level.INFO: "all levels",
    Level.WARNING: "warnings and errors",
    Level.ERROR: "errors",
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
        self._rows: list[tuple[str, str, Style]] = []
        """Time, text and style of each row."""

    def show(self, lines: Sequence[LogLine]) -> None:
        """Show these lines from now on."""
        follows = self.scroll_offset.y >= self.max_scroll_y
        self._lines = lines
        self._wrap()
        if follows:
            self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Another width breaks the lines elsewhere."""
        self._wrap()
        self.scroll_end(animate=False)

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        place, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        at, text, style = self._rows[place]
        pieces = [(f" {at} ".ljust(_TIME_COLUMNS), FAINT), (text, style)]
        return row(pieces, width).apply_style(self.rich_style)

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        room = max(width - _TIME_COLUMNS - 1, _LEAST_TEXT)
        self._rows = []
        for line in self._lines:
            at = time.strftime("%H:%M:%S", time.localtime(line.time))
            style = LEVELS[line.level]
            for number, text in enumerate(wrapped(line.text, room)):
                self._rows.append((at if number == 0 else "", text, style))
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()


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
            "Level",
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
        self._level = Level.INFO
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
            self._log, least=self._level, native=self._native, text=self.query_one(Input).value
        )
        self.query_one(LogView).show(lines)
        native = "" if self._native else ", without native output"
        told = f"{len(lines):,} of {len(self._log):,} lines: {_LEVEL_WORDS[self._level]}{native}"
        self.query_one("#logstate", Static).update(f"{told}    w level  n native  / filter")
