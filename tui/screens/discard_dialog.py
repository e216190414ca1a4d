"""The dialog of `del` in the table of runs: whether to move a run to the trash."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from gan.text.safe_text import safe_text
from tui.screens.choice_dialog import ChoiceDialog


class DiscardDialog(ChoiceDialog[bool]):
    """Returns whether to move the run."""

    answers = {  # noqa: RUF012 - as the base has it
        "move": "m  move it to the trash",
        "cancel": "c  cancel: it stays",
    }
    hint = "The trash is the folder trash next to the runs; nothing is deleted."

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m",
            "choose('move')",
            "Move",
            id="discard-run",
            tooltip="Move the run to the trash, a folder next to the runs.",
        ),
        Binding(
            "c,escape",
            "choose('cancel')",
            "Cancel",
            id="cancel-discard",
            tooltip="Close this dialog; the run stays.",
        ),
    ]

    def __init__(self, name: str) -> None:
        """Ask about the run of this name."""
        super().__init__()
        self.question = f"Move {safe_text(name)} to the trash? m, c"

    def result_of(self, answer: str) -> bool:
        """Whether the answer is to move it."""
        return answer == "move"
