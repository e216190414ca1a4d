"""The grid of digits."""

import numpy as np
import pytest
from rich.segment import Segment

from tui.render import greys
from tui.render.digits import DigitLayout, Glyphs, fit_digits, render_digits

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


@pytest.mark.parametrize("glyphs", ["half", "quad"])
def test_glyphs_that_were_asked_for_are_used(glyphs: Glyphs) -> None:
    layout = fit_digits(72, 36, glyphs=glyphs)
    assert layout is not None
    assert layout.mode == glyphs


@pytest.mark.parametrize("room", [(8, 4), (30, 15), (40, 20), (72, 36), (112, 56), (224, 112)])
@pytest.mark.parametrize("glyphs", ["auto", "half", "quad"])
def test_the_strips_are_as_large_as_the_layout(room: tuple[int, int], glyphs: Glyphs) -> None:
    layout = fit_digits(*room, glyphs=glyphs)
    assert layout is not None
    strips = render_digits(IMAGES, layout)
    assert [strip.cell_length for strip in strips] == [layout.columns] * layout.rows


def test_at_full_size_every_pixel_shows() -> None:
    strips = render_digits(IMAGES, DigitLayout("half", 4, 4, 28, 14))
    shown = np.array([_pixels(list(strip)) for strip in strips])
    pixels = np.stack([shown[:, :, 0], shown[:, :, 1]], axis=1).reshape(112, 112)
    expected = IMAGES.reshape(4, 4, 28, 28).swapaxes(1, 2).reshape(112, 112)
    assert (pixels == greys.BRIGHTNESS[greys.quantise(expected)]).all()


def test_digits_lie_row_by_row_and_do_not_bleed_into_each_other() -> None:
    images = np.zeros((16, 28, 28), np.uint8)
    images[6] = 255
    strips = render_digits(images, DigitLayout("quad", 4, 4, 10, 5))
    lit = [[pixels[0] > 0 for pixels in _pixels(list(strip))] for strip in strips]
    expected = np.zeros((20, 40), bool)
    expected[5:10, 20:30] = True
    assert (np.array(lit) == expected).all()


def test_places_without_an_image_stay_black() -> None:
    strips = render_digits(IMAGES[:0], DigitLayout("half", 2, 2, 8, 4))
    assert [strip.text for strip in strips] == [" " * 16] * 8


def test_the_same_images_give_the_same_strips() -> None:
    layout = DigitLayout("quad", 4, 4, 10, 5)
    assert render_digits(IMAGES, layout) == render_digits(IMAGES.copy(), layout)


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
