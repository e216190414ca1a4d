"""The dialog of `q`: how to end a run that is still training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from gan.commands import Stop

if TYPE_CHECKING:
    from textual.app import ComposeResult

_CHOICES = {
    "finish": "f  finish the epoch, save and quit",
    "save": "s  save and quit now",
    "cancel": "c  cancel: the run goes on",
}
"""The answers, each an action, and the labels of their buttons."""

_COMMANDS: Final = {"finish": Stop("epoch_end"), "save": Stop("now"), "cancel": None}
"""The command of each answer; `None` changes nothing."""


class QuitDialog(ModalScreen[Stop | None]):
    """Returns the command to send, or `None` if the run goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "choose('finish')",
            "Finish",
            id="finish-and-quit",
            tooltip="Finish the epoch, save a checkpoint and quit.",
        ),
        Binding(
            "s",
            "choose('save')",
            "Save",
            id="save-and-quit",
            tooltip="Save a checkpoint of the last step and quit.",
        ),
        Binding(
            "c,escape",
            "choose('cancel')",
            "Cancel",
            id="cancel-quit",
            tooltip="Close this dialog; the run goes on.",
        ),
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The question and its three answers."""
        with Vertical(id="question"):
            yield Static("Stop the training? f, s, c", id="title")
            for choice, words in _CHOICES.items():
                yield Button(f" {words}", id=choice, compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the button's answer."""
        self.action_choose(str(event.button.id))

    def action_choose(self, choice: str) -> None:
        """Close with this answer."""
        self.dismiss(_COMMANDS[choice])
