"""Rows of cells as few segments."""

import numpy as np
from rich.style import Style
from textual.strip import Strip

from tui.render.strips import painted


def _row(text: str, foreground: list[int], background: list[int]) -> Strip:
    glyphs = np.array(list(text), dtype="<U1")
    front, back = np.array(foreground, np.uint8), np.array(background, np.uint8)
    return painted(
        glyphs, front, back, lambda f, b: Style(color=f"color({f})", bgcolor=f"color({b})")
    )


def _texts(strip: Strip) -> list[str]:
    return [segment.text for segment in strip]


def test_neighbours_of_one_style_share_a_segment() -> None:
    assert _texts(_row("abcd", [1, 1, 2, 2], [0, 0, 0, 0])) == ["ab", "cd"]


def test_a_change_of_background_ends_a_segment() -> None:
    assert _texts(_row("abcd", [1, 1, 1, 1], [0, 5, 5, 0])) == ["a", "bc", "d"]


def test_a_blank_joins_what_is_before_it_on_the_same_background() -> None:
    assert _texts(_row("a  b", [1, 7, 9, 1], [0, 0, 0, 0])) == ["a  b"]


def test_a_blank_on_another_background_does_not_join() -> None:
    assert _texts(_row("a  b", [1, 7, 7, 1], [0, 3, 3, 0])) == ["a", "  ", "b"]


def test_a_row_of_nothing_has_no_segments() -> None:
    strip = _row("", [], [])
    assert _texts(strip) == []
    assert strip.cell_length == 0


def test_equal_rows_are_equal_strips() -> None:
    assert _row("ab", [1, 2], [0, 0]) == _row("ab", [1, 2], [0, 0])
