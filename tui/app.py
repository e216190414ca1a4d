"""The dashboard as an application: a timer, the run's state, and keys that become commands.

It never predicts. A key sends a command; the screen changes when the event arrives. It knows a run
only as a `Source`, so a live run and a test look alike to it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TextIO

from textual.app import App
from textual.binding import Binding, BindingType

from gan.commands import Pause, Resample, Resume, RollBack, SaveCheckpoint, Stop
from gan.events import Phase
from tui.screens.dashboard import Dashboard
from tui.screens.help import HelpScreen
from tui.screens.quit_dialog import QuitDialog
from tui.state import RunState, apply
from tui.theme import THEME
from tui.view import Scene, View

if TYPE_CHECKING:
    from textual.driver import Driver

    from gan.commands import Command
    from tui.sources import Source

_NEED_A_LIVE_RUN = frozenset({"pause", "resume", "save", "resample", "roll_back"})


@dataclass(slots=True)
class Orders:
    """What the system has asked of the screen. Signal handlers set it, the screen looks at it."""

    leave: bool = False
    """Whether the terminal is to be given up now; the run goes on or not, but unseen."""

    stopping: bool = False
    """Whether the run was asked to stop, and nobody will want to browse its end."""


class GanTuiApp(App[None]):
    """Shows one run and steers it. `state` stays readable after the end."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q",
            "quit",
            "Quit",
            id="quit",
            tooltip="Quit; while the run lives, first ask how it is to end.",
        ),
        # With priority, because Textual's own screens bind these too.
        Binding(
            "ctrl+c,ctrl+q",
            "quit",
            "Quit",
            id="quit",
            show=False,
            priority=True,
            tooltip="Quit; while the run lives, first ask how it is to end.",
        ),
        Binding(
            "question_mark",
            "help",
            "Help",
            id="help",
            key_display="?",
            tooltip="Show every key and what it does.",
        ),
        Binding(
            "space,p",
            "pause",
            "Pause",
            id="pause",
            key_display="space",
            tooltip="Pause the training; every other key still works.",
        ),
        Binding(
            "space,p",
            "resume",
            "Resume",
            id="resume",
            key_display="space",
            tooltip="Go on training after a pause.",
        ),
        Binding(
            "s",
            "save",
            "Save",
            id="save-checkpoint",
            tooltip="Save a checkpoint of the last step.",
        ),
        Binding(
            "r",
            "resample",
            "Resample",
            id="resample",
            tooltip="Draw new latents, and sixteen digits from them.",
        ),
        Binding(
            "b",
            "roll_back",
            "Roll back",
            id="roll-back",
            tooltip="After a loss stopped being a number, go back to the newest checkpoint.",
        ),
    ]

    def __init__(
        self,
        source: Source,
        *,
        frames_per_second: float = 10,
        python_stderr: TextIO | None = None,
        driver_class: type[Driver] | None = None,
        orders: Orders | None = None,
    ) -> None:
        """Show a run.

        Args:
            source: The run: where its events come from and its commands go.
            frames_per_second: How often events are looked for, at most.
            python_stderr: Where a warning or traceback of another thread goes while the screen is
                up. Textual would take it, and show it to nobody.
            driver_class: Holds the terminal; none is Textual's own choice.
            orders: What signals have asked of the screen; none where nobody listens to them.
        """
        super().__init__(driver_class=driver_class)
        self.register_theme(THEME)
        self.theme = THEME.name
        self.state = RunState()
        """The run after the events so far."""

        self.view = View()
        """How the person looks at it."""

        self._source = source
        self._seconds_a_frame = 1 / frames_per_second
        self._python_stderr = python_stderr
        self._dashboard = Dashboard()
        self._stop_sent = False
        self._orders = orders or Orders()

    def get_default_screen(self) -> Dashboard:
        """The one screen that everything else lies over."""
        return self._dashboard

    def on_mount(self) -> None:
        """Begin to look for events."""
        if self._python_stderr is not None:
            # Textual has put its own stream in place by now, and puts the former back at the end.
            sys.stderr = self._python_stderr
        self.set_interval(self._seconds_a_frame, self._tick)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now: pause or resume, and nothing of a run that has ended."""
        del parameters
        if action in _NEED_A_LIVE_RUN and self.state.progress.ended:
            return False
        diverged = self.state.progress.diverged_step is not None
        if action in {"pause", "resume", "save"} and diverged:
            return False
        if action in {"pause", "resume"} and self._stop_sent:
            return False
        if action == "roll_back":
            return diverged
        if action in {"pause", "resume"}:
            return (action == "resume") == (self.state.progress.phase is Phase.PAUSED)
        return True

    def on_terminal_gone(self) -> None:
        """Leave a terminal that is not there any more."""
        self._orders.leave = True
        self.exit()

    def action_pause(self) -> None:
        """Ask for a pause."""
        self._send(Pause())

    def action_resume(self) -> None:
        """Ask to go on."""
        self._send(Resume())

    def action_save(self) -> None:
        """Ask for a checkpoint."""
        self._send(SaveCheckpoint())

    def action_resample(self) -> None:
        """Ask for new latents."""
        self._send(Resample())

    def action_roll_back(self) -> None:
        """Ask to go back to the newest checkpoint."""
        self._send(RollBack())

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(Binding.make_bindings(self.BINDINGS)))

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
        self._source.send(command)

    def _tick(self) -> None:
        """Take what has happened into the state; where nothing has, nothing is drawn."""
        if self._orders.leave or (self._orders.stopping and self.state.progress.ended):
            self.exit()
            return
        events = self._source.drain()
        if not events:
            return
        before = self.state.progress
        self.state = reduce(apply, events, self.state)
        self._show()
        if self.state.progress.ended and not before.ended:
            self._run_ended()

    def _show(self) -> None:
        scene = Scene(run=self.state, view=self.view)
        self._dashboard.show(scene, stopping=self._stop_sent)

    def _run_ended(self) -> None:
        """Leave, once the end has been drawn, if nobody wants to look at it any more."""
        if self._stop_sent or self.state.progress.phase is Phase.FAILED:
            self.call_after_refresh(self.exit)
