"""One part of the dashboard on a screen of its own: the chart, or the digits with their caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.render.digit_layout import fit_digits
from tui.style.themes import theme_of
from tui.widgets.digit_grid import Caption, DigitGrid
from tui.widgets.loss_chart import LossChart

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.choices import Part
    from tui.widgets.scene_view import Scene, SceneView


class PartScreen(Screen[None]):
    """Draws a part as large as there is room for."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._digits = DigitGrid(id="digits")
        digits: list[SceneView] = [self._digits, Caption(id="caption")]
        self._parts = digits if part == "digits" else [LossChart(id="chart")]

    def compose(self) -> ComposeResult:
        """The part's widgets, one below the other."""
        yield from self._parts

    def show(self, scene: Scene) -> None:
        """Draw this scene from now on."""
        theme = theme_of(self.app.theme)
        for part in self._parts:
            part.use_theme(theme)
            part.show(scene)
        # Last: a new layout draws all rows anew, where new images wait until the last were painted.
        self._digits.digit_layout = fit_digits(*self._digits.size, glyphs=scene.view.glyphs)
