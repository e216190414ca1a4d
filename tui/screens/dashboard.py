"""The dashboard: a scene in one screen, at any size.

It holds no state of the run but the last it was given, and knows neither where events come from nor
where commands go: the application shows it scenes, and its bindings are the application's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.screens.layout import LEAST_COLUMNS, LEAST_ROWS, ScreenLayout, layout_for
from tui.view import Scene
from tui.widgets.digit_grid import Caption, DigitGrid
from tui.widgets.header import Header
from tui.widgets.key_bar import KeyBar
from tui.widgets.log_pane import LogPane
from tui.widgets.loss_chart import LossChart
from tui.widgets.preparation import Preparation, preparing
from tui.widgets.scene_view import SceneView
from tui.widgets.size_notice import SizeNotice
from tui.widgets.sparklines import Sparklines
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize
    from textual.geometry import Region
    from textual.widget import Widget

_BODY = ("sparklines", "chart", "digits", "caption", "log")


class Dashboard(Screen[None]):
    """Places the parts for the terminal's size, and hands each the scene."""

    def __init__(self) -> None:
        super().__init__()
        self._scene = Scene()
        self._places = ScreenLayout()

    def compose(self) -> ComposeResult:
        """Every part; which are visible, and where, follows from size and state."""
        yield Header(id="header")
        yield Preparation(id="preparation")
        yield Sparklines(id="sparklines")
        yield LossChart(id="chart")
        yield DigitGrid(id="digits")
        yield Caption(id="caption")
        yield LogPane(id="log")
        yield StatusLine(id="status")
        yield KeyBar(id="keys")
        yield SizeNotice(LEAST_COLUMNS, LEAST_ROWS, id="notice")

    def on_resize(self, event: Resize) -> None:
        """Find the places for a new size."""
        self._places = layout_for(*event.size)
        self._arrange()

    def show(self, scene: Scene, *, stopping: bool) -> None:
        """Draw this scene from now on.

        Args:
            scene: The run after its events so far, and how it is looked at.
            stopping: Whether the run has been asked to stop.
        """
        turned = preparing(scene.run) != preparing(self._scene.run)
        self._scene = scene
        self.query_one(Header).stopping = stopping
        for view in self.query(SceneView):
            view.show(scene)
        if turned:
            self._arrange()

    def _arrange(self) -> None:
        """Put each part in its place, or out of sight."""
        layout, on_the_way = self._places, preparing(self._scene.run)
        self.query_one(DigitGrid).digit_layout = layout.digit_layout
        for name in ("header", "status", "keys", "notice"):
            _place(self.query_one(f"#{name}"), getattr(layout, name))
        for name in _BODY:
            _place(self.query_one(f"#{name}"), None if on_the_way else getattr(layout, name))
        _place(self.query_one(Preparation), layout.preparation if on_the_way else None)


def _place(widget: Widget, region: Region | None) -> None:
    """Give a widget its cells of the screen, or none."""
    widget.display = region is not None
    if region is not None:
        widget.styles.offset = region.offset
        widget.styles.width, widget.styles.height = region.size
