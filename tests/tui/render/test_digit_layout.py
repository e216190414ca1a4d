"""The layout of the grid of digits."""

from typing import get_args

import pytest

from gan import events
from tui.choices import GLYPHS, GlyphMode, Glyphs
from tui.render.digit_layout import (
    GRID_SIDES,
    IMAGE_SIDE,
    DigitLayout,
    digit_sheet,
    fit_digits,
    fit_some_digits,
)


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        pytest.param(40, 20, DigitLayout("quad", 4, 4, 10, 5), id="80x24"),
        pytest.param(72, 36, DigitLayout("half", 4, 4, 18, 9), id="120x40"),
        pytest.param(112, 56, DigitLayout("half", 4, 4, 28, 14), id="200x60"),
        pytest.param(32, 16, DigitLayout("quad", 4, 4, 8, 4), id="smallest-sixteen"),
        pytest.param(31, 16, DigitLayout("quad", 2, 2, 14, 7), id="too-narrow-for-sixteen"),
        pytest.param(100, 15, DigitLayout("quad", 2, 2, 14, 7), id="too-low-for-sixteen"),
        pytest.param(15, 15, DigitLayout("quad", 1, 1, 14, 7), id="one"),
        pytest.param(180, 90, DigitLayout("half", 4, 4, 28, 14), id="not-yet-twice"),
        pytest.param(224, 112, DigitLayout("half", 4, 4, 56, 28), id="twice"),
    ],
)
def test_the_layout_that_fits_a_room(columns: int, rows: int, expected: DigitLayout) -> None:
    assert fit_digits(columns, rows) == expected


@pytest.mark.parametrize(
    ("columns", "most", "glyphs", "expected"),
    [
        pytest.param(80, 100, "auto", DigitLayout("quad", 10, 10, 8, 4), id="80"),
        pytest.param(120, 100, "auto", DigitLayout("quad", 10, 10, 12, 6), id="120"),
        pytest.param(200, 100, "auto", DigitLayout("half", 10, 10, 20, 10), id="200"),
        pytest.param(999, 100, "half", DigitLayout("half", 10, 10, 28, 14), id="no-larger"),
        pytest.param(80, 100, "ascii", DigitLayout("ascii", 8, 13, 10, 5), id="characters"),
        pytest.param(40, 100, "auto", DigitLayout("quad", 5, 20, 8, 4), id="fewer-side-by-side"),
        pytest.param(80, 3, "half", DigitLayout("half", 3, 1, 26, 13), id="three"),
        pytest.param(5, 4, "auto", DigitLayout("quad", 1, 4, 8, 4), id="too-narrow"),
    ],
)
def test_a_sheet_is_as_wide_as_there_is_room(
    columns: int, most: int, glyphs: Glyphs, expected: DigitLayout
) -> None:
    assert digit_sheet(columns, most=most, glyphs=glyphs) == expected


@pytest.mark.parametrize(("columns", "rows"), [(0, 0), (1, 1), (7, 4), (8, 3)])
def test_a_room_too_small_for_one_legible_digit_gets_none(columns: int, rows: int) -> None:
    assert fit_digits(columns, rows) is None


def test_a_layout_never_exceeds_its_room() -> None:
    for columns in range(8, 130):
        for rows in range(4, 70):
            layout = fit_digits(columns, rows)
            assert layout is not None
            assert layout.columns <= columns
            assert layout.rows <= rows


def test_a_key_goes_through_all_glyphs_and_begins_with_auto() -> None:
    assert GLYPHS == ("auto", "half", "quad", "sextant", "octant", "ascii")
    assert set(GLYPHS) == {"auto", *get_args(GlyphMode)}


@pytest.mark.parametrize("glyphs", GLYPHS[1:])
def test_glyphs_that_were_asked_for_are_used(glyphs: Glyphs) -> None:
    layout = fit_digits(72, 36, glyphs=glyphs)
    assert layout is not None
    assert layout.mode == glyphs


def test_glyphs_that_a_terminal_may_lack_are_never_taken_by_themselves() -> None:
    layouts = [fit_digits(columns, columns // 2) for columns in range(8, 400)]
    assert {layout.mode for layout in layouts if layout} == {"half", "quad"}


@pytest.mark.parametrize(
    ("mode", "room", "digit"),
    [
        pytest.param("octant", (40, 20), (10, 5), id="octants-shrink"),
        pytest.param("octant", (56, 28), (14, 7), id="octants-show-every-pixel"),
        pytest.param("octant", (72, 36), (14, 7), id="octants-not-yet-twice"),
        pytest.param("octant", (112, 56), (28, 14), id="octants-twice"),
        pytest.param("octant", (168, 84), (42, 21), id="octants-thrice"),
        pytest.param("sextant", (72, 36), (18, 9), id="sextants-shrink"),
        pytest.param("sextant", (160, 80), (40, 20), id="sextants-grow-as-they-are"),
        pytest.param("sextant", (300, 150), (56, 28), id="sextants-in-whole-pixels-at-last"),
        pytest.param("quad", (180, 90), (28, 14), id="quadrants-not-yet-twice"),
        pytest.param("ascii", (40, 20), (10, 5), id="characters-shrink"),
        pytest.param("ascii", (180, 90), (28, 14), id="characters-not-yet-twice"),
    ],
)
def test_digits_grow_by_whole_multiples_of_their_pixels(
    mode: GlyphMode, room: tuple[int, int], digit: tuple[int, int]
) -> None:
    assert fit_digits(*room, glyphs=mode) == DigitLayout(mode, 4, 4, *digit)


def test_plain_characters_need_more_room_for_several_digits() -> None:
    assert fit_digits(39, 19, glyphs="ascii") == DigitLayout("ascii", 2, 2, 18, 9)
    assert fit_digits(19, 9, glyphs="ascii") == DigitLayout("ascii", 1, 1, 18, 9)
    assert fit_digits(8, 4, glyphs="ascii") == DigitLayout("ascii", 1, 1, 8, 4)


@pytest.mark.parametrize(
    ("glyphs", "room", "expected"),
    [
        pytest.param("auto", (40, 20), DigitLayout("half", 1, 1, 28, 14), id="80x24"),
        pytest.param("octant", (40, 20), DigitLayout("octant", 1, 1, 28, 14), id="octants"),
        pytest.param("auto", (112, 56), DigitLayout("half", 1, 1, 112, 56), id="200x60"),
        pytest.param("auto", (10, 5), DigitLayout("quad", 1, 1, 10, 5), id="smallest"),
    ],
)
def test_one_digit_alone_is_as_large_as_fits(
    glyphs: Glyphs, room: tuple[int, int], expected: DigitLayout
) -> None:
    assert fit_digits(*room, glyphs=glyphs, alone=True) == expected


def test_no_room_for_one_digit_alone_is_no_layout() -> None:
    assert fit_digits(40, 3, alone=True) is None


def test_the_drawing_and_the_run_agree_on_the_sizes() -> None:
    """Two constants each, because drawing may not import `gan`."""
    assert IMAGE_SIDE == events.IMAGE_SIDE
    assert GRID_SIDES[0] == events.GRID_SIDE


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        (40, 8, (5, 2)),
        (20, 8, (2, 2)),
        (10, 4, (1, 1)),
        (29, 16, (3, 4)),
        (60, 16, (6, 3)),
        (59, 16, (5, 3)),
    ],
)
def test_as_many_digits_as_are_legible_in_a_grid_of_any_shape(
    columns: int, rows: int, expected: tuple[int, int]
) -> None:
    layout = fit_some_digits(columns, rows, most=16)

    assert layout is not None
    assert (layout.across, layout.down) == expected
    assert layout.columns <= columns
    assert layout.rows <= rows


@pytest.mark.parametrize("columns", range(0, 130, 7))
@pytest.mark.parametrize("rows", range(0, 60, 5))
@pytest.mark.parametrize("glyphs", GLYPHS)
def test_some_digits_never_need_more_room_than_there_is(
    columns: int, rows: int, glyphs: Glyphs
) -> None:
    layout = fit_some_digits(columns, rows, most=16, glyphs=glyphs)

    if layout is not None:
        assert layout.columns <= columns
        assert layout.rows <= rows
        assert layout.across * (layout.down - 1) < 16


def test_no_digits_fit_where_none_is_legible() -> None:
    assert fit_some_digits(7, 20, most=16) is None
    assert fit_some_digits(80, 3, most=16) is None
