"""Looking at a run: what is shown of it, and what a person does with that and not with the run.

The lower half of the application, apart from it because nothing here reaches the training: grids
are opened and played, the chart is read, files are written, choices remembered.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.app import App

from gan.errors import GanTuiError
from gan.text.safe_text import safe_text
from tui.app.grid_cache import GridCache
from tui.app.grid_player import GridPlayer
from tui.model import view_actions
from tui.model.interpolation import RATES, rate_beside
from tui.model.run_state import RunState, with_output
from tui.model.source import ExportRequest
from tui.model.view import Scene, shown_images, shown_step
from tui.screens.dashboard import Dashboard
from tui.screens.export_dialog import ExportDialog
from tui.screens.log_screen import LogScreen
from tui.style.themes import THEMES, next_theme
from tui.terminal.driver import hardened_driver

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.timer import Timer

    from tui.model.source import ExportKind, Source
    from tui.model.view import View
    from tui.settings.settings import Settings
    from tui.widgets.digit_grid import DigitGrid
    from tui.widgets.loss_chart import LossChart


class LookingApp(App[None]):
    """Shows a run as it is looked at. `state` stays readable after the end."""

    def __init__(
        self, source: Source, settings: Settings, driver_class: type[Driver] | None
    ) -> None:
        """Show a run; nothing is drawn yet.

        Args:
            source: Where grids are read and files written.
            settings: How to show it.
            driver_class: Holds the terminal; none is Textual's own choice.
        """
        super().__init__(driver_class=driver_class)
        self.state = RunState()
        """The run after the events so far."""

        self.view = settings.view
        """How the person looks at it."""

        for theme in THEMES.values():
            self.register_theme(theme.theme)
        self.theme = THEMES[self.view.theme].theme.name
        self._source = source
        self._settings = settings
        self._dashboard = Dashboard(settings.depth)
        self._projector = GridPlayer(GridCache(source.grid), monotonic)
        self._stop_sent = False
        self._shown_at = float("-inf")
        self._is_owed = False
        """Whether something has happened that is not drawn yet."""

        self._is_rest_owed = False
        """Whether the digits or the chart are older than what is drawn beside them."""

        self._film: Timer | None = None
        self._rate = RATES[2]

    def on_digit_grid_clicked(self, message: DigitGrid.Clicked) -> None:
        """Open the digit, or go back to all of them."""
        if message.digit is None:
            self._look(replace(self.view, enlarged=False))
        else:
            self._look(replace(self.view, enlarged=True, digit=message.digit))

    def on_loss_chart_pointed(self, message: LossChart.Pointed) -> None:
        """Read the chart there."""
        self._look(replace(self.view, cursor=message.step))

    def on_loss_chart_scrolled(self, message: LossChart.Scrolled) -> None:
        """Zoom with the wheel."""
        self.action_view("zoom", 2 * message.by)

    def action_view(self, name: str, by: int = 0) -> None:
        """ColorTheme at the run in another way."""
        columns = self._dashboard.plot_columns
        self._look(view_actions.acted(name, self.view, self.state, by, columns=columns))

    def action_next_theme(self) -> None:
        """Change the colours."""
        self._look(replace(self.view, theme=next_theme(self.view.theme)))
        self.theme = THEMES[self.view.theme].theme.name

    def action_play(self) -> None:
        """Play the run's grids from the one that is shown, or from the first; or stop."""
        if self._film is not None:
            self._stop_film()
        elif self.state.grids:
            if self.view.grid is None:
                self.action_view("first_grid")
            self._film = self.set_interval(1 / self._rate, self._next_grid)

    def action_play_rate(self, by: int) -> None:
        """Play slower or faster."""
        self._rate = rate_beside(self._rate, by)
        self.notify(f"{self._rate:g} grids a second", title="Film", timeout=2, markup=False)
        if self._film is not None:
            self._film.stop()
            self._film = self.set_interval(1 / self._rate, self._next_grid)

    def action_log(self) -> None:
        """Show the whole log."""
        screen = LogScreen()
        self.push_screen(screen)
        screen.show(self.state.log)

    def action_export(self) -> None:
        """Ask what to write, and write it."""
        if self.state.progress.run_dir:
            svg = self.export_screenshot()
            self.push_screen(ExportDialog(), lambda kind: self._export(kind, svg))

    def _look(self, view: View) -> None:
        """ColorTheme in this way from now on, and remember it."""
        before, self.view = self.view, view
        if view is before:
            return
        if view.grid is not None and view.grid != before.grid:
            # A callable: a coroutine that is cancelled before it begins warns of itself.
            opening: Any = partial(self._open_grid, view.grid)
            self.run_worker(opening, group="grid", exclusive=True)
        if view.preferences != before.preferences:
            keeping: Any = partial(self._remember, view)
            self.run_worker(keeping, group="remember", exclusive=True)
        self._show()

    async def _remember(self, view: View) -> None:
        """Keep the choices for the next time; a disk that refuses is worth a line, and no more."""
        if self._settings.remember is None:
            return
        try:
            await asyncio.to_thread(self._settings.remember, view)
        except OSError as error:
            note = f"this way to look is not remembered: {error.strerror}"
            self.state = with_output(self.state, [note], is_note=True)

    async def _open_grid(self, place: int) -> None:
        try:
            await self._projector.open(self.state, place)
        except GanTuiError as error:
            self._fail("Grid", error)
            self._stop_film()
        self._show()

    def _next_grid(self) -> None:
        """The film's next grid; after the last it is over."""
        if self._backlog():
            return
        self.action_view("grid", 1)
        if self.view.grid is None:
            self._stop_film()

    def _stop_film(self) -> None:
        if self._film is not None:
            self._film.stop()
            self._film = None

    def _export(self, kind: ExportKind | None, svg: str) -> None:
        if kind is None:
            return
        scene = self._scene()
        if kind == "grid" and scene.picture is not None and scene.picture.step is None:
            self.notify("Real images are not the run's: v shows its own.", title="Export")
            return
        request = ExportRequest(
            kind=kind,
            step=self.state.progress.step if kind != "grid" else shown_step(scene),
            images=shown_images(scene),
            svg=svg if kind == "screen" else "",
        )
        self.run_worker(self._write(request), group="export")

    async def _write(self, request: ExportRequest) -> None:
        try:
            path = await asyncio.to_thread(self._source.export, request)
        except GanTuiError as error:
            self._fail("Export", error)
        else:
            self.notify(path, title="Written", markup=False, timeout=8)

    def _fail(self, title: str, error: GanTuiError) -> None:
        self.notify(safe_text(str(error)), title=title, severity="error", markup=False)

    def _scene(self) -> Scene:
        return Scene(
            run=self.state, view=self.view, picture=self._projector.picture(self.state, self.view)
        )

    def _show(self, *, digits: bool = True) -> None:
        """Draw the scene as it is; without the digits they stay as they were, and are owed."""
        self._shown_at = monotonic()
        self._dashboard.show(self._scene(), stopping=self._stop_sent, digits=digits)
        self._is_owed = False
        self._is_rest_owed = not digits or self._dashboard.is_behind
        for screen in self.screen_stack:
            if isinstance(screen, LogScreen):
                screen.show(self.state.log)

    def _sent(self) -> int:
        driver = hardened_driver(self)
        return 0 if driver is None else driver.sent

    def _backlog(self) -> int:
        driver = hardened_driver(self)
        return 0 if driver is None else driver.backlog
