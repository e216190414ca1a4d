"""The screen of a comparison: figures on top, charts below them, digits side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.geometry import Region
from textual.screen import Screen

from tui.model.comparison import ComparisonScene
from tui.style.themes import theme_of
from tui.widgets.comparison_charts import ComparisonCharts
from tui.widgets.comparison_grids import ComparedGrids, GridCaptions
from tui.widgets.comparison_table import ComparisonTable, ComparisonTitle
from tui.widgets.difference_list import DifferenceList
from tui.widgets.key_bar import KeyBar
from tui.widgets.size_notice import SizeNotice

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from tui.render.greys import Depth
    from tui.widgets.scene_view import RowsView

MIN_COLUMNS: Final = 50
MIN_ROWS: Final = 16
"""Below this size only a notice is shown."""

_CHART_ROWS: Final = 6
"""Minimum height of the charts, with their heading."""

_DIGIT_ROWS: Final = 4
"""Minimum height of the digits without their caption."""


class ComparisonScreen(Screen[None]):
    """Places the parts for the terminal's size, and hands each the scene."""

    def __init__(self, depth: Depth = "greys") -> None:
        super().__init__()
        self._scene = ComparisonScene()
        # Held, and not queried: a timer may still ask for them while the screen is being closed.
        self._grids = ComparedGrids(id="digits")
        self._grids.depth = depth
        self.list = DifferenceList(id="differences")
        self._parts = [
            ComparisonTitle(id="header"),
            ComparisonTable(id="table"),
            ComparisonCharts(id="charts"),
            GridCaptions(id="captions"),
            self._grids,
            self.list,
        ]
        self._widgets: list[RowsView[Any]] = [
            *self._parts,
            KeyBar(id="keys"),
            SizeNotice(MIN_COLUMNS, MIN_ROWS, id="notice"),
        ]
        """The parts, and what needs no scene of a comparison."""

    def compose(self) -> ComposeResult:
        """Every part; which of them are visible, and where, follows from size and scene."""
        yield from self._widgets

    def on_resize(self) -> None:
        """Find the places for a new size."""
        self._arrange()

    def show(self, scene: ComparisonScene) -> None:
        """Draw this scene from now on."""
        before, self._scene = _arrangement(self._scene), scene
        theme = theme_of(self.app.theme)
        for widget in self._widgets:
            widget.use_theme(theme)
        for part in self._parts:
            part.show(scene)
        if _arrangement(scene) != before:
            self._arrange()

    def _arrange(self) -> None:
        """Put each part in its place, or out of sight."""
        places = places_for(*self.size, self._scene)
        for widget in self._widgets:
            _place(widget, places.get(str(widget.id)))


def places_for(width: int, height: int, scene: ComparisonScene) -> dict[str, Region]:
    """Where each visible part goes in a terminal of this size."""
    if width < MIN_COLUMNS or height < MIN_ROWS:
        return {"notice": Region(0, 0, width, height)}
    head = len(scene.runs) + 3 + bool(scene.notes)
    body = max(height - head - 1, 0)
    places = {
        "header": Region(0, 0, width, 1),
        "table": Region(0, 1, width, min(head, height - 1) - 1),
        "keys": Region(0, height - 1, width, 1),
    }
    if scene.view.lists_differences:
        return {**places, "differences": Region(0, head, width, body)}
    if scene.step is None or body < _CHART_ROWS + 1 + _DIGIT_ROWS:
        return {**places, "charts": Region(0, head, width, body)}
    digits = max(body // 2 - 1, _DIGIT_ROWS)
    # Another row or two may be room for another row of the smallest digits.
    digits += min(-digits % _DIGIT_ROWS, max(body - 1 - digits - _CHART_ROWS, 0), 2)
    charts = body - digits - 1
    return {
        **places,
        "charts": Region(0, head, width, charts),
        "captions": Region(0, head + charts, width, 1),
        "digits": Region(0, head + charts + 1, width, digits),
    }


def _arrangement(scene: ComparisonScene) -> tuple[object, ...]:
    """The parts of a scene that decide where the widgets go."""
    has_digits = scene.step is not None
    return len(scene.runs), bool(scene.notes), has_digits, scene.view.lists_differences


def _place(widget: Widget, region: Region | None) -> None:
    """Give a widget its cells of the screen, or hide it."""
    widget.display = region is not None and region.area > 0
    if region is not None:
        widget.styles.offset = region.offset
        widget.styles.width, widget.styles.height = region.size
