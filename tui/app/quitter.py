"""The quitter: how and when the app leaves, by a key, a signal or the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.commands import Stop
from gan.events import Phase
from tui.keys.bindings import is_obeyed
from tui.screens.quit_dialog import Answer, QuitDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command
    from gan.progress import RunProgress
    from gan.run_facts.sighting import Viewing
    from tui.app.failing import FailingApp
    from tui.app.painter import Painter
    from tui.terminal.signal_flags import SignalFlags


class Quitter:
    """Asks how to end the run, and leaves the app when it has ended."""

    def __init__(
        self,
        app: FailingApp,
        painter: Painter,
        send: Callable[[Command], None],
        signals: SignalFlags,
        viewing: Callable[[], Viewing | None] = lambda: None,
    ) -> None:
        """Stay for now.

        Args:
            app: The app to leave.
            painter: Shows at once that the run is stopping.
            send: Sends a command to the run.
            signals: When to leave, as signals and options ask.
            viewing: Returns what is known of the process that trains, if it is another one.
        """
        self._viewing = viewing
        self._app, self._painter, self._send, self._signals = app, painter, send, signals
        self.is_stopping = False
        """Whether the run has been asked to stop from here."""

        self._has_ended = False

    async def ask(self, progress: RunProgress) -> None:
        """Leave at once if the run has ended or can't be stopped from here; else ask how to end it.

        Asks again while the run is stopping: a person who chose to finish the epoch may change
        their mind.
        """
        viewing = self._viewing()
        can_stop = is_obeyed("stop", progress) and (viewing is None or viewing.can_steer)
        if progress.ended or not can_stop:
            self._app.exit()
        elif not isinstance(self._app.screen, QuitDialog):
            dialog = QuitDialog(
                can_leave=self._can_leave(),
                has_diverged=progress.diverged_step is not None,
                is_recorded=bool(progress.program),
            )
            await self._app.open(dialog, self._answered)

    def leave(self) -> None:
        """Leave a terminal that has hung up."""
        self._signals.leave = True
        self._app.exit()

    def obey_signals(self, progress: RunProgress) -> bool:
        """Leave if a signal asks for it; returns whether it does."""
        leaves = self._signals.leave or (self._signals.stopping and progress.ended)
        if leaves:
            self._app.exit()
        return leaves

    def begin_anew(self) -> None:
        """Forget what was asked of a process that has ended: another one has resumed the run."""
        self.is_stopping = self._has_ended = False

    def update(self, progress: RunProgress) -> None:
        """Leave once the run's end has been drawn, if nobody will want to browse it."""
        if self._signals.exit_when_done and self._waits_for_decision(progress):
            self._stop(Stop())
        if progress.ended and not self._has_ended:
            self._has_ended = True
            if self._leaves_at_end(progress):
                self._app.call_after_refresh(self._app.exit)

    def _waits_for_decision(self, progress: RunProgress) -> bool:
        """Whether the run has diverged, and waits for somebody to roll it back or stop it."""
        is_stopping = self.is_stopping or progress.ended
        return progress.diverged_step is not None and not is_stopping

    def _leaves_at_end(self, progress: RunProgress) -> bool:
        if self.is_stopping or self._signals.exit_when_done:
            return True
        # A viewer stays: its terminal does not wait for the error of another process, and somebody
        # may resume the run.
        return progress.phase is Phase.FAILED and self._viewing() is None

    def _can_leave(self) -> bool:
        """Whether the run can go on without this screen."""
        return self._viewing() is not None or self._signals.can_leave

    def _answered(self, answer: Answer) -> None:
        """Do what the dialog has answered."""
        if answer == "leave":
            self._signals.has_left = True
            self._app.exit()
        else:
            self._stop(answer)

    def _stop(self, command: Stop | None) -> None:
        """Ask the run to end; `update` leaves when it has."""
        if command is None:
            return
        if self._has_ended:
            self._app.exit()
            return
        self.is_stopping = True
        self._send(command)
        self._painter.paint()
