"""The grid of digits."""

from typing import get_args

import numpy as np
import pytest
from rich.segment import Segment

from gan import events
from tui.choices import GLYPHS, GlyphMode, Glyphs
from tui.render import greys
from tui.render.digits import GRID_SIDES, IMAGE_SIDE, DigitLayout, fit_digits, render_digits
from tui.render.glyphs import masks
from tui.render.greys import Depth

DEPTHS: tuple[Depth, ...] = get_args(Depth)
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)


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


def test_plain_characters_need_more_room_for_digits_beside_each_other() -> None:
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


@pytest.mark.parametrize("room", [(8, 4), (30, 15), (40, 20), (72, 36), (112, 56), (224, 112)])
@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_the_strips_are_as_large_as_the_layout(
    room: tuple[int, int], glyphs: Glyphs, depth: Depth
) -> None:
    layout = fit_digits(*room, glyphs=glyphs)
    assert layout is not None
    strips = render_digits(IMAGES, layout, depth)
    assert [strip.cell_length for strip in strips] == [layout.columns] * layout.rows


def test_at_full_size_every_pixel_shows() -> None:
    strips = render_digits(IMAGES, DigitLayout("half", 4, 4, 28, 14))
    shown = np.array([_pixels(list(strip)) for strip in strips])
    pixels = np.stack([shown[:, :, 0], shown[:, :, 1]], axis=1).reshape(112, 112)
    expected = IMAGES.reshape(4, 4, 28, 28).swapaxes(1, 2).reshape(112, 112)
    assert (pixels == greys.BRIGHTNESS["greys"][greys.quantise(expected)]).all()


@pytest.mark.parametrize(("columns", "times"), [(14, 1), (28, 2), (42, 3)])
def test_octants_show_every_pixel_of_black_and_white(columns: int, times: int) -> None:
    ink = IMAGES[:1] > 127
    layout = DigitLayout("octant", 1, 1, columns, columns // 2)
    strips = render_digits(ink * np.uint8(255), layout, "mono")
    known = masks("octant")
    lit = [[known[glyph] >> np.arange(8) & 1 for glyph in strip.text] for strip in strips]
    side = 28 * times
    shown = np.array(lit).reshape(side // 4, side // 2, 4, 2).swapaxes(1, 2).reshape(side, side)
    assert (shown == np.kron(ink[0], np.ones((times, times), int))).all()


@pytest.mark.parametrize(
    ("layout", "brightness"),
    [
        pytest.param(DigitLayout("half", 1, 1, 14, 7), 178, id="shrunk"),
        pytest.param(DigitLayout("octant", 1, 1, 10, 5), 178, id="shrunk-in-octants"),
        pytest.param(DigitLayout("half", 1, 1, 28, 14), 148, id="as-it-is"),
        pytest.param(DigitLayout("sextant", 1, 1, 40, 20), 148, id="grown"),
    ],
)
def test_what_shrinks_is_a_fifth_brighter(layout: DigitLayout, brightness: int) -> None:
    """A thin stroke shares its smaller pixel with the black next to it."""
    strips = render_digits(np.full((1, 28, 28), 150, np.uint8), layout)
    assert {pixel for strip in strips for pixel in _pixels(list(strip))} == {(brightness,) * 2}


def test_digits_lie_row_by_row_and_do_not_bleed_into_each_other() -> None:
    images = np.zeros((16, 28, 28), np.uint8)
    images[6] = 255
    strips = render_digits(images, DigitLayout("quad", 4, 4, 10, 5))
    lit = [[pixels[0] > 0 for pixels in _pixels(list(strip))] for strip in strips]
    expected = np.zeros((20, 40), bool)
    expected[5:10, 20:30] = True
    assert (np.array(lit) == expected).all()


@pytest.mark.parametrize("mode", get_args(GlyphMode))
@pytest.mark.parametrize("depth", DEPTHS)
def test_places_without_an_image_stay_black(mode: GlyphMode, depth: Depth) -> None:
    strips = render_digits(IMAGES[:0], DigitLayout(mode, 2, 2, 8, 4), depth)
    assert [strip.text for strip in strips] == [" " * 16] * 8


@pytest.mark.parametrize("mode", get_args(GlyphMode))
@pytest.mark.parametrize("depth", DEPTHS)
def test_the_same_images_give_the_same_strips(mode: GlyphMode, depth: Depth) -> None:
    layout = DigitLayout(mode, 4, 4, 10, 5)
    assert render_digits(IMAGES, layout, depth) == render_digits(IMAGES.copy(), layout, depth)


def _pixels(segments: list[Segment]) -> list[tuple[int, int]]:
    """The brightness of the upper and the lower half of each cell."""
    pixels = []
    for text, style, _ in segments:
        assert style is not None
        assert style.bgcolor is not None
        back = style.bgcolor.get_truecolor().red
        front = style.color.get_truecolor().red if style.color else back
        halves = {"▀": (front, back), "▄": (back, front), " ": (back, back)}
        pixels += [halves[character] for character in text]
    return pixels


def test_the_drawing_and_the_run_agree_on_the_sizes() -> None:
    """Two constants each, because drawing may not import `gan`."""
    assert IMAGE_SIDE == events.IMAGE_SIDE
    assert GRID_SIDES[0] == events.GRID_SIDE
