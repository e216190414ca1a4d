"""The grid of digits as strips."""

from typing import get_args

import numpy as np
import pytest
from rich.segment import Segment

from tui.choices import GLYPHS, GlyphMode, Glyphs
from tui.render import greys
from tui.render.digit_layout import DigitLayout, fit_digits
from tui.render.digits import render_digits
from tui.render.glyphs import masks
from tui.render.greys import Depth

DEPTHS: tuple[Depth, ...] = get_args(Depth)
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)


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
