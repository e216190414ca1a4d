"""The dashboard: a scene in one screen, at any size.

It holds no state of the run but the last scene, and knows neither where events come from nor where
commands go: the painter shows it scenes, and the bindings are the app's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.geometry import Region
from textual.screen import Screen

from tui.screens.layout import (
    MIN_COLUMNS,
    MIN_ROWS,
    TOAST_FRAME,
    Contents,
    ScreenLayout,
    layout_for,
    toasts_in,
)
from tui.style.themes import theme_of
from tui.widgets.digit_grid import Caption, DigitGrid, is_raw
from tui.widgets.header import Header
from tui.widgets.key_bar import KeyBar
from tui.widgets.log_pane import LogPane
from tui.widgets.loss_chart import LossChart
from tui.widgets.machine_strip import MachineStrip, wanted_rows
from tui.widgets.preparation import Preparation, preparing
from tui.widgets.quality import QualityPanel, has_census
from tui.widgets.scene_view import Scene
from tui.widgets.size_notice import SizeNotice
from tui.widgets.sparklines import Sparklines, sparkline_rows
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Container

    from textual.app import ComposeResult
    from textual.widget import Widget

    from tui.render.greys import Depth
    from tui.widgets.scene_view import SceneView

_ALWAYS = ("header", "status", "keys", "notice")
"""The parts that a run has before its first step too."""


class Dashboard(Screen[None]):
    """Places the parts for the terminal's size, and hands each the scene."""

    def __init__(self, depth: Depth = "greys") -> None:
        super().__init__()
        self._scene = Scene()
        self.toast_columns = MIN_COLUMNS - TOAST_FRAME
        """Cells of a row of a toast's text."""

        # Held, and not queried: a timer may still ask for them while the screen is being closed.
        self.digits = DigitGrid(id="digits")
        self.digits.depth = depth
        self.chart = LossChart(id="chart")
        # Without colours D and G differ by their lines.
        self.chart.distinct = depth == "mono"
        self._parts: list[SceneView] = [
            Header(id="header"),
            Preparation(id="preparation"),
            Sparklines(id="sparklines"),
            MachineStrip(id="machine"),
            QualityPanel(id="quality"),
            self.chart,
            self.digits,
            Caption(id="caption"),
            LogPane(id="log"),
            StatusLine(id="status"),
            KeyBar(id="keys"),
            SizeNotice(MIN_COLUMNS, MIN_ROWS, id="notice"),
        ]

    def compose(self) -> ComposeResult:
        """Every part; which of them are visible, and where, follows from size and scene."""
        yield from self._parts

    def on_resize(self) -> None:
        """Find the places for a new size."""
        self._arrange()

    def show(self, scene: Scene, *, resting: Container[str] = ()) -> None:
        """Draw this scene from now on.

        Args:
            scene: What to draw.
            resting: The ids of parts that stay as they are drawn, but for their colours.
        """
        before, self._scene = _arrangement(self._scene), scene
        theme = theme_of(self.app.theme)
        for part in self._parts:
            part.use_theme(theme)
            if part.id not in resting:
                part.show(scene)
        if _arrangement(scene) != before:
            self._arrange()

    def _arrange(self) -> None:
        """Put each part in its place, or out of sight."""
        is_preparing, view = preparing(self._scene.run), self._scene.view
        layout = layout_for(*self.size, view, _contents(self._scene))
        self.digits.digit_layout = layout.digit_layout
        for part in self._parts:
            _place(part, _region(str(part.id), layout, is_preparing=is_preparing))
        self._place_toasts(toasts_in(layout, is_preparing=is_preparing))

    def _place_toasts(self, region: Region | None) -> None:
        """Keep toasts within these cells of the screen."""
        columns, rows = self.size
        region = region or Region(0, 0, columns, rows)
        self.toast_columns = region.width - TOAST_FRAME
        for rack in self.query("ToastRack"):
            # It is docked to the bottom, so its place is what is left free around it.
            rack.styles.margin = 0, columns - region.right, rows - region.bottom, region.x
            rack.styles.max_height = region.height


def _contents(scene: Scene) -> Contents:
    """What of the scene decides how much room its parts need."""
    newest = scene.run.quality.newest
    known: Literal["distances", "census"] = "census" if has_census(newest) else "distances"
    return Contents(
        captioned=scene.picture is not None or scene.view.enlarged or is_raw(scene),
        sparklines=sparkline_rows(scene),
        # Before its first samples nobody knows whether a recorded run will have any.
        has_images=not scene.run.is_recorded or scene.run.images is not None,
        machine=wanted_rows(scene.machines, scene.run.progress),
        quality="unknown" if newest is None else known,
    )


def _arrangement(scene: Scene) -> tuple[object, ...]:
    """The parts of a scene that decide where the widgets go."""
    view = scene.view
    chosen = (view.glyphs, view.enlarged, view.full_screen)
    return (preparing(scene.run), _contents(scene), *chosen)


def _region(name: str, layout: ScreenLayout, *, is_preparing: bool) -> Region | None:
    """Where a part goes; until the first step the preparation is shown in place of the body."""
    is_hidden = name not in (*_ALWAYS, "preparation") if is_preparing else name == "preparation"
    region: Region | None = None if is_hidden else getattr(layout, name)
    return region


def _place(widget: Widget, region: Region | None) -> None:
    """Give a widget its cells of the screen, or hide it."""
    widget.display = region is not None
    if region is not None:
        widget.styles.offset = region.offset
        widget.styles.width, widget.styles.height = region.size
