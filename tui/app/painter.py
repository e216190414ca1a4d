"""The painter: when the dashboard is drawn, how much of it at once, and what is still owed.

The only owner of this. The app reports events and asks for frames; screens and widgets draw what
they are given. `tui.terminal.pacing` has the arithmetic.
"""

from __future__ import annotations

from time import monotonic, thread_time
from typing import TYPE_CHECKING, Final

from gan import events
from gan.events import Phase
from gan.machine.monitor import usable_cores
from tui.screens.log_screen import LogScreen
from tui.terminal.driver import hardened_driver
from tui.terminal.pacing import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App
    from textual.timer import Timer

    from gan.events import Event
    from tui.model.view import View
    from tui.screens.dashboard import Dashboard
    from tui.terminal.pacing import Rates
    from tui.widgets.scene_view import Scene

_HURRY_SECONDS: Final = 0.01
"""The interval between ticks right after a command, so that its effect shows at once."""

_HURRY_TICKS: Final = 100
_ANSWERS: Final = (
    events.Paused,
    events.Unpaused,
    events.Resampled,
    events.GeneratorShown,
    events.RunFinished,
)
"""What a key has brought about; a toast reports a checkpoint."""

_CATCH_UP_SECONDS: Final = 0.02
_GRID_BYTES: Final = 30_000
"""Bytes of digits in one frame: a whole grid without noise at 120x40."""

_COVERED_SECONDS: Final = 1.0
"""The interval between frames under a dialog, where each change sends the whole screen again."""

_DIGITS: Final = ("digits", "caption")
_CHART: Final = ("chart",)


class Painter:
    """Draws a scene on the dashboard as often as the link, the processor and the eye allow."""

    def __init__(
        self,
        app: App[None],
        dashboard: Dashboard,
        rates: Rates,
        scene: Callable[[], Scene],
        phase: Callable[[], Phase],
    ) -> None:
        """Begin with nothing drawn.

        Args:
            app: Whose timers and terminal are used.
            dashboard: What is drawn on.
            rates: How often to draw, for this link.
            scene: Returns what there is to draw now.
            phase: Returns the run's phase; while it trains, frames take less processor time.
        """
        self._app, self._dashboard, self._rates = app, dashboard, rates
        self._scene, self._phase = scene, phase
        self._pacing = self._new_pacing()
        self._is_owed = False
        """Whether something has happened that is not drawn yet."""

        self._is_rest_owed = False
        """Whether the digits or the chart are older than the rest of the screen."""

        self._drawn_at = self._chart_drawn_at = float("-inf")
        self._view: View | None = None
        """The view of the last frame."""

        self._tick: Callable[[], object] = self.update
        self._hurried_ticks = 0
        self._hurry: Timer | None = None
        self._catching_up: Timer | None = None
        self._title = ""
        dashboard.digits.part_bytes = self._bytes_with_a_frame

    def start(self, tick: Callable[[], object]) -> None:
        """Call `tick` at the rate of frames from now on. It should call `update`."""
        self._tick = tick
        self._app.set_interval(1 / self._rates.frames, tick)
        # These sleep while there is nothing for them: fifty calls a second are not free.
        self._hurry = self._app.set_interval(_HURRY_SECONDS, self._hurried_tick, pause=True)
        self._catching_up = self._app.set_interval(_CATCH_UP_SECONDS, self._catch_up, pause=True)

    def _new_pacing(self) -> Pacing:
        return Pacing(
            self._rates,
            clock=monotonic,
            sent=self._sent,
            backlog=self._backlog,
            # Of this thread alone: the rest of the process is the training.
            processor=thread_time,
            cores=usable_cores(),
        )

    @property
    def is_waiting(self) -> bool:
        """Whether the terminal has not taken everything that it was given."""
        return self._backlog() > 0

    def owe(self) -> None:
        """Draw a frame at the next opportunity."""
        self._is_owed = True

    def hurry(self) -> None:
        """Tick more often for a second, or until a command is answered."""
        self._hurried_ticks = _HURRY_TICKS
        if self._hurry is not None:
            self._hurry.resume()

    def update(self, happened: Sequence[Event] = ()) -> None:
        """Draw what is owed if it is time; at once if a command was answered."""
        self._pacing.observe()
        self._is_owed |= bool(happened)
        if any(isinstance(event, _ANSWERS) for event in happened) and not self.is_waiting:
            self._hurried_ticks = 0
            self.paint()
        elif (self._is_owed or self._is_rest_owed) and self._is_uncovered() and self._may_draw():
            self.paint(digits=self._pacing.may_draw_digits(self._app.size.area))
        if self._is_unsent() and self._catching_up is not None:
            self._catching_up.resume()

    def paint(self, *, digits: bool = True) -> None:
        """Draw the scene now.

        Args:
            digits: Whether to draw the digits; else they stay as they are, and are owed.
        """
        scene = self._scene()
        resting = (() if digits else _DIGITS) + (_CHART if self._chart_waits(scene) else ())
        self._dashboard.show(scene, resting=resting)
        self._drawn_at, self._view = monotonic(), scene.view
        self._is_owed, self._is_rest_owed = False, bool(resting)
        for screen in self._app.screen_stack:
            if isinstance(screen, LogScreen):
                screen.show(scene.run.log)

    def paint_frame(self) -> None:
        """Draw a frame of an interpolation, or skip it if the link or a budget has no room."""
        if self._may_draw():
            self.paint()

    def name_window(self, title: str) -> None:
        """Set the title of the terminal's window, if it is another and the terminal keeps up."""
        driver = hardened_driver(self._app)
        if driver is not None and title != self._title and not self.is_waiting:
            self._title = title
            driver.set_title(title)

    def _hurried_tick(self) -> None:
        self._hurried_ticks -= 1
        self._tick()
        if self._hurried_ticks <= 0 and self._hurry is not None:
            self._hurry.pause()

    def _may_draw(self) -> bool:
        is_training = self._phase() is Phase.TRAINING
        return self._pacing.may_draw(self._app.size.area, sparing=is_training)

    def _is_uncovered(self) -> bool:
        is_covered = len(self._app.screen_stack) > 1
        return not is_covered or monotonic() - self._drawn_at >= _COVERED_SECONDS

    def _chart_waits(self, scene: Scene) -> bool:
        """Whether the chart has something new but was drawn too recently.

        It reads every step of the run and takes a third of a frame's bytes, so it is drawn less
        often than the rest. A new view does not wait.
        """
        if not self._dashboard.chart.changed(scene):
            return False
        now = monotonic()
        is_due = now >= self._chart_drawn_at + self._pacing.chart_seconds
        if is_due or scene.view is not self._view:
            self._chart_drawn_at = now
            return False
        return True

    def _bytes_with_a_frame(self) -> int:
        """How many bytes of digits go with the numbers: all that there are, or none.

        On a link that waits the digits come after the numbers, in parts of their own.
        """
        return _GRID_BYTES if self._pacing.part(_GRID_BYTES) == _GRID_BYTES else 0

    def _catch_up(self) -> None:
        """Send more digits once the terminal has taken everything else."""
        self._pacing.observe()
        if not self.is_waiting and not self._is_owed:
            self._dashboard.digits.send_rows(self._pacing.part(_GRID_BYTES))
        if not self._is_unsent() and self._catching_up is not None:
            self._catching_up.pause()

    def _is_unsent(self) -> bool:
        """Whether there is still something for the terminal to take."""
        return self.is_waiting or self._dashboard.digits.is_incomplete

    def _sent(self) -> int:
        driver = hardened_driver(self._app)
        return 0 if driver is None else driver.sent

    def _backlog(self) -> int:
        driver = hardened_driver(self._app)
        return 0 if driver is None else driver.backlog
