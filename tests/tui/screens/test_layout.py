"""Where the parts of the dashboard go at any size."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations
from typing import Literal

import pytest
from textual.geometry import Region

from tui.model.view import View
from tui.screens.layout import Contents, ScreenLayout, layout_for, toasts_in

INSTEAD = ("preparation", "notice")
"""What is shown in place of the other parts."""


def test_without_images_the_charts_have_the_whole_width() -> None:
    for columns, rows in ((60, 18), (80, 24), (120, 40), (200, 60)):
        layout = layout_for(columns, rows, contents=Contents(has_images=False))

        assert layout.digits is None
        assert layout.chart is not None
        assert layout.chart.width == columns
        assert layout.log is not None


def test_without_images_no_view_fills_the_screen_with_them() -> None:
    layout = layout_for(80, 24, View(full_screen=True), Contents(has_images=False))

    assert layout.chart is not None


@pytest.mark.parametrize(("rows", "most"), [(12, 5), (18, 5), (24, 6), (40, 10), (60, 15)])
def test_of_many_sparklines_so_many_are_shown_that_the_chart_keeps_its_place(
    rows: int, most: int
) -> None:
    layout = layout_for(120, rows, contents=Contents(sparklines=60))

    assert layout.sparklines is not None
    assert layout.sparklines.height == most


def test_of_few_sparklines_the_chart_has_the_room() -> None:
    few, many = (layout_for(80, 24, contents=Contents(sparklines=n)).chart for n in (2, 5))

    assert few is not None
    assert many is not None
    assert few.height == many.height + 3


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
@pytest.mark.parametrize(
    "contents",
    [
        Contents(),
        Contents(quality="distances", captioned=True),
        Contents(quality="census", sparklines=4),
    ],
    ids=["usual", "distances", "census"],
)
def test_no_two_parts_overlap_and_none_leaves_the_screen(columns: int, contents: Contents) -> None:
    for rows in (*range(1, 66), 100, 300):
        screen = Region(0, 0, columns, rows)
        layout = layout_for(columns, rows, contents=contents)

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


MEASURED = Contents(quality="census")


@pytest.mark.parametrize(
    ("columns", "rows", "quality", "chart_rows"),
    [
        (30, 8, 0, 0),
        (40, 12, 2, 0),
        (60, 18, 1, 8),
        (80, 24, 2, 13),
        (100, 30, 2, 14),
        (120, 40, 6, 15),
        (200, 60, 8, 29),
        (80, 50, 8, 32),
    ],
)
def test_the_quality_has_rows_of_its_own_at_the_sizes_people_use(
    columns: int, rows: int, quality: int, chart_rows: int
) -> None:
    layout = layout_for(columns, rows, contents=MEASURED)

    assert (layout.quality.height if layout.quality else 0) == quality
    assert (layout.chart.height if layout.chart else 0) == chart_rows


@pytest.mark.parametrize(
    ("columns", "rows", "wanted", "machine", "chart_rows"),
    [
        (80, 24, 0, 0, 15),
        (80, 24, 3, 1, 14),
        (120, 40, 0, 1, 20),
        (120, 40, 3, 3, 18),
        (120, 40, 65, 7, 14),
        (200, 60, 9, 9, 27),
    ],
)
def test_machines_have_as_many_rows_as_leave_a_tall_chart(
    columns: int, rows: int, wanted: int, machine: int, chart_rows: int
) -> None:
    layout = layout_for(columns, rows, contents=Contents(machine=wanted))

    assert (layout.machine.height if layout.machine else 0) == machine
    assert (layout.chart.height if layout.chart else 0) == chart_rows


def test_images_without_classes_need_less_room() -> None:
    layout = layout_for(120, 40, contents=Contents(quality="distances"))

    assert layout.quality is not None
    assert layout.quality.height == 4


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (80, 24), (120, 40), (200, 60)], ids=str)
def test_before_an_evaluation_its_room_goes_to_the_others(size: tuple[int, int]) -> None:
    assert layout_for(*size).quality is None
    assert layout_for(*size, contents=Contents()) == layout_for(*size)


def test_a_sparkline_less_is_a_row_more_for_the_chart() -> None:
    usual, fewer = layout_for(80, 24), layout_for(80, 24, contents=Contents(sparklines=4))

    assert usual.chart is not None
    assert fewer.chart is not None
    assert fewer.chart == Region(0, 5, 40, usual.chart.height + 1)


def test_a_caption_is_placed_at_any_size_of_the_whole_dashboard_if_it_is_needed() -> None:
    contents = Contents(captioned=True)

    assert layout_for(80, 24).caption is None
    assert layout_for(80, 24, contents=contents).caption == Region(40, 21, 40, 1)


@pytest.mark.parametrize("columns", [30, 44, 60, 80, 120, 200])
@pytest.mark.parametrize("rows", [8, 12, 18, 24, 40, 60])
@pytest.mark.parametrize("quality", ["unknown", "census"])
def test_a_toast_hides_neither_the_log_nor_the_digits(
    columns: int, rows: int, quality: Literal["unknown", "census"]
) -> None:
    layout = layout_for(columns, rows, contents=Contents(captioned=True, quality=quality))
    toasts = toasts_in(layout, is_preparing=False)

    assert toasts is not None
    assert toasts.width >= min(columns, 28)
    assert toasts.height >= 3
    for name in ("header", "digits", "caption", "log", "status", "keys"):
        part = getattr(layout, name)
        assert part is None or not toasts.overlaps(part), name


def test_next_to_digits_that_fill_the_screen_there_is_room_for_toasts() -> None:
    layout = layout_for(200, 40, View(full_screen=True))
    toasts = toasts_in(layout, is_preparing=False)

    assert toasts is not None
    assert layout.digits is not None
    assert not toasts.overlaps(layout.digits)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_before_the_first_step_toasts_are_above_the_stages(size: tuple[int, int]) -> None:
    toasts = toasts_in(layout_for(*size), is_preparing=True)

    assert toasts is not None
    assert toasts.y == 1
    assert toasts.bottom <= size[1] // 3


def test_a_notice_leaves_toasts_the_whole_screen() -> None:
    assert toasts_in(layout_for(20, 5), is_preparing=False) is None
