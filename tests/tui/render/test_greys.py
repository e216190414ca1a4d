"""The greys, and their styles."""

from typing import get_args

import numpy as np
import pytest
from rich.color import ColorSystem, ColorType
from rich.style import Style

from tui.render import greys
from tui.render.greys import Depth

EVERY_BRIGHTNESS = np.arange(256, dtype=np.uint8)
DEPTHS: tuple[Depth, ...] = get_args(Depth)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_brighter_pixel_never_gets_a_darker_level(depth: Depth) -> None:
    levels = greys.quantise(EVERY_BRIGHTNESS, depth).astype(int)
    assert (np.diff(levels) >= 0).all()


@pytest.mark.parametrize(("depth", "count"), [("greys", 26), ("sixteen", 4), ("mono", 2)])
def test_every_level_is_used_and_black_and_white_are_exact(depth: Depth, count: int) -> None:
    levels = greys.quantise(EVERY_BRIGHTNESS, depth)
    assert set(levels.tolist()) == set(range(count))
    assert greys.BRIGHTNESS[depth][levels[[0, 255]]].tolist() == [0, 255]


def test_no_pixel_is_further_from_its_grey_than_half_the_widest_gap() -> None:
    shown = greys.BRIGHTNESS["greys"][greys.quantise(EVERY_BRIGHTNESS)].astype(int)
    assert np.abs(shown - EVERY_BRIGHTNESS).max() == 8


def test_the_four_greys_change_where_rich_changes_them() -> None:
    levels = greys.quantise(EVERY_BRIGHTNESS, "sixteen").astype(int)
    assert (np.flatnonzero(np.diff(levels)) + 1).tolist() == [43, 128, 213]


def test_the_greys_are_palette_colours_with_the_triplet_that_the_terminal_shows() -> None:
    """Without the triplet Textual would send them as 24-bit colours."""
    for color in greys.colors():
        assert color.type is ColorType.EIGHT_BIT
        assert color.triplet is not None
        assert color.number is not None
        plain = type(color).from_ansi(color.number)
        assert plain.get_truecolor() == color.triplet


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_a_style_is_sent_as_palette_numbers_in_24_bit_terminals_too(system: ColorSystem) -> None:
    style = greys.styles()[25][0]
    assert style.render("x", color_system=system) == "\x1b[38;5;231;48;5;16mx\x1b[0m"


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.STANDARD])
def test_sixteen_colours_are_sent_as_black_two_greys_and_white(system: ColorSystem) -> None:
    styles = greys.styles("sixteen")
    assert styles[1][0].render("x", color_system=system) == "\x1b[90;40mx\x1b[0m"
    assert styles[3][2].render("x", color_system=system) == "\x1b[97;47mx\x1b[0m"


@pytest.mark.parametrize("depth", ["greys", "sixteen"])
def test_a_style_of_one_level_sets_no_foreground(depth: Depth) -> None:
    for level in range(len(greys.BRIGHTNESS[depth])):
        assert greys.styles(depth)[level][level].color is None


def test_without_colours_no_style_sets_anything() -> None:
    assert greys.colors("mono") == ()
    assert greys.styles("mono") == ((Style.null(),) * 2,) * 2


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_table_of_styles_is_built_once(depth: Depth) -> None:
    assert greys.styles(depth) is greys.styles(depth)
