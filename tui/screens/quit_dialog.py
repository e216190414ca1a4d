"""The dialog of `q`: how to end a run that is still training."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from gan.commands import Stop
from tui.screens.choice_dialog import ChoiceDialog

_COMMANDS: Final = {"finish": Stop("epoch_end"), "save": Stop("now"), "cancel": None}
"""The command of each answer; `None` changes nothing."""


class QuitDialog(ChoiceDialog[Stop | None]):
    """Returns the command to send, or `None` if the run goes on."""

    question = "Stop the training? f, s, c"
    answers: ClassVar = {
        "finish": "f  finish the epoch, save and quit",
        "save": "s  save and quit now",
        "cancel": "c  cancel: the run goes on",
    }

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
    ]

    def result_of(self, answer: str) -> Stop | None:
        """The command of an answer."""
        return _COMMANDS[answer]
