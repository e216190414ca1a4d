"""The dashboard as an application: a timer, the run's state, and keys that become commands.

It never predicts. A key sends a command; the screen changes when the event arrives. A key that only
looks changes the view at once. It knows a run only as a `Source`, so a live run and a test look
alike to it.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import reduce
from pathlib import Path
from time import monotonic, thread_time
from typing import TYPE_CHECKING, ClassVar, Final, TextIO

from gan import events
from gan.commands import COMMANDS
from gan.events import Phase
from tui.app.action_palette import ActionProvider
from tui.app.looking import LookingApp
from tui.keys.bindings import BINDINGS, is_offered
from tui.keys.keymap import remapped
from tui.model.alerts import alert_of, window_title
from tui.model.interpolation import FRAMES_PER_SECOND
from tui.model.run_state import apply, with_output
from tui.screens.help import HelpScreen
from tui.screens.quit_dialog import QuitDialog
from tui.settings.settings import Settings
from tui.terminal.cores import usable_cores
from tui.terminal.driver import hardened_driver
from tui.terminal.pacing import Pacing
from tui.terminal.signal_flags import SignalFlags

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.timer import Timer

    from gan.commands import Command, Stop
    from gan.events import Event
    from tui.model.machine import MachineMonitor, MachineReading
    from tui.model.source import Source
    from tui.screens.dashboard import Dashboard

_HURRY_SECONDS: Final = 0.01
"""How often events are looked for right after a command, so that its effect shows at once."""

_HURRY_TICKS: Final = 100
_ANSWERS: Final = (events.Paused, events.Unpaused, events.Resampled, events.RunFinished)
"""What a key has brought about; a checkpoint is told of by a toast."""

_CATCH_UP_SECONDS: Final = 0.02
_MOST_AT_ONCE: Final = 30_000
"""Bytes of digits in one frame: a whole grid without noise at 120x40."""

_MEASURE_SECONDS: Final = 1.0
_COVERED_SECONDS: Final = 1.0


class GanTuiApp(LookingApp):
    """Shows one run and steers it. `state` stays readable after the end."""

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
        orders: SignalFlags | None = None,
    ) -> None:
        """Show a run.

        Args:
            source: The run: where its events come from and its commands go.
            settings: How to show it; the defaults where they are not given.
            python_stderr: Where a warning or traceback of another thread goes while the screen is
                up. Textual would take it, and show it to nobody.
            driver_class: Holds the terminal; none is Textual's own choice.
            orders: What signals have asked of the screen; none where nobody listens to them.
        """
        super().__init__(source, settings or Settings(), driver_class)
        self._python_stderr = python_stderr
        self._monitor: MachineMonitor | None = None
        self._governor = Pacing(
            self._settings.rates,
            clock=monotonic,
            sent=self._sent,
            backlog=self._backlog,
            # Of this thread alone: the rest of the process is the training.
            processor=thread_time,
            cores=usable_cores(),
        )
        self._orders = orders or SignalFlags()
        self._hurried = 0
        self._hurry: Timer | None = None
        self._catching_up: Timer | None = None
        self._walking: Timer | None = None
        self._title = ""

    def get_default_screen(self) -> Dashboard:
        """The one screen that everything else lies over."""
        return self._dashboard

    def on_mount(self) -> None:
        """Begin to look for events."""
        if self._python_stderr is not None:
            # Textual has put its own stream in place by now, and puts the former back at the end.
            sys.stderr = self._python_stderr
        self.set_keymap(dict(self._settings.keymap))
        self.state = with_output(self.state, self._settings.notes, is_note=True)
        self.set_interval(1 / self._settings.rates.frames, self._tick)
        self._hurry = self.set_interval(_HURRY_SECONDS, self._hurried_tick, pause=True)
        # These sleep while there is nothing for them: fifty calls a second are not free.
        self._catching_up = self.set_interval(_CATCH_UP_SECONDS, self._catch_up, pause=True)
        self._walking = self.set_interval(1 / FRAMES_PER_SECOND, self._show_walk, pause=True)
        self.set_interval(_MEASURE_SECONDS, self._measure)

    def on_unmount(self) -> None:
        """Let go of the machine's counters."""
        if self._monitor is not None:
            self._monitor.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now: pause or resume, and nothing of a run that has ended."""
        name = str(parameters[0]) if action == "ask" else action
        if name not in COMMANDS:
            return True
        return is_offered(name, self.state.progress, stopping=self._stop_sent)

    def on_terminal_gone(self) -> None:
        """Leave a terminal that is not there any more."""
        self._orders.leave = True
        self.exit()

    def action_ask(self, name: str) -> None:
        """Ask something of the run."""
        self._send(COMMANDS[name])

    def action_interpolate(self) -> None:
        """Ask for the way to sixteen new latents; while it plays, stop it."""
        if self._projector.is_interpolating:
            self._projector.end_walk()
            self._show()
        else:
            self.action_ask("interpolate")

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(remapped(BINDINGS, self._settings.keymap)))

    async def action_quit(self) -> None:
        """Leave at once if the run has ended; else ask how it is to end, and again if asked to.

        Whoever chose to finish the epoch may change their mind.
        """
        if self.state.progress.ended:
            self.exit()
        elif not isinstance(self.screen, QuitDialog):
            self.push_screen(QuitDialog(), self._stop)

    def _stop(self, command: Stop | None) -> None:
        """Ask the run to end. The application leaves when the run says that it has."""
        if command is None:
            return
        if self.state.progress.ended:
            self.exit()
            return
        self._stop_sent = True
        self._send(command)
        self._show()

    def _send(self, command: Command) -> None:
        """Hand it to the run, and look out for its effect."""
        self._source.send(command)
        self._hurried = _HURRY_TICKS
        if self._hurry is not None:
            self._hurry.resume()

    def _hurried_tick(self) -> None:
        self._hurried -= 1
        self._tick()
        if self._hurried <= 0 and self._hurry is not None:
            self._hurry.pause()

    def _tick(self) -> None:
        """Take what has happened into the state, and draw it when the link has room."""
        if self._orders.leave or (self._orders.stopping and self.state.progress.ended):
            self.exit()
            return
        self._governor.observe()
        happened = self._source.drain()
        before = self.state
        self.state = reduce(apply, happened, self.state)
        for event in happened:
            self._react(event)
        self._is_owed |= bool(happened)
        if any(isinstance(event, _ANSWERS) for event in happened) and not self._backlog():
            # Whoever pressed a key does not wait for the budget.
            self._hurried = 0
            self._show()
        elif (self._is_owed or self._is_rest_owed) and self._is_seen() and self._may_draw():
            self._show(digits=self._governor.may_draw_digits(self.size.area))
        if self._is_unsent() and self._catching_up is not None:
            self._catching_up.resume()
        if self.state.progress.ended and not before.progress.ended:
            self._run_ended()

    def _may_draw(self) -> bool:
        is_training = self.state.progress.phase is Phase.TRAINING
        return self._governor.may_draw(self.size.area, sparing=is_training)

    def _is_seen(self) -> bool:
        """Whether it is time: under a dialog the whole screen is sent anew for each change."""
        covered = len(self.screen_stack) > 1
        return not covered or monotonic() - self._shown_at >= _COVERED_SECONDS

    def _react(self, event: Event) -> None:
        """What an event does beside changing the state."""
        if isinstance(event, events.LatentsInterpolated):
            self._projector.walk(event)
            if self._walking is not None:
                self._walking.resume()
        elif isinstance(event, events.RolledBack):
            self._projector.forget()
            self._look(replace(self.view, grid=None, cursor=None))
        alert = alert_of(event)
        if alert is not None:
            self.notify(alert.message, title=alert.title, severity=alert.severity, markup=False)
            if alert.rings:
                self.bell()

    def _show(self, *, digits: bool = True) -> None:
        """As it is; on a link that waits the digits come after the numbers, and by themselves."""
        part = self._governor.part(_MOST_AT_ONCE)
        self._dashboard.send_in_parts(part if part == _MOST_AT_ONCE else 0)
        self._dashboard.keep_chart(self._governor.chart_seconds)
        super()._show(digits=digits)

    def _show_walk(self) -> None:
        if self._projector.is_interpolating:
            if self._may_draw():
                self._show()
        elif self._walking is not None:
            self._walking.pause()

    async def _measure(self) -> None:
        """Once a second, off this thread: the machine's numbers, and what libraries printed."""
        reading = await asyncio.to_thread(self._read_machine)
        lines = await asyncio.to_thread(self._source.output)
        if lines:
            self.state = with_output(self.state, lines)
            self._is_owed = True
        if not self._backlog():
            self._dashboard.reading = reading
            self._name_window()

    def _read_machine(self) -> MachineReading | None:
        """The machine now; the first time none, but what the next one is compared with."""
        if self._monitor is None:
            # Here, because what it imports takes a twentieth of the time to the first frame.
            from tui.model.machine import MachineMonitor

            self._monitor = MachineMonitor()
            return None
        return self._monitor.read()

    def _name_window(self) -> None:
        driver, title = hardened_driver(self), window_title(self.state.progress)
        if driver is not None and title != self._title:
            self._title = title
            driver.set_title(title)

    def _catch_up(self) -> None:
        """The rest of the digits, when the terminal has taken all else that it was to be given."""
        self._governor.observe()
        if not self._backlog() and not self._is_owed:
            self._dashboard.send_in_parts(self._governor.part(_MOST_AT_ONCE))
            self._dashboard.catch_up()
        if not self._is_unsent() and self._catching_up is not None:
            self._catching_up.pause()

    def _is_unsent(self) -> bool:
        """Whether the terminal has something to take still."""
        return self._backlog() > 0 or self._dashboard.is_incomplete

    def _run_ended(self) -> None:
        """Leave, once the end has been drawn, if nobody wants to look at it any more."""
        if self._stop_sent or self.state.progress.phase is Phase.FAILED:
            self.call_after_refresh(self.exit)
