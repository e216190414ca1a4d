"""The dialog of `e`: what to write to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.model.source import ExportKind

_CHOICES: Final[dict[ExportKind, str]] = {
    "grid": "p  the digits as PNG, 4x",
    "film": "g  the run's grids as GIF, 2x",
    "losses": "c  the losses as CSV",
    "screen": "v  the screen as SVG",
}
"""The kinds of export, and the labels of their buttons."""


class ExportDialog(ModalScreen["ExportKind | None"]):
    """Returns the kind of export, or `None` if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p",
            "choose('grid')",
            "PNG",
            id="export-grid",
            tooltip="Write the digits shown as a PNG, four times as large.",
        ),
        Binding(
            "g",
            "choose('film')",
            "GIF",
            id="export-film",
            tooltip="Write the run's grids as a GIF, with more of the early ones.",
        ),
        Binding(
            "c",
            "choose('losses')",
            "CSV",
            id="export-losses",
            tooltip="Write the losses and scores of every step as CSV.",
        ),
        Binding(
            "v",
            "choose('screen')",
            "SVG",
            id="export-screen",
            tooltip="Write the dashboard as an SVG.",
        ),
        Binding(
            "escape,e,q",
            "dismiss",
            "Cancel",
            id="cancel-export",
            tooltip="Close this dialog and write nothing.",
        ),
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The title and one button for each kind."""
        with Vertical(id="question"):
            yield Static("Write to a file", id="title")
            for choice, words in _CHOICES.items():
                yield Button(f" {words}", id=choice, compact=True)
            yield Static("escape cancels", id="hint")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the button's kind."""
        self.dismiss(next(kind for kind in _CHOICES if kind == event.button.id))

    def action_choose(self, choice: ExportKind) -> None:
        """Close with this kind."""
        self.dismiss(choice)
