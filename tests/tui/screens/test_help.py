"""The list of keys, made from bindings."""

from __future__ import annotations

from textual.binding import Binding

from tui.screens.help import help_rows


def test_keys_of_one_id_share_a_row() -> None:
    bindings = Binding.make_bindings(
        [
            Binding("space,p", "pause", "Pause", id="pause", tooltip="Pause the training."),
            Binding("question_mark", "help", "Help", id="help", tooltip="Show every key."),
            Binding("tab", "next", "Next"),
        ]
    )

    assert help_rows(bindings) == [
        ("space, p", "pause", "Pause the training."),
        ("?", "help", "Show every key."),
    ]
