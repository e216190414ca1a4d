"""The announcer: toasts and the bell for what happens in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.events import CommandAnswered
from tui.model.alerts import alert_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from gan.events import Event


class Announcer:
    """Shows a toast for an event that is worth one."""

    def __init__(self, app: App[None], has_asked: Callable[[str], bool]) -> None:
        """Show nothing yet.

        Args:
            app: Shows the toasts and rings the bell.
            has_asked: Whether a message to the run was sent from here, by its id.
        """
        self._app, self._has_asked = app, has_asked

    def announce(self, event: Event) -> None:
        """Show an event in a toast, and ring for it, if it is worth that."""
        if isinstance(event, CommandAnswered):
            self._show_refusal(event)
        if (alert := alert_of(event)) is not None:
            self._app.notify(alert.message, title=alert.title, severity=alert.severity)
            if alert.rings:
                self._app.bell()

    def _show_refusal(self, answer: CommandAnswered) -> None:
        """Say why a command that was sent from here was refused; the log has all answers."""
        if self._has_asked(answer.id) and not answer.done:
            name = answer.command.replace("_", " ")
            self._app.notify(f"{name}: {answer.reason}", title="Refused", severity="warning")
