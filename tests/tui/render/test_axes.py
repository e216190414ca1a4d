"""The frame of a chart."""

import pytest

from tui.render.axes import (
    Frame,
    draw_horizontal_axis,
    draw_vertical_axis,
    frame_of,
    vertical_ticks,
)
from tui.render.canvas import Canvas
from tui.render.scale import Scale
from tui.series.steps import Steps

SCALE = Scale(0.1, 10, log=True)


def _drawn(width: int, height: int, count: int, first: int = 1) -> list[str]:
    ticks = vertical_ticks(SCALE, height)
    frame = frame_of(width, height, ticks)
    canvas = Canvas.blank(width, height, (None,))
    draw_vertical_axis(canvas, frame, SCALE, ticks, 0)
    draw_horizontal_axis(canvas, frame, Steps(first, count, frame.columns), 0)
    return [strip.text for strip in canvas.strips()]


def test_a_whole_frame() -> None:
    assert _drawn(40, 9, 25_000) == [
        " 10┤                                    ",
        "   │                                    ",
        "   │                                    ",
        "  1┤                                    ",
        "   │                                    ",
        "   │                                    ",
        "0.1┤                                    ",
        "   └┬────────────┬────────────────────┬ ",
        "    1         10,000             25,000 ",
    ]


def test_a_low_frame_has_the_steps_on_the_axis() -> None:
    assert _drawn(30, 4, 500)[-1] == "   └1───────200───────────500 "


def test_where_one_step_has_room_it_is_the_last() -> None:
    assert _drawn(12, 3, 25_000)[-1].strip() == "└──25,000"


def test_a_narrow_frame_has_no_gutter() -> None:
    assert frame_of(9, 9, vertical_ticks(SCALE, 9)).gutter == 0


@pytest.mark.parametrize(
    ("height", "rows"), [(0, 0), (1, 1), (2, 2), (3, 2), (7, 6), (8, 6), (40, 38)]
)
def test_the_plot_goes_last(height: int, rows: int) -> None:
    frame = frame_of(40, height, ())
    assert (frame.rows, frame.axis_rows) == (rows, height - rows)


def test_a_frame_fills_its_width() -> None:
    for width in range(120):
        frame = frame_of(width, 12, vertical_ticks(SCALE, 12))
        assert frame.gutter + frame.columns + frame.names == width


def test_a_step_lies_in_its_share_of_the_columns() -> None:
    steps = Steps(first=101, count=50, columns=10)
    assert [steps.column(step) for step in (101, 105, 106, 150)] == [0, 0, 1, 9]


@pytest.mark.parametrize("step", [100, 151])
def test_a_step_beyond_the_axis_has_no_column(step: int) -> None:
    assert Steps(first=101, count=50, columns=10).column(step) is None


def test_no_steps_have_no_labels() -> None:
    assert _drawn(20, 8, 0)[-1].strip() == ""


def test_a_frame_of_nothing_draws_nothing() -> None:
    canvas = Canvas.blank(0, 0, (None,))
    draw_horizontal_axis(canvas, Frame(0, 0, 0, 0, 0), Steps(1, 0, 0), 0)
    assert canvas.strips() == []
