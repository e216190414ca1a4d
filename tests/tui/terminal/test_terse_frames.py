"""What the driver leaves out of a frame."""

import pytest

from tui.terminal.frame_writer import _condensed


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a\x1b[0m\x1b[38;5;1mb", "a\x1b[0;38;5;1mb"),
        ("a\x1b[0m\x1b[1;38;5;1mb", "a\x1b[0;1;38;5;1mb"),
        ("a\x1b[0m\x1b[38;2;1;2;3mb", "a\x1b[0;38;2;1;2;3mb"),
        ("a\x1b[0m\x1b[1;38;2;1;2;3mb", "a\x1b[0;1;38;2;1;2;3mb"),
    ],
)
def test_the_end_of_a_style_and_the_next_are_one_sequence(text: str, sent: str) -> None:
    assert _condensed(text) == sent


@pytest.mark.parametrize("place", ["38;5", "1;38", "1;1", "38;2"])
def test_the_place_of_the_cursor_is_no_style(place: str) -> None:
    text = f"a\x1b[0m\x1b[{place}Hb"

    assert _condensed(text) == text
