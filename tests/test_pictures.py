"""The pictures of screens show what a terminal shows: shapes, places and colours."""

import unicodedata
from pathlib import Path

from PIL import Image
from rich.segment import Segment
from rich.style import Style

from tests.pictures import BACKGROUND, CELL_HEIGHT, CELL_WIDTH, from_ansi, from_segments, rasterise

RED, BLUE = (255, 0, 0), (0, 0, 255)
NO_FONT = Path("no-such-font.ttf")


def _picture(character: str) -> Image.Image:
    style = Style(color="#ff0000", bgcolor="#0000ff")
    return rasterise(from_segments([[Segment(character, style)]]), font=NO_FONT)


def _share_of_red(character: str) -> float:
    pixels = _picture(character).tobytes()
    red = sum(pixels[i : i + 3] == bytes(RED) for i in range(0, len(pixels), 3))
    return red / (CELL_WIDTH * CELL_HEIGHT)


def test_blocks_fill_their_share_of_a_cell() -> None:
    assert [_share_of_red(block) for block in " ▀▄█"] == [0, 0.5, 0.5, 1]
    eighths = [_share_of_red(block) for block in "▁▂▃▄▅▆▇█"]
    assert eighths == sorted(eighths)


def test_quadrants_lie_where_their_names_say() -> None:
    for quadrant in "▘▝▖▗▚▞▛▜▙▟":
        name, picture = unicodedata.name(quadrant), _picture(quadrant)
        for down, vertical in enumerate(("UPPER", "LOWER")):
            for across, horizontal in enumerate(("LEFT", "RIGHT")):
                middle = (across * 5 + 2, down * 9 + 4)
                is_lit = f"{vertical} {horizontal}" in name
                assert picture.getpixel(middle) == (RED if is_lit else BLUE), name


def test_octants_are_a_half_wide_and_a_quarter_high() -> None:
    """U+1CD00 is BLOCK OCTANT-3 and U+1CDE5 BLOCK OCTANT-2345678."""
    third, all_but_first = _picture("\U0001cd00"), _picture("\U0001cde5")
    for down in range(CELL_HEIGHT):
        for across in range(CELL_WIDTH):
            is_third = across < 4 and 4 <= down < 9
            is_first = across < 4 and down < 4
            assert third.getpixel((across, down)) == (RED if is_third else BLUE)
            assert all_but_first.getpixel((across, down)) == (BLUE if is_first else RED)


def test_braille_dots_lie_in_two_columns_of_four() -> None:
    first, last = _picture("⠁"), _picture("⢀")
    assert first.getpixel((2, 2)) == RED
    assert last.getpixel((6, 15)) == RED
    assert _share_of_red("⣿") == 8 * _share_of_red("⠁")


def test_lines_reach_the_edges_that_they_join() -> None:
    picture = _picture("└")
    assert picture.getpixel((4, 0)) == RED
    assert picture.getpixel((CELL_WIDTH - 1, 9)) == RED
    assert picture.getpixel((0, 9)) == BLUE


def test_escape_codes_become_cells() -> None:
    (row,) = from_ansi("a\x1b[1;38;5;231;48;2;1;2;3mb\x1b[0m\x1b[7mc\x1b[0m")
    assert [cell.text for cell in row] == ["a", "b", "c"]
    assert row[1].foreground == (255, 255, 255)
    assert row[1].background == (1, 2, 3)
    assert row[1].bold
    assert row[2].foreground == BACKGROUND


def test_a_wide_character_takes_two_cells() -> None:
    (row,) = from_ansi("漢x")
    assert [cell.text for cell in row] == ["漢", "", "x"]


def test_short_rows_are_filled_up() -> None:
    picture = rasterise(from_ansi("a\nbcd"), font=NO_FONT)
    assert picture.size == (3 * CELL_WIDTH, 2 * CELL_HEIGHT)
    assert picture.getpixel((2 * CELL_WIDTH + 4, 4)) == BACKGROUND
