"""Where the parts of the dashboard go at any size."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations

import pytest
from textual.geometry import Region

from tui.screens.layout import ScreenLayout, layout_for

INSTEAD = ("preparation", "notice")
"""What is shown in place of the other parts."""


def places(layout: ScreenLayout) -> dict[str, Region]:
    """The parts that are visible once the run trains."""
    parts = {field.name: getattr(layout, field.name) for field in fields(layout)}
    return {
        name: part
        for name, part in parts.items()
        if isinstance(part, Region) and name not in INSTEAD
    }


@pytest.mark.parametrize(
    ("columns", "rows", "grid", "mode"),
    [
        (60, 20, (32, 16), "quad"),
        (80, 24, (40, 20), "quad"),
        (120, 40, (72, 36), "half"),
        (200, 60, (112, 56), "half"),
    ],
    ids=str,
)
def test_all_sixteen_digits_show_at_the_sizes_people_use(
    columns: int, rows: int, grid: tuple[int, int], mode: str
) -> None:
    layout = layout_for(columns, rows)

    assert layout.digits is not None
    assert layout.digit_layout is not None
    assert layout.digits.size == grid
    assert layout.digits.right == columns
    assert (layout.digit_layout.across, layout.digit_layout.mode) == (4, mode)


def test_at_80_by_24_the_charts_have_the_other_half() -> None:
    layout = layout_for(80, 24)

    assert layout.sparklines == Region(0, 1, 40, 5)
    assert layout.chart == Region(0, 6, 40, 15)
    assert layout.log == Region(0, 21, 80, 1)


def test_at_120_by_40_the_log_has_several_lines() -> None:
    log = layout_for(120, 40).log

    assert log is not None
    assert log.width == 48
    assert log.height >= 8


def test_the_room_under_the_digits_goes_to_the_log() -> None:
    layout = layout_for(80, 50)

    assert layout.log is not None
    assert layout.digits is not None
    assert layout.log.x == layout.digits.x
    assert layout.log.y > layout.digits.bottom


@pytest.mark.parametrize("columns", [1, 20, 29, 30, 40, 59, 60, 79, 80, 100, 120, 200, 300])
def test_no_two_parts_overlap_and_none_leaves_the_screen(columns: int) -> None:
    for rows in (*range(1, 66), 100, 300):
        screen = Region(0, 0, columns, rows)
        layout = layout_for(columns, rows)

        for region in [getattr(layout, field.name) for field in fields(layout)]:
            if isinstance(region, Region):
                assert screen.contains_region(region)
                assert region.area
        for (one, here), (other, there) in combinations(places(layout).items(), 2):
            assert not here.overlaps(there), (rows, one, other)


@pytest.mark.parametrize("columns", [30, 44, 60, 80, 133])
@pytest.mark.parametrize("rows", [8, 12, 20, 48])
def test_the_digits_fill_their_place_exactly(columns: int, rows: int) -> None:
    layout = layout_for(columns, rows)

    assert (layout.digits is None) == (layout.digit_layout is None)
    if layout.digits and layout.digit_layout:
        assert layout.digits.size == (layout.digit_layout.columns, layout.digit_layout.rows)


@pytest.mark.parametrize(("columns", "rows"), [(29, 8), (30, 7), (1, 1), (20, 5), (300, 7)])
def test_below_the_least_size_only_the_notice_shows(columns: int, rows: int) -> None:
    layout = layout_for(columns, rows)

    assert layout.notice == Region(0, 0, columns, rows)
    assert not places(layout)


@pytest.mark.parametrize(("columns", "rows"), [(30, 8), (40, 12), (60, 17), (59, 40)])
def test_a_small_terminal_still_has_the_numbers_and_the_keys(columns: int, rows: int) -> None:
    visible = places(layout_for(columns, rows))

    assert {"header", "sparklines", "status", "keys"} <= visible.keys()
    assert visible["sparklines"].height == 5
