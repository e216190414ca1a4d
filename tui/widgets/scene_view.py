"""The base of every widget that draws part of a scene as rows.

One place for what they share: redrawing only when their part changed, and sending only the rows
that look different. Textual itself sends a refreshed region whole even where nothing changed.
"""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.looks import LOOKS, Look
from tui.view import Scene


class SceneView(Widget):
    """Draws rows from a `Scene`. Subclasses say which part of it, and how."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._scene = Scene()
        self._rows: list[Strip] = []
        self._look = LOOKS["dark"]

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """What of the scene this widget draws; the same objects mean that nothing changed."""
        raise NotImplementedError

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The rows for a size in cells, both at least 1; fewer leave the rest blank."""
        raise NotImplementedError

    def wear(self, look: Look) -> None:
        """Have every row in these colours from now on."""
        if look is not self._look:
            self._look = look
            self.refresh()

    @property
    def is_opaque_drawing(self) -> bool:
        """Whether every cell has colours of its own, which no background and no look changes."""
        return False

    def show(self, scene: Scene) -> None:
        """Draw this scene from now on, if it looks any different."""
        changed = self.changed(scene)
        self._scene = scene
        if changed:
            self.redraw()

    def changed(self, scene: Scene) -> bool:
        """Whether this widget's part of the scene is another than before."""
        before, after = self.parts(self._scene), self.parts(scene)
        return any(old is not new for old, new in zip(before, after, strict=True))

    def redraw(self) -> None:
        """Draw anew, and have the rows that changed sent."""
        width, height = self.size
        rows = self.draw(self._scene, width, height)[:height] if width and height else []
        before, self._rows = self._rows, rows
        for y in range(max(len(before), len(rows))):
            if before[y : y + 1] != rows[y : y + 1]:
                self.refresh(Region(0, y, width, 1))

    def render_line(self, y: int) -> Strip:
        """One row, as last drawn, on the widget's background."""
        strip = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
        if self.is_opaque_drawing:
            return strip
        strip = self._look.translate(strip)
        return strip.apply_style(Style(bgcolor=self.background_colors[1].rich_color))

    def on_resize(self) -> None:
        """A new size changes every row."""
        self.redraw()

    def on_show(self) -> None:
        """Hidden widgets get no size, so what changed meanwhile is drawn now."""
        self.redraw()
