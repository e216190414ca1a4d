"""Shown in a terminal too small for the dashboard: the size that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.render.fitting import fit
from tui.style.styles import TEXT
from tui.widgets.rows import row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from textual.strip import Strip


class SizeNotice(SceneView):
    """One line; meanwhile the run goes on and the keys work."""

    def __init__(self, columns: int, rows: int, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._needed = f"needs {columns}x{rows}"

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """Nothing of the run."""
        del scene
        return ()

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The line, in the middle of the height."""
        del scene
        sizes = f"{self._needed}, has {width}x{height}"
        [text] = fit([[self._needed, sizes, f"{sizes}; q quits"]], width, len)
        blank = row([], width)
        return [*[blank] * ((height - 1) // 2), row([(text.center(width), TEXT)], width)]
