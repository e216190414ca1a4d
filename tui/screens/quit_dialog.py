"""The dialog of `q`: how to end a run that is still training."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from textual.binding import Binding, BindingType

from gan.commands import DECISION_SECONDS, Stop
from tui.screens.choice_dialog import ChoiceDialog

Answer = Stop | Literal["leave"] | None
"""A stop to send; or to leave the run training; `None` changes nothing."""

_RESULTS: Final[dict[str, Answer]] = {
    "leave": "leave",
    "finish": Stop("epoch_end"),
    "save": Stop("now"),
    "cancel": None,
}
_LEAVE: Final = "l  leave: the training goes on"
_STOP: Final = "s  stop the loop and quit"
_LEAVE_DIVERGED: Final = f"l  leave: it waits {DECISION_SECONDS / 60:.0f} minutes for a decision"


class QuitDialog(ChoiceDialog[Answer]):
    """Returns the stop to send, `leave`, or `None` if the dashboard stays."""

    question = "Stop the training? f, s, c"
    answers = {  # noqa: RUF012 - as the base has it; an instance may have more
        "finish": "f  finish the epoch, save and quit",
        "save": "s  save and quit now",
        "cancel": "c  cancel: the run goes on",
    }

    def __init__(
        self, *, can_leave: bool = False, has_diverged: bool = False, is_recorded: bool = False
    ) -> None:
        """Ask.

        Args:
            can_leave: Whether the run can go on without this screen.
            has_diverged: Whether the run waits for somebody to roll it back or stop it.
            is_recorded: Whether it is the loop of another program, which knows neither epochs nor
                checkpoints that this one could name.
        """
        super().__init__()
        if is_recorded:
            self.question = "Leave or stop? l, s, c"
            self.answers = {"leave": _LEAVE, "save": _STOP, "cancel": self.answers["cancel"]}
        elif can_leave:
            self.question = "Leave or stop? l, f, s, c"
            leave = _LEAVE_DIVERGED if has_diverged else _LEAVE
            self.answers = {"leave": leave, **type(self).answers}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the answers that there are."""
        if action == "choose" and parameters[0] not in self.answers:
            return False
        return super().check_action(action, parameters)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l",
            "choose('leave')",
            "Leave",
            id="leave",
            tooltip="Leave the run training in the background; gan-tui attach comes back to it.",
        ),
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

    def result_of(self, answer: str) -> Answer:
        """What an answer asks for."""
        return _RESULTS[answer]
