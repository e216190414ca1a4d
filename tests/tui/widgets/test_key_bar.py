"""The bottom row of keys."""

from __future__ import annotations

from textual.binding import Binding

from tui.widgets.key_bar import fitting

BINDINGS = [
    Binding("q", "quit", "Quit", id="quit"),
    Binding("space", "pause", "Pause", id="pause", key_display="space"),
    Binding("p", "pause", "Pause", id="pause", key_display="space"),
    Binding("ctrl+q", "quit", "Quit", id="hidden", show=False),
    Binding("question_mark", "help", "Help", id="help", key_display="?"),
]


def test_each_binding_is_shown_once_under_its_first_key() -> None:
    assert fitting(BINDINGS, 80) == {
        "q": ("q", "Quit"),
        "space": ("space", "Pause"),
        "question_mark": ("?", "Help"),
    }


def test_what_does_not_fit_is_left_out_whole() -> None:
    assert list(fitting(BINDINGS, 8 + 13)) == ["q", "space"]
    assert list(fitting(BINDINGS, 8 + 12)) == ["q"]
    assert fitting(BINDINGS, 3) == {}
