"""The dialog of `e`: what to write to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult


class _Choice(NamedTuple):
    """One answer."""

    key: str
    name: str
    words: str
    """On its button."""

    tooltip: str


_CHOICES: Final = {
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
    "screen": _Choice(
        "v",
        "SVG",
        "the screen as SVG",
        "Write the dashboard as an SVG.",
    ),
}
"""The answers, by the kind of export."""


class ExportDialog(ModalScreen["str | None"]):
    """Returns the kind of export, or `None` if cancelled."""

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
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The title and one button for each kind."""
        with Vertical(id="question"):
            yield Static("Write to a file", id="title")
            for kind, choice in _CHOICES.items():
                yield Button(f" {choice.key}  {choice.words}", id=kind, compact=True)
            yield Static("escape cancels", id="hint")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the button's kind."""
        self.dismiss(event.button.id)

    def action_choose(self, kind: str) -> None:
        """Close with this kind."""
        self.dismiss(kind)
