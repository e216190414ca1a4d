"""The dashboard: a scene in one screen, at any size.

It holds no state of the run but the last it was given, and knows neither where events come from nor
where commands go: the application shows it scenes, and its bindings are the application's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.model.view import Scene
from tui.screens.layout import MIN_COLUMNS, MIN_ROWS, ScreenLayout, layout_for
from tui.style.themes import THEMES
from tui.widgets.digit_grid import Caption, DigitGrid
from tui.widgets.header import Header
from tui.widgets.key_bar import KeyBar
from tui.widgets.log_pane import LogPane
from tui.widgets.loss_chart import LossChart
from tui.widgets.machine_strip import MachineStrip
from tui.widgets.preparation import Preparation, preparing
from tui.widgets.size_notice import SizeNotice
from tui.widgets.sparklines import Sparklines
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Region
    from textual.widget import Widget

    from tui.model.machine import MachineReading
    from tui.render.greys import Depth
    from tui.widgets.scene_view import SceneView

_BODY = ("sparklines", "machine", "chart", "digits", "caption", "log")


class Dashboard(Screen[None]):
    """Places the parts for the terminal's size, and hands each the scene."""

    def __init__(self, depth: Depth = "greys") -> None:
        super().__init__()
        self._scene = Scene()
        self._header = Header(id="header")
        self._digits = DigitGrid(id="digits")
        self._digits.depth = depth
        self._chart = LossChart(id="chart")
        # Without colours D and G are told apart by their lines.
        self._chart.distinct = depth == "mono"
        self._machine = MachineStrip(id="machine")
        # Held, and not looked for: a timer may still ask for them while the screen is being closed.
        self._parts: list[SceneView] = [
            self._header,
            Preparation(id="preparation"),
            Sparklines(id="sparklines"),
            self._machine,
            self._chart,
            self._digits,
            Caption(id="caption"),
            LogPane(id="log"),
            StatusLine(id="status"),
            KeyBar(id="keys"),
            SizeNotice(MIN_COLUMNS, MIN_ROWS, id="notice"),
        ]

    def compose(self) -> ComposeResult:
        """Every part; which are visible, and where, follows from size and state."""
        yield from self._parts

    def on_resize(self) -> None:
        """Find the places for a new size."""
        self._arrange()

    @property
    def plot_columns(self) -> int:
        """Columns of the chart's plot; 0 where it is not shown."""
        return self._chart.plot_columns

    @property
    def reading(self) -> MachineReading | None:
        """What the machine was doing when it was last looked at."""
        return self._machine.reading

    @reading.setter
    def reading(self, reading: MachineReading | None) -> None:
        self._machine.reading = reading

    @property
    def is_behind(self) -> bool:
        """Whether the scene has to be shown again: the chart draws less often than the rest."""
        return self._chart.is_behind

    @property
    def is_incomplete(self) -> bool:
        """Whether some digits are still to be sent."""
        return self._digits.is_behind

    def keep_chart(self, seconds: float) -> None:
        """Draw the chart anew after so long at the earliest."""
        self._chart.seconds_kept = seconds

    def send_in_parts(self, most_bytes: int) -> None:
        """Send about so much of the digits at once from now on."""
        self._digits.most_bytes = most_bytes

    def catch_up(self) -> None:
        """Have more of the digits sent, if some are owed."""
        if self._digits.is_behind:
            self._digits.catch_up()

    def show(self, scene: Scene, *, stopping: bool, digits: bool = True) -> None:
        """Draw this scene from now on.

        Args:
            scene: The run after its events so far, and how it is looked at.
            stopping: Whether the run has been asked to stop.
            digits: Whether the digits are drawn too, and not left as they are.
        """
        before, self._scene = _arrangement(self._scene), scene
        self._header.stopping = stopping
        theme = THEMES[scene.view.theme]
        for part in self._parts:
            part.use_theme(theme)
            if digits or not isinstance(part, (DigitGrid, Caption)):
                part.show(scene)
        if _arrangement(scene) != before:
            self._arrange()

    def _arrange(self) -> None:
        """Put each part in its place, or out of sight."""
        on_the_way, view = preparing(self._scene.run), self._scene.view
        layout = layout_for(*self.size, view, captioned=_is_captioned(self._scene))
        self._digits.digit_layout = layout.digit_layout
        for part in self._parts:
            _place(part, _region(str(part.id), layout, on_the_way=on_the_way))


def _is_captioned(scene: Scene) -> bool:
    return scene.picture is not None or scene.view.enlarged


def _arrangement(scene: Scene) -> tuple[object, ...]:
    """What of a scene decides where the parts go."""
    view = scene.view
    looks = (view.glyphs, view.enlarged, view.full_screen)
    return (preparing(scene.run), _is_captioned(scene), *looks)


def _region(name: str, layout: ScreenLayout, *, on_the_way: bool) -> Region | None:
    """Where a part goes; until the first step the way there is shown in place of the body."""
    is_hidden = name in _BODY if on_the_way else name == "preparation"
    region: Region | None = None if is_hidden else getattr(layout, name)
    return region


def _place(widget: Widget, region: Region | None) -> None:
    """Give a widget its cells of the screen, or none."""
    widget.display = region is not None
    if region is not None:
        widget.styles.offset = region.offset
        widget.styles.width, widget.styles.height = region.size
