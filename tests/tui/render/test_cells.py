"""Pixels as cells of two greys."""

import itertools

import numpy as np
import pytest

from tui.render import greys
from tui.render.cells import PIXELS_PER_CELL, GlyphMode, to_cells, to_strips

W = 255
MODES: tuple[GlyphMode, ...] = ("half", "quad")


def _art(rows: list[list[int]], mode: GlyphMode) -> list[str]:
    cells = to_cells(np.array(rows, np.uint8), mode)
    return ["".join(row) for row in cells.glyphs.tolist()]


def test_half_blocks_show_every_pair_of_black_and_white() -> None:
    assert _art([[0, W, 0, W], [0, 0, W, W]], "half") == [" ▀▄ "]


def test_quadrants_show_every_mask_of_black_and_white() -> None:
    columns = [[[a, b], [c, d]] for d, c, b, a in itertools.product((0, W), repeat=4)]
    assert _art(np.hstack(columns).tolist(), "quad") == [" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟ "]


def test_half_blocks_keep_every_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9), np.uint8)
    cells = to_cells(pixels, "half")
    upper = np.where(cells.glyphs == "▀", cells.foreground, cells.background)
    lower = np.where(cells.glyphs == "▄", cells.foreground, cells.background)
    assert (upper == greys.quantise(pixels[0::2])).all()
    assert (lower == greys.quantise(pixels[1::2])).all()


def test_the_split_of_a_quadrant_is_the_best_of_all() -> None:
    """Against every one of the masks, by squared error."""
    pixels = np.random.default_rng(1).integers(0, 256, (2, 400), np.uint8)
    cells = to_cells(pixels, "quad")
    masks = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
    for column in range(200):
        four = pixels[:, 2 * column : 2 * column + 2].ravel().astype(float)
        errors = {
            glyph: sum(
                (group - group.mean()).dot(group - group.mean())
                for bright in (False, True)
                if (group := four[[bool(mask >> i & 1) is bright for i in range(4)]]).size
            )
            for mask, glyph in enumerate(masks)
        }
        glyph = cells.glyphs[0, column]
        if glyph != " ":
            assert errors[glyph] == pytest.approx(min(errors.values()))


def test_a_cell_of_one_grey_is_a_blank_on_that_grey() -> None:
    cells = to_cells(np.full((2, 2), 118, np.uint8), "quad")
    assert cells.glyphs.tolist() == [[" "]]
    assert cells.foreground.tolist() == cells.background.tolist() == [[12]]


def test_greys_too_close_to_tell_apart_are_one() -> None:
    assert _art([[118, 119], [117, 118]], "quad") == [" "]


def test_bright_is_always_in_front() -> None:
    pixels = np.random.default_rng(2).random((20, 20)) * 255
    for mode in MODES:
        cells = to_cells(pixels, mode)
        assert (cells.foreground >= cells.background).all()


def test_pixels_beyond_black_and_white_are_cut_off() -> None:
    cells = to_cells(np.array([[-40.0], [300.0]]), "half")
    assert cells.background.tolist() == [[0]]
    assert cells.foreground.tolist() == [[25]]


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_part_of_a_cell_is_refused_by_its_size(mode: GlyphMode) -> None:
    with pytest.raises(ValueError, match="3 x 5 pixels is not whole cells"):
        to_cells(np.zeros((5, 3), np.uint8), mode)


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_nothing_has_no_strips(mode: GlyphMode) -> None:
    assert to_strips(to_cells(np.zeros((0, 0), np.uint8), mode)) == []


@pytest.mark.parametrize("mode", MODES)
def test_strips_are_as_wide_as_the_cells(mode: GlyphMode) -> None:
    across, down = PIXELS_PER_CELL[mode]
    pixels = np.random.default_rng(3).integers(0, 256, (6 * down, 7 * across), np.uint8)
    strips = to_strips(to_cells(pixels, mode))
    assert [strip.cell_length for strip in strips] == [7] * 6


def test_a_black_image_is_one_segment_a_row() -> None:
    strips = to_strips(to_cells(np.zeros((8, 50), np.uint8), "half"))
    assert [len(list(strip)) for strip in strips] == [1] * 4
