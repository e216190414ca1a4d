"""Rows of text: what fits, what is cut and how."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.style import Style

from gan.text.safe_text import safe_text
from tui.widgets.rows import bar, length, row, spread, wrapped

PLAIN = Style()


def test_a_row_is_exactly_as_wide_as_asked() -> None:
    pieces = [("one", PLAIN), ("two", PLAIN)]

    assert row(pieces, 8).text == "onetwo  "
    assert row(pieces, 4).text == "onet"
    assert row(pieces, 0).text == ""


def test_brackets_are_text_and_not_markup() -> None:
    assert row([("[red]x[/]", PLAIN)], 9).text == "[red]x[/]"


def test_no_text_of_a_row_steers_the_terminal() -> None:
    assert (
        row([("a\x1b]0;t\x07\n\u202e\udce9", PLAIN)], 30).text == r"a\x1b]0;t\x07\n\u202e\udce9   "
    )


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("数字生成", 8),
        ("한국어", 6),
        ("ﾊﾝｶｸ", 4),
        ("\uff37\uff29\uff24\uff25", 8),
        ("caf\u00e9", 4),
        ("cafe\u0301", 4),
        ("😀", 2),
        ("👍\U0001f3fd", 12),
        ("\U0001f1e9\U0001f1ea", 20),
        ("👩\u200d🔬", 10),
        ("❤\ufe0f", 7),
    ],
    ids=ascii,
)
def test_text_is_as_wide_as_every_terminal_has_it(text: str, cells: int) -> None:
    """Where terminals differ, in sequences of emoji, all but the first is an escape."""
    assert length([(safe_text(text), PLAIN)]) == cells
    assert row([(text, PLAIN), ("|", PLAIN)], cells + 1).text.endswith("|")


def test_ends_are_spread_and_the_left_gives_way() -> None:
    assert spread([("left", PLAIN)], [("right", PLAIN)], 12).text == "left   right"
    assert spread([("left", PLAIN)], [("right", PLAIN)], 7).text == "leright"
    assert spread([("left", PLAIN)], [("right", PLAIN)], 3).text == "rig"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two", 3, ["one", "two"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
        ("ab cdefg", 4, ["ab", "cdef", "g"]),
        ("to /home/ada/runs/7", 11, ["to", "/home/ada/", "runs/7"]),
        ("/a/rather-long-name/b", 8, ["/a/", "rather-l", "ong-name", "/b"]),
        ("数字生成", 5, ["数字", "生成"]),
        ("数字 生成 ab", 7, ["数字", "生成 ab"]),
        ("数字", 1, ["数", "字"]),
        ("    indented text", 12, ["    indented", "text"]),
        ("two  blanks  kept", 12, ["two  blanks", "kept"]),
        ("blanks at the end   ", 17, ["blanks at the end"]),
    ],
)
def test_long_texts_are_wrapped(text: str, width: int, lines: list[str]) -> None:
    assert list(wrapped(text, width)) == lines
    assert all(cell_len(line) <= max(width, cell_len(line[:1])) for line in lines)


@pytest.mark.parametrize("character", ["x", "é", "数", "e\u0301"], ids=ascii)
def test_no_character_of_a_long_word_is_lost(character: str) -> None:
    text = character * 500
    lines = wrapped(text, 12)

    assert "".join(lines) == text
    assert {cell_len(line) for line in lines[:-1]} == {12}


@pytest.mark.parametrize(
    ("share", "done"), [(0.0, 0), (0.5, 5), (1.0, 10), (1.7, 10), (-1.0, 0), (0.04, 0)]
)
def test_a_bar_shows_the_share_that_is_done(share: float, done: int) -> None:
    assert tuple(map(len, bar(share, 10))) == (done, 10 - done)


def test_length_counts_cells() -> None:
    assert length([("数", PLAIN), ("a", PLAIN)]) == 3
