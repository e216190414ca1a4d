"""The base of every widget that draws rows of its own: it sends only those that differ.

Textual itself sends all of a refreshed region, changed or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.style.themes import THEMES

if TYPE_CHECKING:
    from textual.color import Color
    from typing_extensions import Self

    from tui.style.themes import ColorTheme


class RowsView(Widget):
    """Draws rows. Subclasses say which."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._rows: list[Strip] = []
        self._color_theme = THEMES["dark"]
        self._finished: dict[int, Strip] = {}
        """The rows as they are sent, by index, once they were requested."""

    def drawn(self, width: int, height: int) -> list[Strip]:
        """The rows for a size in cells, both at least 1; missing rows are left blank."""
        raise NotImplementedError

    def use_theme(self, theme: ColorTheme) -> None:
        """Draw in the colours of this theme from now on."""
        if theme is not self._color_theme:
            self._color_theme = theme
            self.refresh()

    @property
    def is_opaque_drawing(self) -> bool:
        """Whether every cell has its own colours, which no background or theme changes."""
        return False

    def redraw(self) -> None:
        """Draw again and send the rows that changed."""
        width, height = self.size
        rows = self.drawn(width, height)[:height] if width and height else []
        before, self._rows = self._rows, rows
        for y in range(max(len(before), len(rows))):
            if before[y : y + 1] != rows[y : y + 1]:
                self._finished.pop(y, None)
                self.refresh(Region(0, y, width, 1))

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Send regions again; without regions all rows, in the styles of that moment."""
        if not regions:
            self._finished.clear()
        return super().refresh(*regions, **how)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region as they are sent.

        Each is made once. Textual would look up the styles of every row for every frame, for
        borders and padding that these widgets do not have: half of the time of a frame.
        """
        known, make = self._finished.get, self.render_line
        rows = [known(y) or make(y) for y in crop.line_range]
        if crop.x == 0 and crop.width >= self.size.width:
            return rows
        return [row.crop(crop.x, crop.right) for row in rows]

    def render_line(self, y: int) -> Strip:
        """One row as last drawn, on the widget's background."""
        finished = self._finished.get(y)
        if finished is None:
            drawn = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
            finished = self._finished[y] = self._finish(drawn, self.background_colors[1])
        return finished

    def _finish(self, drawn: Strip, background: Color) -> Strip:
        """A row in the theme's colours, on the background, in the colours of the terminal."""
        strip = drawn
        if not self.is_opaque_drawing:
            strip = self._color_theme.translate(strip)
            strip = strip.simplify().apply_style(Style(bgcolor=background.rich_color))
        for line_filter in self.app.get_line_filters():
            # Rows use none of the sixteen colours that a terminal's theme may change.
            if not isinstance(line_filter, ANSIToTruecolor):
                strip = strip.apply_filter(line_filter, background)
        return strip

    def on_resize(self) -> None:
        """A new size changes every row."""
        self.redraw()

    def on_show(self) -> None:
        """Draw what changed while the widget was hidden, when it had no size."""
        self.redraw()
