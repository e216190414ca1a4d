"""Pairs of pixels as plain characters."""

import numpy as np

from tui.render.characters import characters

EVERY = np.arange(0, 256, 5, dtype=float)
PAIRS = np.stack(np.meshgrid(EVERY, EVERY, indexing="ij"), axis=-1)


def _ink(glyphs: np.ndarray) -> np.ndarray:
    """How much there is of each, by their order."""
    return np.vectorize(" .':_\"=#".index)(glyphs)


def test_every_character_is_of_seven_bits() -> None:
    assert "".join(np.unique(characters(PAIRS))).isascii()


def test_black_is_a_blank_and_white_has_the_most_ink() -> None:
    assert characters(np.array([[0.0, 0.0], [255.0, 255.0]])).tolist() == [" ", "#"]


def test_a_pixel_of_its_own_has_its_ink_on_its_side() -> None:
    bright = np.arange(40, 256, dtype=float)
    dark = np.zeros(bright.size)
    assert set(characters(np.stack([bright, dark], axis=-1)).tolist()) <= set("'\"")
    assert set(characters(np.stack([dark, bright], axis=-1)).tolist()) <= set("._")


def test_a_brighter_pair_never_has_less_ink() -> None:
    ink = _ink(characters(np.stack([EVERY, EVERY], axis=-1)))
    assert (np.diff(ink) >= 0).all()


def test_brightness_beyond_black_and_white_is_cut_off() -> None:
    assert characters(np.array([[-90.0, -1.0], [256.0, 900.0]])).tolist() == [" ", "#"]


def test_any_shape_of_pairs_keeps_its_shape() -> None:
    assert characters(np.zeros((3, 5, 2))).shape == (3, 5)
    assert characters(np.zeros((0, 5, 2))).shape == (0, 5)
