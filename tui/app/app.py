"""The dashboard as an app: a run's state, a view of it, and keys that become commands.

It never predicts. A key that steers sends a command, and the screen changes when the event arrives;
a key that changes only the view takes effect at once. The app knows a run only as a `Source`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, TextIO

from gan import events
from gan.commands import COMMANDS
from gan.exchange.event_buffer import ShownAnew
from gan.machine.monitor import MachineMonitor
from tui.app.action_palette import ActionPalette, ActionProvider
from tui.app.announcer import Announcer
from tui.app.copier import Copier
from tui.app.exporter import Exporter
from tui.app.failing import FailingApp
from tui.app.grid_player import GridPlayer
from tui.app.painter import Painter
from tui.app.quitter import Quitter
from tui.app.steering import Steering, action_name
from tui.app.terminal_app import TerminalApp
from tui.app.view_saver import ViewSaver
from tui.keys.bindings import BINDINGS
from tui.keys.keymap import remapped
from tui.model import view_actions
from tui.model.alerts import window_title
from tui.model.catching_up import CatchingUp
from tui.model.charted import charted
from tui.model.run_state import RunState, apply, with_line, with_output
from tui.screens.dashboard import Dashboard
from tui.screens.help import HelpScreen
from tui.screens.log_screen import LogScreen
from tui.screens.series_dialog import SeriesDialog
from tui.settings.settings import Settings
from tui.style.themes import next_theme
from tui.terminal.signal_flags import SignalFlags
from tui.widgets.preparation import stage_seconds
from tui.widgets.scene_view import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.events import Key

    from gan.commands import Command
    from gan.events import Event
    from gan.readings import WorkerReading
    from tui.model.log_lines import LogLine
    from tui.model.source import Source
    from tui.model.view import View
    from tui.terminal.background import BackgroundReported
    from tui.terminal.driver import InputFailed
    from tui.widgets.digit_grid import DigitGrid
    from tui.widgets.loss_chart import LossChart

_MEASURE_SECONDS: Final = 1.0


class GanTuiApp(FailingApp, TerminalApp):
    """Shows one run and steers it."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    COMMANDS: ClassVar = {ActionProvider}
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(
        self,
        source: Source,
        *,
        settings: Settings | None = None,
        python_stderr: TextIO | None = None,
        driver_class: type[Driver] | None = None,
        signals: SignalFlags | None = None,
    ) -> None:
        """Show a run; nothing is drawn yet.

        Args:
            source: The run: where its events come from and its commands go.
            settings: How to show it; the defaults if `None`.
            python_stderr: Where warnings of other threads go. Textual would show them to nobody.
            driver_class: Holds the terminal; `None` is Textual's own choice.
            signals: When to leave, as signals and options ask.
        """
        super().__init__(driver_class=driver_class)
        self.clock: Callable[[], float] = time.time
        """Seconds since the Unix epoch."""

        self._source, self._python_stderr = source, python_stderr
        self._settings = settings or Settings()
        self.state = with_output(RunState(), self._settings.notes, is_note=True)
        """The run after the events so far. It stays readable after the end."""
        self.view = self._settings.view
        self.use_theme(self.view.theme)
        self._steering = Steering(source)
        self._monitor = MachineMonitor(pid=self._steering.training_pid)
        self._machines: tuple[WorkerReading, ...] = ()
        self._catching_up = CatchingUp()
        self._dashboard = Dashboard(self._settings.depth)
        rates, phase = self._settings.rates, lambda: self.state.progress.phase
        self._painter = Painter(self, self._dashboard, rates, self._scene, phase)
        self._exporter = Exporter(self, source.export, self._scene, self._log_line)
        self._copier = Copier(self, self._scene, os.environ)
        self._player = GridPlayer(self, source.read_grid, self._painter, self._next_grid)
        self._announcer = Announcer(self, source.has_asked)
        self._saver = ViewSaver(self, self._settings.remember, self._note)
        flags = signals or SignalFlags()
        self._quitter = Quitter(self, self._painter, self._send, flags, source.viewing)

    def get_default_screen(self) -> Dashboard:
        """The one screen under everything else."""
        return self._dashboard

    @property
    def toast_columns(self) -> int:
        """Cells of a row of a toast's text, on the dashboard or over it."""
        return self._dashboard.toast_columns

    def on_mount(self) -> None:
        """Start the timers."""
        if self._python_stderr is not None:
            # Textual has put its own stream in place by now, and restores the former at the end.
            sys.stderr = self._python_stderr
        self.set_keymap(dict(self._settings.keymap))
        self._painter.start(self._tick)
        self.set_interval(_MEASURE_SECONDS, self._measure)

    def on_unmount(self) -> None:
        """Close the machine's counters."""
        self._monitor.close()

    def on_terminal_gone(self) -> None:
        """Leave a terminal that has hung up."""
        self._quitter.leave()

    def on_input_failed(self, message: InputFailed) -> None:
        """Note that a piece of input was dropped."""
        self._note(message.reason)
        self._painter.owe()

    def on_digit_grid_clicked(self, message: DigitGrid.Clicked) -> None:
        """Enlarge the digit, or go back to all of them."""
        digit = self.view.digit if message.digit is None else message.digit
        self._change_view(replace(self.view, enlarged=message.digit is not None, digit=digit))

    def on_loss_chart_pointed(self, message: LossChart.Pointed) -> None:
        """Put the chart's cursor there."""
        self._change_view(replace(self.view, cursor=message.step))

    def on_loss_chart_scrolled(self, message: LossChart.Scrolled) -> None:
        """Zoom with the wheel."""
        self.action_view("zoom", 2 * message.by)

    def on_key(self, event: Key) -> None:
        """Say why a key that would steer the run does nothing."""
        bindings = self._bindings.key_to_bindings.get(event.key, [])
        why = self._steering.refusal(bindings, self.state)
        if len(self.screen_stack) == 1 and why:
            title = "Not asked" if self._steering.asks(bindings) else "Nothing to show"
            self.notify(why, title=title, severity="warning")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now: pause or unpause, and nothing once the run has ended."""
        name, stopping = action_name(action, parameters), self._quitter.is_stopping
        return self._steering.offers(name, self.state, stopping=stopping)

    def action_ask(self, name: str) -> None:
        """Send a command to the run."""
        self._send(COMMANDS[name])

    def action_interpolate(self) -> None:
        """Ask for an interpolation to sixteen new latents; stop it if it plays."""
        if self._player.is_interpolating:
            self._player.stop_interpolation()
        else:
            self.action_ask("interpolate")

    def action_view(self, name: str, by: int = 0) -> None:
        """Change the view, by the name of an action in `view_actions`."""
        columns = self._dashboard.chart.plot_columns
        self._change_view(view_actions.acted(name, self.view, self.state, by, columns=columns))

    def action_next_theme(self) -> None:
        """Change the colours."""
        self.use_theme(next_theme(self.shown_theme))
        self._change_view(replace(self.view, theme=self.shown_theme))

    def on_background_reported(self, message: BackgroundReported) -> None:
        """Draw for the terminal's background."""
        self.know_background(is_light=message.is_light)
        self._painter.paint()

    def action_play(self) -> None:
        """Play the run's grids from the one that is shown, or from the first; or stop."""
        is_start = bool(self.state.grids) and not self._player.is_playing
        if is_start and self.view.grid is None:
            self.action_view("first_grid")
        if is_start or self._player.is_playing:
            self._player.toggle()

    def action_play_rate(self, by: int) -> None:
        """Play slower or faster."""
        self._player.change_rate(by)

    async def action_log(self) -> None:
        """Show the whole log."""
        await self.open(LogScreen())
        self._painter.paint()

    async def action_export(self) -> None:
        """Ask what to export, and write it."""
        if self.state.progress.run_dir:
            await self._exporter.ask()

    async def action_choose_series(self) -> None:
        """Ask which series the chart shows."""
        dialog = SeriesDialog(self.state, charted(self.view, self.state))
        await self.open(dialog, self._show_series)

    def _show_series(self, names: tuple[str, ...] | None) -> None:
        self._change_view(replace(self.view, series=names or ()))

    async def action_copy(self) -> None:
        """Ask what to copy, and send it to the terminal's clipboard."""
        await self._copier.ask()

    async def action_help(self) -> None:
        """Show every key that does something here."""
        bindings = remapped(BINDINGS, self._settings.keymap)
        applicable = self._steering.applicable(bindings, self.state)
        await self.open(HelpScreen(applicable, note=self._steering.why_not))

    async def action_command_palette(self) -> None:  # type: ignore[override]  # Textual awaits it
        """Show every action by its name."""
        if not isinstance(self.screen, ActionPalette):
            await self.open(ActionPalette())

    async def action_quit(self) -> None:
        """Leave, after asking how to end a run that has not ended."""
        await self._quitter.ask(self.state.progress)

    def _send(self, command: Command) -> None:
        self._source.send(command)
        self._painter.hurry()

    def _tick(self) -> None:
        """Take what has happened into the state, and have it drawn when there is room."""
        if self._quitter.obey_signals(self.state.progress):
            return
        earlier = self._source.earlier()
        self.state = self._catching_up.take(self.state, earlier)
        if self._catching_up.is_behind:
            self._painter.hurry()
        happened = [] if self._catching_up.is_behind else self._source.drain()
        self.state = reduce(apply, happened, self.state)
        if any(isinstance(event, ShownAnew) for event in earlier):
            self._quitter.begin_anew()
            self._show_anew()
        for event in happened:
            self._react(event)
            self._announcer.announce(event)
        if self._steering.has_news():
            self._painter.owe()
            self.refresh_bindings()
        self._painter.update([*earlier, *happened])
        self._quitter.update(self.state.progress)

    def _show_anew(self) -> None:
        """Forget what was shown of the run."""
        self._player.forget()
        self._change_view(replace(self.view, grid=None, cursor=None))

    def _react(self, event: Event) -> None:
        """What an event does besides changing the state."""
        if isinstance(event, events.LatentsInterpolated):
            self._player.interpolate(event)
        elif isinstance(event, events.RolledBack):
            self._show_anew()

    def _scene(self) -> Scene:
        """What there is to draw now."""
        # This machine's clock says nothing of a process on another, or of one that is gone.
        is_timed = self._steering.training_pid() is not None
        return Scene(
            run=self.state,
            view=self.view,
            picture=self._player.picture(self.state, self.view),
            is_stopping=self._quitter.is_stopping,
            reading=self._monitor.reading,
            machines=self._machines,
            viewing=self._source.viewing(),
            phase_seconds=stage_seconds(self.state, self.clock()) if is_timed else None,
        )

    def _change_view(self, view: View) -> None:
        """Show the run in this view from now on, and remember its choices."""
        before, self.view = self.view, view
        if view is before:
            return
        if view.grid is not None and view.grid != before.grid:
            self._player.open(self.state, view.grid)
        self._saver.changed(before, view)
        self._painter.paint()

    def _note(self, text: str) -> None:
        """Add a warning of this screen's own to the log."""
        self.state = with_output(self.state, [text], is_note=True)

    def _log_line(self, line: LogLine) -> None:
        """Add a line of this screen's own to the log."""
        self.state = with_line(self.state, line)
        self._painter.owe()

    def _next_grid(self) -> bool:
        """Show the run's next grid; returns whether there was one."""
        self.action_view("grid", 1)
        return self.view.grid is not None

    async def _measure(self) -> None:
        """Once a second, in other threads: read the machine, and what libraries printed."""
        await asyncio.to_thread(self._monitor.read)
        self._machines = self._source.machines()
        lines = await asyncio.to_thread(self._source.output)
        self.state = with_output(self.state, lines)
        self._painter.owe()
        self._painter.name_window(window_title(self.state.progress))
