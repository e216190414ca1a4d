"""A screen over the dashboard, which gives its answer once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

if TYPE_CHECKING:
    from textual.message import Message

Result = TypeVar("Result")


class Overlay(ModalScreen[Result]):
    """The base of every screen that is opened over another.

    Keys can arrive faster than a screen closes, so that two answers wait in its queue: the first
    counts, and nothing that the screen's widgets report after it.
    """

    _is_answered = False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result, unless the screen is closed already or another one covers it."""
        if self._is_answered or self.app.screen is not self:
            return AwaitComplete()
        self._is_answered = True
        self.workers.cancel_node(self)
        closing: AwaitComplete = super().dismiss(result)
        return closing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do nothing after the answer, such as an action that was chosen in the palette."""
        return not self._is_answered and super().check_action(action, parameters)

    async def _on_message(self, message: Message) -> None:
        """Handle a message that is not an event, unless a widget reports it after the answer."""
        # Textual has no public place before all handlers of a class and its bases.
        if not (self._is_answered and message.control is not None):
            await super()._on_message(message)
