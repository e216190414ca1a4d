"""What becomes of an error of the screen: the app ends, and keeps it for whoever ran the app."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from textual.app import App
from textual.events import Event, InputEvent, Paste
from textual.worker import WorkerFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

Result = TypeVar("Result")


class ScreenFailure(NamedTuple):
    """An error that ended the screen."""

    error: str
    """Its type and message, in one line."""

    traceback: str
    """Without the values of variables, which no log of a run should hold."""

    @classmethod
    def of(cls, error: BaseException) -> ScreenFailure:
        """Describe an error; that of a worker is the one within."""
        inner = error.error if isinstance(error, WorkerFailed) else error
        line = traceback.format_exception_only(inner)[-1].partition("\n")[0]
        return cls(line.strip(), "".join(traceback.format_exception(inner)))


class FailingApp(App[None]):
    """An app that ends at an error of a widget, a handler, a timer or a worker, and prints nothing.

    Textual itself would print a traceback with the values of all variables.
    """

    # Nothing copies a selection, and Textual begins one on a toast that may be gone already.
    ALLOW_SELECT = False

    failure: ScreenFailure | None = None
    """The first error that nobody handled."""

    _is_leaving = False

    def exit(self, *details: Any, **options: Any) -> None:
        """Leave; Textual's own method, with its arguments. Input that comes later does nothing."""
        self._is_leaving = True
        # They would look for widgets that are gone. Those of the app itself write files.
        for screen in self.screen_stack:
            self.workers.cancel_node(screen)
        super().exit(*details, **options)

    async def open(
        self, screen: Screen[Result], answered: Callable[[Result | None], None] | None = None
    ) -> None:
        """Open a screen over the others; keys that come meanwhile wait until it has its widgets.

        Args:
            screen: The screen.
            answered: Called with its result when it closes.
        """
        await self.push_screen(screen, answered)

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless it is input for an app that is closing."""
        is_closing = self._is_leaving or not self.screen_stack
        if not (is_closing and isinstance(event, (InputEvent, Paste))):
            await super().on_event(event)

    def _handle_exception(self, error: Exception) -> None:
        """Keep the error; Textual calls this for every one, and closes the app.

        An app that has been left is closing already. A worker that misses its widget then fails
        nobody, and its error is only printed.
        """
        failure = ScreenFailure.of(error)
        if self._is_leaving:
            print(failure.traceback, file=sys.stderr)  # noqa: T201
            return
        self.failure = self.failure or failure
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Close the app, in place of Textual's way, which renders the traceback."""
        self._close_messages_no_wait()
