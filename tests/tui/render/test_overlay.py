"""Lines of several runs on one axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.render.test_chart import _window
from tui.render.chart import BROKEN, CURSOR
from tui.render.overlay import Curve, OverlayOptions, overlay_chart, range_for, spaced
from tui.render.palette import RUN_COLORS

RED, BLUE = RUN_COLORS[6], RUN_COLORS[0]


def curve(mark: str, values: list[float], color: str = BLUE, first: int = 1) -> Curve:
    window = _window(values)
    averages = window.averages(0.0)
    return Curve(mark=mark, color=color, first=first, values=window, averages=averages)


def chart(curves: list[Curve], width: int = 40, height: int = 8, **options: Any) -> list[str]:
    chosen = {"y_range": (0.0, 1.0), "log": False, **options}
    last = chosen.pop("last_step", max((one.last for one in curves), default=0))
    rows = overlay_chart(curves, width, height, OverlayOptions(last_step=last, **chosen))
    assert [row.cell_length for row in rows] == [width] * height
    return [row.text for row in rows]


def test_two_level_lines_are_drawn_at_their_heights_with_their_letters() -> None:
    drawn = chart([curve("A", [1.0] * 50), curve("B", [0.0] * 50, RED)], width=30)

    assert drawn == [
        "1.0┤⠉⠉⠉⠉⠉⠉A⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉A",
        "   │                          ",
        "   │                          ",
        "0.5┤                          ",
        "   │                          ",
        "0.0┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀B⣀⣀⣀⣀⣀B",
        "   └┬────────┬─────────┬────┬ ",
        "    1       20        40   50 ",
    ]


def test_a_shorter_run_ends_where_it_ends() -> None:
    long, short = curve("A", [1.0] * 100), curve("B", [0.0] * 50)

    row = chart([long, short], width=44)[5]

    dots = [place for place, cell in enumerate(row[4:]) if cell != " "]
    assert 18 <= max(dots) <= 20


def test_a_run_of_one_step_among_long_ones_is_still_there() -> None:
    drawn = chart([curve("A", [1.0] * 100_000), curve("B", [0.0])])

    assert "B" in drawn[5]


def test_a_run_that_begins_later_is_drawn_where_it_begins() -> None:
    row = chart([curve("A", [1.0] * 100), curve("B", [0.0] * 50, first=51)], width=44)[5]

    assert row[4:22].strip() == ""
    assert row[24:].strip() != ""


def test_letters_say_which_line_is_which_without_colours() -> None:
    curves = [curve(mark, [0.5] * 500) for mark in "ABCD"]

    text = "".join(chart(curves, width=120))

    assert all(text.count(mark) >= 3 for mark in "ABCD")


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ([], []),
        ([3, 5], [3, 5]),
        ([4, 4, 4], [3, 4, 5]),
        ([0, 0, 0], [0, 1, 2]),
        ([9, 9, 9], [7, 8, 9]),
        ([2, 4, 4, 5], [2, 3, 4, 5]),
        (list(range(12)), list(range(10))),
    ],
)
def test_labels_stand_around_the_row_that_they_want(wanted: list[int], rows: list[int]) -> None:
    assert spaced(wanted, 10) == rows


@given(st.lists(st.integers(0, 9), max_size=10).map(sorted))
def test_labels_are_on_different_rows_in_their_order(wanted: list[int]) -> None:
    rows = spaced(wanted, 10)

    assert len(rows) == len(wanted)
    assert rows == sorted(set(rows))
    assert all(0 <= row < 10 for row in rows)


def test_where_lines_coincide_each_colour_is_seen() -> None:
    curves = [curve("A", [0.5] * 500, BLUE), curve("B", [0.5] * 500, RED)]

    rows = overlay_chart(
        curves, 80, 8, OverlayOptions(y_range=(0.0, 1.0), log=False, last_step=500)
    )

    colors = {segment.style.color.name for row in rows for segment in row if "⠉" in segment.text}
    assert colors == {BLUE, RED}


def test_points_are_joined_and_nothing_is_drawn_outside_them() -> None:
    points = Curve(mark="A", color=BLUE, first=40, points=[(40, 0.5), (60, 0.5)])

    drawn = chart([points], width=44, last_step=100)

    cells = [place for row in drawn[:6] for place, cell in enumerate(row[4:]) if cell not in " │"]
    assert 14 <= min(cells) <= 17
    assert max(cells) <= 26


@pytest.mark.parametrize("values", [[np.nan, np.inf], [], [np.nan]])
def test_points_without_a_finite_value_draw_no_line(values: list[float]) -> None:
    points = Curve(mark="A", color=BLUE, points=list(enumerate(values, 1)))

    assert "A" not in "".join(chart([points], last_step=10))


def test_a_non_finite_loss_is_a_gap_with_a_mark_on_the_axis() -> None:
    drawn = chart([curve("A", [*[0.5] * 50, *[np.nan] * 50])], width=44)

    assert drawn[6].count(BROKEN) >= 10
    assert all(cell == " " for cell in drawn[3][26:])


def test_the_cursor_hides_no_line() -> None:
    without = chart([curve("A", [0.5] * 100)])
    drawn = chart([curve("A", [0.5] * 100)], cursor=50)

    assert sum(row.count(CURSOR) for row in drawn) > sum(row.count(CURSOR) for row in without)
    hidden = [
        (before, after)
        for old, new in zip(without, drawn, strict=True)
        for before, after in zip(old, new, strict=True)
        if before not in (" ", after)
    ]
    assert hidden == []


def test_without_values_the_axes_are_empty() -> None:
    assert "A" not in "".join(chart([curve("A", []), curve("B", [])]))
    assert "A" not in "".join(chart([]))


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (12, 3), (200, 40)])
def test_every_size_is_filled(size: tuple[int, int]) -> None:
    chart([curve("A", [0.1, 5.0, -3.0]), curve("B", [0.2] * 1000)], *size)


def test_the_range_is_kept_while_it_fits() -> None:
    low, high = curve("A", [0.2] * 10), curve("B", [0.8] * 10)
    first = range_for(None, [low, high], log=False)

    assert range_for(first, [low, high, curve("C", [0.5])], log=False) == first
