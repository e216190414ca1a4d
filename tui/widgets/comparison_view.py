"""The parts of a comparison's screen: each draws its rows from a `ComparisonScene`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.model.comparison import ComparisonScene
from tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from textual.strip import Strip


class ComparisonPart(RowsView):
    """Draws rows from a scene. Subclasses say how."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._scene = ComparisonScene()

    def show(self, scene: ComparisonScene) -> None:
        """Draw this scene from now on."""
        self._scene = scene
        self.redraw()

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """The rows for a size in cells, both at least 1; missing rows are left blank."""
        raise NotImplementedError

    def drawn(self, width: int, height: int) -> list[Strip]:
        """The rows of the last scene."""
        return self.draw(self._scene, width, height)
