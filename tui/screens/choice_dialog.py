"""A dialog with one question, and one button for each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, Static

from tui.screens.overlay import Overlay, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult


class ChoiceDialog(Overlay[Result]):
    """Returns the result of an answer. A subclass binds keys to `choose('<answer>')`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    question: str
    """What is asked, the title; safe to show."""

    answers: Mapping[str, str]
    """The labels of the buttons, by answer."""

    hint: ClassVar[str] = ""
    """A line below the buttons."""

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(id="question"):
            yield Static(self.question, id="title", markup=False)
            for answer, label in self.answers.items():
                yield Button(f" {label}", id=answer, compact=True)
            if self.hint:
                yield Static(self.hint, id="hint", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the button's answer."""
        self.action_choose(str(event.button.id))

    def action_choose(self, answer: str) -> None:
        """Close with this answer."""
        self.dismiss(self.result_of(answer))

    def result_of(self, answer: str) -> Result:
        """What the dialog returns for an answer."""
        raise NotImplementedError
