"""The ramp of greys."""

import numpy as np
from rich.color import ColorSystem, ColorType

from tui.render import greys

EVERY_BRIGHTNESS = np.arange(256, dtype=np.uint8)


def test_a_brighter_pixel_never_gets_a_darker_level() -> None:
    levels = greys.quantise(EVERY_BRIGHTNESS).astype(int)
    assert (np.diff(levels) >= 0).all()


def test_every_level_is_used_and_black_and_white_are_exact() -> None:
    levels = greys.quantise(EVERY_BRIGHTNESS)
    assert set(levels.tolist()) == set(range(greys.LEVELS))
    assert greys.BRIGHTNESS[levels[[0, 255]]].tolist() == [0, 255]


def test_no_pixel_is_further_from_its_grey_than_half_the_widest_gap() -> None:
    shown = greys.BRIGHTNESS[greys.quantise(EVERY_BRIGHTNESS)].astype(int)
    assert np.abs(shown - EVERY_BRIGHTNESS).max() == 8


def test_the_greys_are_palette_colours_with_the_triplet_that_the_terminal_shows() -> None:
    """Without the triplet Textual would send them as 24-bit colours."""
    for color in greys.colors():
        assert color.type is ColorType.EIGHT_BIT
        assert color.triplet is not None
        assert color.number is not None
        plain = type(color).from_ansi(color.number)
        assert plain.get_truecolor() == color.triplet


def test_a_style_is_sent_as_palette_numbers_in_24_bit_terminals_too() -> None:
    style = greys.styles()[25][0]
    assert style.render("x", color_system=ColorSystem.TRUECOLOR) == "\x1b[38;5;231;48;5;16mx\x1b[0m"


def test_a_style_of_one_level_sets_no_foreground() -> None:
    assert greys.styles()[7][7].color is None


def test_the_table_of_styles_is_built_once() -> None:
    assert greys.styles() is greys.styles()
