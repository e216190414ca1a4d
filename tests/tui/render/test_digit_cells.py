"""Pixels as cells of two greys, of ink, or of plain characters."""

import itertools
from typing import get_args

import numpy as np
import pytest
from rich.cells import cell_len
from rich.style import Style

from tui.choices import BlockMode, GlyphMode
from tui.render import greys
from tui.render.digits import Cells, to_cells, to_strips
from tui.render.glyphs import BLOCKS, PIXELS_PER_CELL, masks
from tui.render.greys import Depth

W = 255
MODES: tuple[GlyphMode, ...] = get_args(GlyphMode)
BLOCK_MODES: tuple[BlockMode, ...] = get_args(BlockMode)
DEPTHS: tuple[Depth, ...] = get_args(Depth)


def _art(rows: list[list[int]], mode: GlyphMode, depth: Depth = "greys") -> list[str]:
    cells = to_cells(np.array(rows, np.uint8), mode, depth)
    return ["".join(row) for row in cells.glyphs.tolist()]


def _noise(mode: GlyphMode, rows: int = 6, columns: int = 7) -> np.ndarray:
    across, down = PIXELS_PER_CELL[mode]
    shape = rows * down, columns * across
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


def _every_mask(mode: BlockMode) -> np.ndarray:
    """A row of cells of black and white pixels, one for each mask in order."""
    across, down = PIXELS_PER_CELL[mode]
    bits = np.arange(len(BLOCKS[mode]))[:, None] >> np.arange(across * down) & 1
    return np.hstack((bits * W).reshape(-1, down, across).astype(np.uint8))


def _shown(cells: Cells, mode: BlockMode) -> np.ndarray:
    """The level of each pixel, as a terminal would draw it."""
    across, down = PIXELS_PER_CELL[mode]
    rows, columns = cells.glyphs.shape
    known = np.vectorize(masks(mode).get)(cells.glyphs)[..., None]
    lit = known >> np.arange(across * down) & 1
    levels = np.where(lit == 1, cells.foreground[..., None], cells.background[..., None])
    blocks = levels.reshape(rows, columns, down, across).swapaxes(1, 2)
    return blocks.reshape(rows * down, columns * across)


def _error(pixels: np.ndarray, mask: int) -> float:
    """The squared error of two groups of pixels, each in its own mean."""
    bright = np.array([bool(mask >> i & 1) for i in range(pixels.size)])
    groups = [group for group in (pixels[bright], pixels[~bright]) if group.size]
    return sum(float(((group - group.mean()) ** 2).sum()) for group in groups)


def test_half_blocks_show_every_pair_of_black_and_white() -> None:
    assert _art([[0, W, 0, W], [0, 0, W, W]], "half") == [" ▀▄ "]


def test_quadrants_show_every_mask_of_black_and_white() -> None:
    columns = [[[a, b], [c, d]] for d, c, b, a in itertools.product((0, W), repeat=4)]
    assert _art(np.hstack(columns).tolist(), "quad") == [" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟ "]


@pytest.mark.parametrize("mode", BLOCK_MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_mask_of_black_and_white_is_shown_as_it_is(mode: BlockMode, depth: Depth) -> None:
    pixels = _every_mask(mode)
    shown = _shown(to_cells(pixels, mode, depth), mode)
    assert (greys.BRIGHTNESS[depth][shown] == pixels).all()


@pytest.mark.parametrize("depth", ["greys", "sixteen"])
def test_half_blocks_keep_every_pixel(depth: Depth) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9), np.uint8)
    shown = _shown(to_cells(pixels, "half", depth), "half")
    assert (shown == greys.quantise(pixels, depth)).all()


@pytest.mark.parametrize("mode", BLOCK_MODES)
def test_the_split_of_a_cell_is_the_best_of_all(mode: BlockMode) -> None:
    """Against every one of the masks, by squared error."""
    across, _ = PIXELS_PER_CELL[mode]
    pixels = _noise(mode, rows=1, columns=40)
    glyphs = to_cells(pixels, mode).glyphs[0].tolist()
    assert glyphs.count(" ") < 10
    for column, glyph in enumerate(glyphs):
        cell = pixels[:, across * column : across * (column + 1)].ravel().astype(float)
        best = min(_error(cell, mask) for mask in range(len(BLOCKS[mode])))
        if glyph != " ":
            assert _error(cell, masks(mode)[glyph]) == pytest.approx(best)


def test_a_cell_of_one_grey_is_a_blank_on_that_grey() -> None:
    cells = to_cells(np.full((2, 2), 118, np.uint8), "quad")
    assert cells.glyphs.tolist() == [[" "]]
    assert cells.foreground.tolist() == cells.background.tolist() == [[12]]


def test_greys_too_close_to_tell_apart_are_one() -> None:
    assert _art([[118, 119], [117, 118]], "quad") == [" "]
    assert _art([[100, 60], [70, 120]], "quad", "sixteen") == [" "]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_bright_is_always_in_front(mode: GlyphMode, depth: Depth) -> None:
    cells = to_cells(_noise(mode), mode, depth)
    assert (cells.foreground >= cells.background).all()


def test_pixels_beyond_black_and_white_are_cut_off() -> None:
    cells = to_cells(np.array([[-40.0], [300.0]]), "half")
    assert cells.background.tolist() == [[0]]
    assert cells.foreground.tolist() == [[25]]


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_part_of_a_cell_is_refused_by_its_size(mode: GlyphMode) -> None:
    with pytest.raises(ValueError, match="3 x 5 pixels does not divide into cells"):
        to_cells(np.zeros((5, 3), np.uint8), mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_an_image_of_nothing_has_no_strips(mode: GlyphMode, depth: Depth) -> None:
    assert to_strips(to_cells(np.zeros((0, 0), np.uint8), mode, depth)) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_strips_are_as_wide_as_the_cells(mode: GlyphMode, depth: Depth) -> None:
    strips = to_strips(to_cells(_noise(mode), mode, depth))
    assert [strip.cell_length for strip in strips] == [7] * 6
    assert [cell_len(strip.text) for strip in strips] == [7] * 6


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_an_image_that_did_not_change_has_equal_strips(mode: GlyphMode, depth: Depth) -> None:
    pixels = _noise(mode)
    before, after = (to_strips(to_cells(image, mode, depth)) for image in (pixels, pixels.copy()))
    assert before == after


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_black_image_is_one_segment_of_blanks_a_row(mode: GlyphMode, depth: Depth) -> None:
    across, down = PIXELS_PER_CELL[mode]
    strips = to_strips(to_cells(np.zeros((4 * down, 50 * across), np.uint8), mode, depth))
    assert [strip.text for strip in strips] == [" " * 50] * 4
    assert [len(list(strip)) for strip in strips] == [1] * 4


@pytest.mark.parametrize("mode", MODES)
def test_without_colours_nothing_has_a_colour(mode: GlyphMode) -> None:
    strips = to_strips(to_cells(_noise(mode), mode, "mono"))
    assert [[segment.style for segment in strip] for strip in strips] == [[Style.null()]] * 6


def test_ink_is_what_is_nearer_to_the_bright_part_of_the_image() -> None:
    assert _art([[90, 90, 150, 150], [90, 150, 90, 150]], "half", "mono") == [" ▄▀█"]
    assert _art([[10, 10, 200, 200], [10, 90, 90, 200]], "half", "mono") == ["  ▀█"]


def test_dim_noise_is_no_ink() -> None:
    dim = np.random.default_rng(0).integers(0, 60, (8, 8), np.uint8)
    assert _art(dim.tolist(), "half", "mono") == [" " * 8] * 4


def test_a_white_image_is_all_ink() -> None:
    assert _art([[W] * 4] * 2, "half", "mono") == ["████"]
    assert _art([[W, 200, W, 200]] * 2, "half", "mono") == ["████"]


@pytest.mark.parametrize("depth", DEPTHS)
def test_plain_characters_are_of_seven_bits_and_of_one_style(depth: Depth) -> None:
    strips = to_strips(to_cells(_noise("ascii"), "ascii", depth))
    assert all(strip.text.isascii() for strip in strips)
    assert [len(list(strip)) for strip in strips] == [1] * 6


def test_plain_characters_are_white_on_black_where_there_are_colours() -> None:
    cells = to_cells(_noise("ascii"), "ascii", "sixteen")
    assert set(cells.foreground.ravel().tolist()) == {3}
    assert set(cells.background.ravel().tolist()) == {0}
