"""The block characters of every set of pixels, and plain characters of pairs."""

import itertools
import unicodedata
from typing import get_args

import numpy as np
import pytest
from rich.cells import cell_len

from tui.choices import BlockMode
from tui.render.glyphs import BLOCKS, PIXELS_PER_CELL, ascii_glyphs, masks

MODES: tuple[BlockMode, ...] = get_args(BlockMode)

ELSEWHERE = {
    # LEFT HALF and RIGHT HALF of the UPPER and of the LOWER ONE QUARTER BLOCK.
    "1": "\U0001cea8",
    "2": "\U0001ceab",
    "7": "\U0001cea3",
    "8": "\U0001cea0",
    # MIDDLE LEFT and MIDDLE RIGHT ONE QUARTER BLOCK.
    "35": "\U0001fbe6",
    "46": "\U0001fbe7",
    # UPPER and LOWER ONE QUARTER and THREE QUARTERS BLOCK.
    "12": "\U0001fb82",
    "78": "▂",
    "123456": "\U0001fb85",
    "345678": "▆",
    "": " ",
    "1234": "▀",
    "5678": "▄",
    "1357": "▌",
    "2468": "▐",
    "12345678": "█",
    "13": "▘",
    "24": "▝",
    "57": "▖",
    "68": "▗",
    "123468": "▜",
    "135678": "▙",
    "1368": "▚",
    "2457": "▞",
    "123457": "▛",
    "245678": "▟",
}
"""The 26 sets of eight pixels that Unicode 16 found among the older characters."""

AFTER_A_GAP = {
    0x1CD00: "3",
    0x1CD01: "23",
    0x1CD05: "124",
    0x1CD09: "5",
    0x1CD0D: "135",
    0x1CD20: "146",
    0x1CD36: "17",
    0x1CD45: "157",
    0x1CD49: "2357",
    0x1CD4D: "12457",
    0x1CD51: "67",
    0x1CD71: "18",
    0x1CD90: "168",
    0x1CD94: "2368",
    0x1CD98: "12468",
    0x1CD9C: "568",
    0x1CDAC: "178",
    0x1CDDB: "15678",
    0x1CDDF: "235678",
    0x1CDE3: "1245678",
    0x1CDE4: "1345678",
    0x1CDE5: "2345678",
}
"""The BLOCK OCTANT after each set that has an older character, by its Unicode 16 name.

The names run in the order of the masks, so a set that was left out or left in by mistake would
shift every one from there on.
"""


def _mask(numbers: str) -> int:
    return sum(1 << int(number) - 1 for number in numbers)


@pytest.mark.parametrize("mode", MODES)
def test_every_set_of_pixels_has_one_character_of_its_own(mode: BlockMode) -> None:
    across, down = PIXELS_PER_CELL[mode]
    assert len(BLOCKS[mode]) == len(set(BLOCKS[mode].tolist())) == 2 ** (across * down)


@pytest.mark.parametrize("mode", MODES)
def test_every_mask_comes_back_from_its_character(mode: BlockMode) -> None:
    known = masks(mode)
    assert [known[glyph] for glyph in BLOCKS[mode].tolist()] == list(range(len(BLOCKS[mode])))
    assert [BLOCKS[mode][mask] for mask in known.values()] == list(known)


@pytest.mark.parametrize("mode", MODES)
def test_every_character_takes_one_cell(mode: BlockMode) -> None:
    assert {cell_len(glyph) for glyph in BLOCKS[mode].tolist()} == {1}


@pytest.mark.parametrize("mode", MODES)
def test_no_pixels_are_a_blank_and_all_of_them_a_full_block(mode: BlockMode) -> None:
    assert (BLOCKS[mode][0], BLOCKS[mode][-1]) == (" ", "█")


def test_quadrants_light_the_quarters_in_their_names() -> None:
    quarters = ("UPPER LEFT", "UPPER RIGHT", "LOWER LEFT", "LOWER RIGHT")
    for glyph, mask in masks("quad").items():
        name = unicodedata.name(glyph)
        if name.startswith("QUADRANT"):
            assert mask == sum((quarter in name) << i for i, quarter in enumerate(quarters))


def test_sextants_light_the_pixels_in_their_names() -> None:
    named = {
        mask: name
        for glyph, mask in masks("sextant").items()
        if "SEXTANT" in (name := unicodedata.name(glyph))
    }
    assert len(named) == 60
    for mask, name in named.items():
        assert mask == _mask(name.removeprefix("BLOCK SEXTANT-"))


def test_sextants_of_one_half_are_the_older_half_blocks() -> None:
    assert BLOCKS["sextant"][_mask("135")] == "▌"
    assert BLOCKS["sextant"][_mask("246")] == "▐"


def test_octants_that_are_older_are_the_characters_of_before() -> None:
    old = {mask for glyph, mask in masks("octant").items() if not 0x1CD00 <= ord(glyph) <= 0x1CDE5}
    assert old == {_mask(numbers) for numbers in ELSEWHERE}
    for numbers, glyph in ELSEWHERE.items():
        assert BLOCKS["octant"][_mask(numbers)] == glyph


def test_new_octants_fill_their_range_in_the_order_of_their_masks() -> None:
    new = [ord(glyph) for glyph in BLOCKS["octant"].tolist() if 0x1CD00 <= ord(glyph) <= 0x1CDE5]
    assert new == list(range(0x1CD00, 0x1CDE6))


@pytest.mark.parametrize(("code", "numbers"), AFTER_A_GAP.items())
def test_an_octant_after_a_gap_lights_the_pixels_in_its_name(code: int, numbers: str) -> None:
    assert masks("octant")[chr(code)] == _mask(numbers)


def test_the_quarters_of_octants_are_the_quadrants() -> None:
    quarters = ("13", "24", "57", "68")
    for chosen in itertools.product((False, True), repeat=4):
        small = sum(lit << i for i, lit in enumerate(chosen))
        large = sum(_mask(quarter) for quarter, lit in zip(quarters, chosen, strict=True) if lit)
        assert BLOCKS["octant"][large] == BLOCKS["quad"][small]


EVERY = np.arange(0, 256, 5, dtype=float)
PAIRS = np.stack(np.meshgrid(EVERY, EVERY, indexing="ij"), axis=-1)


def _ink(glyphs: np.ndarray) -> np.ndarray:
    """How much there is of each, by their order."""
    return np.vectorize(" .':_\"=#".index)(glyphs)


def test_every_character_is_of_seven_bits() -> None:
    assert "".join(np.unique(ascii_glyphs(PAIRS))).isascii()


def test_black_is_a_blank_and_white_has_the_most_ink() -> None:
    assert ascii_glyphs(np.array([[0.0, 0.0], [255.0, 255.0]])).tolist() == [" ", "#"]


def test_a_pixel_of_its_own_has_its_ink_on_its_side() -> None:
    bright = np.arange(40, 256, dtype=float)
    dark = np.zeros(bright.size)
    assert set(ascii_glyphs(np.stack([bright, dark], axis=-1)).tolist()) <= set("'\"")
    assert set(ascii_glyphs(np.stack([dark, bright], axis=-1)).tolist()) <= set("._")


def test_a_brighter_pair_never_has_less_ink() -> None:
    ink = _ink(ascii_glyphs(np.stack([EVERY, EVERY], axis=-1)))
    assert (np.diff(ink) >= 0).all()


def test_brightness_beyond_black_and_white_is_cut_off() -> None:
    assert ascii_glyphs(np.array([[-90.0, -1.0], [256.0, 900.0]])).tolist() == [" ", "#"]


def test_any_shape_of_pairs_keeps_its_shape() -> None:
    assert ascii_glyphs(np.zeros((3, 5, 2))).shape == (3, 5)
    assert ascii_glyphs(np.zeros((0, 5, 2))).shape == (0, 5)
