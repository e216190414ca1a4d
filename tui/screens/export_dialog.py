"""The dialog of `e`: what to write to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType

from tui.screens.choice_dialog import ChoiceDialog

if TYPE_CHECKING:
    from gan.export.request import ExportKind


class _Choice(NamedTuple):
    """One answer."""

    key: str
    name: str
    words: str
    """On its button."""

    tooltip: str


_CHOICES: Final[dict[ExportKind, _Choice]] = {
    "grid": _Choice(
        "p",
        "PNG",
        "the digits as PNG, 4x",
        "Write the digits shown as a PNG, four times as large.",
    ),
    "film": _Choice(
        "g",
        "GIF",
        "the run's grids as GIF, 2x",
        "Write the run's grids as a GIF, with more of the early ones.",
    ),
    "losses": _Choice(
        "c",
        "CSV",
        "the losses as CSV",
        "Write the losses and scores of every step as CSV.",
    ),
    "quality": _Choice(
        "m",
        "CSV",
        "the evaluations as CSV",
        "Write the FD, the KID and the other figures of every evaluation as CSV.",
    ),
    "screen": _Choice(
        "v",
        "SVG",
        "the screen as SVG",
        "Write the dashboard as an SVG.",
    ),
}
"""The answers, by the kind of export."""

_QUALITY: Final = "quality"


class ExportDialog(ChoiceDialog["ExportKind | None"]):
    """Returns the kind of export, or `None` if cancelled."""

    question = "Write to a file"
    answers = {  # noqa: RUF012 - as the base has it
        kind: f"{choice.key}  {choice.words}" for kind, choice in _CHOICES.items()
    }
    hint = "escape cancels"

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                choice.key,
                f"choose('{kind}')",
                choice.name,
                id=f"export-{kind}",
                tooltip=choice.tooltip,
            )
            for kind, choice in _CHOICES.items()
        ),
        Binding(
            "escape,e,q",
            "dismiss",
            "Cancel",
            id="cancel-export",
            tooltip="Close this dialog and write nothing.",
        ),
    ]

    def __init__(self, *, is_recorded: bool = False) -> None:
        """Offer what there can be.

        Args:
            is_recorded: Whether the run is the loop of another program, which gan-tui never
                evaluates.
        """
        super().__init__()
        if is_recorded:
            self.answers = {kind: words for kind, words in self.answers.items() if kind != _QUALITY}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key's answer is offered."""
        return action != "choose" or parameters[0] in self.answers

    def result_of(self, answer: str) -> ExportKind:
        """The kind of export."""
        return next(kind for kind in _CHOICES if kind == answer)
