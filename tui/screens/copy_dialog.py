"""The dialog of `y`: what to copy to the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple, get_args

from textual.binding import Binding, BindingType

from tui.screens.choice_dialog import ChoiceDialog

if TYPE_CHECKING:
    from collections.abc import Container

CopyKind = Literal["readout", "path", "resume"]
"""What can be copied."""


class _Choice(NamedTuple):
    """One answer."""

    key: str
    words: str
    """On its button."""

    tooltip: str


_CHOICES: Final[dict[CopyKind, _Choice]] = {
    "readout": _Choice(
        "y", "the numbers", "Copy the newest numbers, or the losses at the chart's cursor."
    ),
    "path": _Choice("p", "the run's path", "Copy the path of the run's directory."),
    "resume": _Choice("r", "the command to resume it", "Copy the command that resumes the run."),
}
"""The answers, by what is copied."""


class CopyDialog(ChoiceDialog["CopyKind | None"]):
    """Returns what to copy, or `None` if cancelled."""

    question = "Copy to the clipboard"
    hint = "escape cancels"

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                choice.key,
                f"choose('{kind}')",
                kind.capitalize(),
                id=f"copy-{kind}",
                tooltip=choice.tooltip,
            )
            for kind, choice in _CHOICES.items()
        ),
        Binding(
            "escape,q",
            "dismiss",
            "Cancel",
            id="cancel-copy",
            tooltip="Close this dialog and copy nothing.",
        ),
    ]

    def __init__(self, offered: Container[str] = get_args(CopyKind)) -> None:
        """Ask.

        Args:
            offered: What there is to copy.
        """
        super().__init__()
        self.answers = {
            kind: f"{choice.key}  {choice.words}"
            for kind, choice in _CHOICES.items()
            if kind in offered
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the answers that there are."""
        if action == "choose" and parameters[0] not in self.answers:
            return False
        return super().check_action(action, parameters)

    def result_of(self, answer: str) -> CopyKind:
        """What to copy."""
        return next(kind for kind in _CHOICES if kind == answer)
