"""The colours of the drawings."""

from itertools import pairwise

from rich.color import Color, ColorSystem

from tui.render import palette


def test_the_lines_are_blue_and_orange_in_256_colours_too() -> None:
    numbers = [
        Color.parse(color).downgrade(ColorSystem.EIGHT_BIT).number
        for color in (palette.D_COLOR, palette.G_COLOR)
    ]
    assert numbers == [74, 208]


def test_the_bands_and_their_overlap_are_told_apart_by_brightness_alone() -> None:
    for d_band, g_band in (
        (Color.parse(palette.D_BAND), Color.parse(palette.G_BAND)),
        (palette.D_BAND_256, palette.G_BAND_256),
    ):
        overlap = palette.overlap_of([d_band, g_band])
        brightness = [sum(c.get_truecolor()) for c in (d_band, g_band, overlap)]
        assert all(darker < lighter for darker, lighter in pairwise(sorted(brightness)))


def test_the_overlap_is_what_it_is_named() -> None:
    bands = [Color.parse(palette.D_BAND), Color.parse(palette.G_BAND)]
    assert palette.overlap_of(bands).get_truecolor().hex == palette.OVERLAP_BAND


def test_one_band_alone_keeps_its_form() -> None:
    assert palette.overlap_of([palette.D_BAND_256]) is palette.D_BAND_256


def test_a_colour_has_a_dim_band_of_its_own() -> None:
    assert palette.band_of("#ff8000").get_truecolor() == (66, 33, 0)
