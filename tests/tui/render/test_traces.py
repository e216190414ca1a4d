"""Lines and bands as marks in a grid."""

from itertools import pairwise

import numpy as np
import pytest

from tui.render.traces import band, braille, cell_row, line

NAN = np.nan


def _line(fractions: list[float], rows: int) -> list[str]:
    return ["".join(row) for row in braille(line(np.array(fractions), rows)).tolist()]


def _band(low: list[float], high: list[float], rows: int) -> list[str]:
    marks = band(np.array(low), np.array(high), rows)
    return ["".join(".#"[mark] for mark in row) for row in marks.tolist()]


def test_a_level_line_is_one_dot_high() -> None:
    assert _line([0, 0, 0, 0], 1) == ["⣀⣀"]


def test_a_rise_is_drawn_without_a_break() -> None:
    assert _line([0, 1], 1) == ["⡜"]


def test_a_fall_is_drawn_without_a_break() -> None:
    assert _line([1, 0], 1) == ["⢣"]


def test_a_slope_has_one_dot_in_each_column() -> None:
    dots = line(np.linspace(0, 1, 8), 2)
    assert dots.sum(axis=0).tolist() == [1] * 8


def test_neighbouring_columns_always_touch() -> None:
    dots = line(np.random.default_rng(0).random(200), 10)
    rows = [np.flatnonzero(column) for column in dots.T]
    for left, right in pairwise(rows):
        assert left.max() >= right.min() - 1
        assert right.max() >= left.min() - 1


def test_what_is_unknown_is_a_gap() -> None:
    assert _line([0, 0, NAN, NAN, 0, NAN], 1) == ["⣀ ⡀"]


def test_a_line_beyond_the_grid_follows_its_edge() -> None:
    assert _line([9, 9, 9, 9], 1) == ["⠉⠉"]
    assert _line([-9, -9, -9, -9], 1) == ["⣀⣀"]


def test_a_band_reaches_from_low_to_high() -> None:
    assert _band([0, 0, 1], [0, 1, 1], 2) == [".##", ".#.", ".#.", "##."]


def test_a_column_of_nothing_has_no_band() -> None:
    assert _band([NAN], [NAN], 1) == [".", "."]


def test_a_band_beyond_the_grid_is_drawn_at_the_edge() -> None:
    assert _band([2, -3], [3, -2], 1) == ["#.", ".#"]


@pytest.mark.parametrize(("fraction", "row"), [(1, 0), (0, 4), (0.5, 2), (7, 0), (-7, 4)])
def test_the_row_of_a_fraction(fraction: float, row: int) -> None:
    assert cell_row(fraction, 5) == row
