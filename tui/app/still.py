"""The dashboard, or one part of it, as a picture: drawn once, without a terminal, at any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan.errors import GanTuiError
from tui.app.failing import FailingApp, ScreenFailure
from tui.app.terminal_app import TerminalApp
from tui.screens.dashboard import Dashboard
from tui.screens.part import PartScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.choices import Part
    from tui.widgets.scene_view import Scene


class StillApp(FailingApp, TerminalApp):
    """Draws one scene on a screen, takes a picture of it, and ends. It has no keys."""

    CSS_PATH = Path(__file__).with_name("app.tcss")

    def __init__(self, scene: Scene, part: Part = "dashboard") -> None:
        super().__init__()
        self.title = scene.run.progress.name or "gan-tui"
        self.svg = ""
        """The picture, once the app has ended."""

        self._scene = scene
        self._shown = Dashboard() if part == "dashboard" else PartScreen(part)
        self.use_theme(scene.view.theme)

    def get_default_screen(self) -> Dashboard | PartScreen:
        """The one screen."""
        return self._shown

    async def draw(self, pilot: Pilot[object]) -> None:
        """Draw the scene, and leave once all of it is on the screen."""
        self._shown.show(self._scene)
        await pilot.pause()
        # The parts have their places now, and the digits may lack rows that had no size before.
        self._shown.show(self._scene)
        await pilot.pause()
        self.svg = self.export_screenshot()
        self.exit()


def screen_svg(scene: Scene, columns: int, rows: int, part: Part = "dashboard") -> str:
    """A picture of the dashboard or of a part of it as SVG.

    Args:
        scene: What to draw.
        columns: Cells in a row of the screen.
        rows: Rows of the screen.
        part: What fills it.

    Raises:
        GanTuiError: It could not be drawn.
    """
    app = StillApp(scene, part)
    failure = _failure_of(app, columns, rows)
    if failure is not None:
        raise GanTuiError(f"the screen could not be drawn at {columns}x{rows}: {failure.error}.")
    return app.svg


def _failure_of(app: StillApp, columns: int, rows: int) -> ScreenFailure | None:
    """Run the app; returns the error that ended it, if one did."""
    try:
        app.run(headless=True, size=(columns, rows), auto_pilot=app.draw)
    except Exception as error:  # noqa: BLE001 - whatever it is, no picture was drawn
        return ScreenFailure.of(error)
    return app.failure
