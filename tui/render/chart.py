"""The loss chart: both losses on one axis, with no spike lost.

A line of braille dots is the moving average; behind it a dim band reaches from the minimum to the
maximum loss of each column, so that the trend, the spread and every outlier are visible. Pure:
equal arguments give equal strips, by which a widget finds the rows that need not be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from tui.render.axes import (
    Frame,
    draw_horizontal_axis,
    draw_vertical_axis,
    frame_of,
    vertical_ticks,
)
from tui.render.canvas import Canvas
from tui.render.palette import (
    ALERT_COLOR,
    AXIS_COLOR,
    MARK_COLOR,
    as_color,
    band_of,
    overlap_of,
)
from tui.render.scale import Scale
from tui.render.traces import DOTS_ACROSS, DOTS_DOWN, HALVES, band, braille, cell_row, line
from tui.series.bins import summarized
from tui.series.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.color import Color
    from textual.strip import Strip

    from tui.render.scale import Range
    from tui.series.bins import BinSummary
    from tui.series.window import Window

BROKEN: Final = "\N{MULTIPLICATION SIGN}"
"""On the axis of steps, below a column with a NaN or infinite loss."""

ABOVE: Final = "▲"
"""In the top row of a column whose maximum loss is beyond the axis."""

BELOW: Final = "▼"
"""In the bottom row of a column whose minimum loss is beyond the axis."""

CURSOR: Final = "│"
"""In the column of the cursor."""

_DASH: Final = 3 * DOTS_ACROSS
"""Period of a dashed line in dots."""

_NEAR: Final = 2
"""How many rows from the end of its line a letter may stand."""

_AXIS, _ALERT, _MARK, _FIRST_SERIES = 1, 2, 3, 4
"""Indices into the palette; 0 is no colour, and the bands come after the series."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of the chart."""

    name: str
    """Its first letter is drawn at the end of the line."""

    values: Window = field(repr=False)
    """One value for each step, from the first; may include NaN and infinities."""

    color: str | Color
    """Colour of the line."""

    band: str | Color | None = None
    """Colour behind the range from the minimum to the maximum; a dim form of `color` by default."""

    dashed: bool = False
    """Whether the line has gaps, which distinguishes it from another without colour."""

    skips: int | None = None
    """How many steps in a row may have no value because none was logged: a NaN is marked only if
    more have none up to the end. `None` if every NaN is a value."""

    connected: bool = False
    """Whether the line goes from each finite value to the next without a moving average, because
    the steps between have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartOptions:
    """The axes of a chart, and what is drawn besides its series."""

    y_range: Range
    """The ends of the vertical axis, from `tui.render.scale.sticky_range`."""

    log: bool = True
    """Whether the vertical axis is logarithmic."""

    first_step: int = 1
    """The step of the first value."""

    unit: str = ""
    """What the horizontal axis counts, written before its last number, if not steps."""

    smoothing: float = 0.98
    """Decay of the moving average, from 0 (none) to below 1."""

    marks: Sequence[tuple[int, str]] = ()
    """Steps of events, each with a character to draw on the axis."""

    cursor: int | None = None
    """The step at which to draw a vertical line."""

    bands: bool = True
    """Whether bands are drawn; without colours they would hide the lines."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """A series fitted to the columns of a plot; heights are 0 at the bottom and 1 at the top."""

    low: npt.NDArray[np.float64]
    """The height of each column's minimum."""

    high: npt.NDArray[np.float64]
    """The height of each column's maximum."""

    broken: npt.NDArray[np.bool_]
    """Columns with a non-finite value."""

    line: npt.NDArray[np.float64]
    """The height of the moving average in each column of dots; NaN is a gap."""


def loss_chart(
    series: Sequence[Series], width: int, height: int, options: ChartOptions
) -> list[Strip]:
    """Draw series on one axis.

    Args:
        series: At most six of equal length, later ones in front.
        width: Cells of each strip.
        height: Number of strips.
        options: The axes, and what is drawn besides the series.

    Returns:
        Exactly `height` strips of exactly `width` cells. Without values, empty axes.
    """
    count = min((one.values.count for one in series), default=0)
    scale = Scale(*options.y_range, options.log)
    ticks = vertical_ticks(scale, height)
    frame = frame_of(width, height, ticks)
    canvas = Canvas.blank(width, height, _palette(series))
    steps = Steps(options.first_step, count, frame.columns, options.unit)
    draw_vertical_axis(canvas, frame, scale, ticks, _AXIS)
    draw_horizontal_axis(canvas, frame, steps, _AXIS)
    if count and frame.columns and frame.rows:
        traces = [_trace(one, frame.columns, scale, options.smoothing) for one in series]
        _draw_plot(canvas, frame, traces, [one.dashed for one in series], bands=options.bands)
        _draw_cursor(canvas, frame, steps, options.cursor)
        _draw_names(canvas, frame, series, traces)
        _draw_marks(canvas, frame, steps, traces, options.marks)
    return canvas.strips()


def _palette(series: Sequence[Series]) -> tuple[Color | None, ...]:
    """No colour, axis, alert, mark, each series, and each set of bands that may overlap."""
    bands = [as_color(one.band) if one.band else band_of(one.color) for one in series]
    colors = [AXIS_COLOR, as_color(ALERT_COLOR), as_color(MARK_COLOR)]
    overlaps = [
        overlap_of([band for bit, band in enumerate(bands) if covering >> bit & 1])
        for covering in range(1, 1 << len(bands))
    ]
    return None, *colors, *(as_color(one.color) for one in series), *overlaps


def chart_frame(width: int, height: int, y_range: Range, *, log: bool) -> Frame:
    """How `loss_chart` divides its cells with these arguments."""
    return frame_of(width, height, vertical_ticks(Scale(*y_range, log), height))


def _trace(series: Series, columns: int, scale: Scale, smoothing: float) -> _Trace:
    """Fit one series to the plot."""
    values, dots = series.values, columns * DOTS_ACROSS
    summary = values.summary(columns)
    return _Trace(
        scale.fraction(summary.minimum),
        scale.fraction(summary.maximum),
        _broken(series, summary),
        _connected(scale.fraction(values.summary(dots).mean))
        if series.connected
        else line_heights(values.averages(smoothing), dots, scale),
    )


def _broken(series: Series, summary: BinSummary) -> npt.NDArray[np.bool_]:
    """The columns with a value that is no number."""
    broken = summary.broken > 0
    if series.skips is None:
        return broken
    known = np.flatnonzero(summary.finite)
    end = int(known[-1]) + 1 if known.size else 0
    missed = (broken.size - end) * series.values.count / max(broken.size, 1)
    has_ended = missed > series.skips and not series.connected
    return np.asarray(broken & has_ended & (np.arange(broken.size) >= end))


def _connected(heights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The heights with a straight line over every gap between two of them."""
    known = np.flatnonzero(np.isfinite(heights))
    if not known.size:
        return heights
    columns = np.arange(heights.size)
    return np.interp(columns, known, heights[known], left=np.nan, right=np.nan)


def line_heights(
    averages: npt.NDArray[np.float32], dots: int, scale: Scale
) -> npt.NDArray[np.float64]:
    """The height of the line in each column of dots.

    With fewer values than columns, the line is straight from one value to the next, with a gap in
    the columns nearest to a non-finite value.
    """
    if averages.size >= dots:
        return scale.fraction(summarized(averages, dots).mean)
    finite = np.isfinite(averages)
    if not finite.any():
        return np.full(dots, np.nan)
    places = (np.arange(averages.size) + 0.5) / averages.size * dots - 0.5
    columns = np.arange(dots)
    heights = np.interp(columns, places[finite], scale.fraction(averages[finite]))
    return np.where(finite[columns * averages.size // dots], heights, np.nan)


def _draw_plot(
    canvas: Canvas,
    frame: Frame,
    traces: Sequence[_Trace],
    dashed: Sequence[bool],
    *,
    bands: bool,
) -> None:
    """Draw the bands, the lines over them, and marks where a band extends beyond the plot."""
    place = np.s_[: frame.rows, frame.gutter : frame.gutter + frame.columns]
    lines = [
        _dashed(trace.line) if has_gaps else trace.line
        for trace, has_gaps in zip(traces, dashed, strict=True)
    ]
    dots = np.stack([line(one, frame.rows) for one in lines])
    halves = _overlapping([band(trace.low, trace.high, frame.rows) for trace in traces])
    halves = np.where(halves, halves + _FIRST_SERIES + len(traces) - 1, 0) * bands
    _draw_bands(canvas, place, halves)
    _draw_lines(canvas, place, dots, halves)
    for index, trace in enumerate(traces):
        _draw_beyond(canvas, frame, trace, halves, _FIRST_SERIES + index)


def _dashed(heights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A line with every third pair of dots left out."""
    return np.where(np.arange(heights.size) % _DASH < _DASH - DOTS_ACROSS, heights, np.nan)


def _draw_cursor(canvas: Canvas, frame: Frame, steps: Steps, cursor: int | None) -> None:
    """Draw a vertical line through the empty cells, so that it hides no value."""
    column = None if cursor is None else steps.column(cursor)
    if column is None:
        return
    cells = np.s_[: frame.rows, frame.gutter + column]
    free = canvas.glyphs[cells] == " "
    canvas.glyphs[cells][free] = CURSOR
    canvas.foreground[cells][free] = _MARK


def _overlapping(bands: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """Which bands cover each half cell; bit i is band i."""
    bits = sum(covers.astype(np.uint8) << bit for bit, covers in enumerate(bands))
    return np.asarray(bits, np.uint8)


def _draw_bands(canvas: Canvas, place: tuple[slice, slice], halves: npt.NDArray[np.uint8]) -> None:
    """Draw the bands; a cell has two colours if a band ends in the middle of it."""
    upper, lower = halves[0::HALVES], halves[1::HALVES]
    equal, below_only = upper == lower, upper == 0
    canvas.glyphs[place] = np.where(equal, " ", np.where(below_only, "▄", "▀"))
    canvas.foreground[place] = np.where(equal, 0, np.where(below_only, lower, upper))
    canvas.background[place] = np.where(below_only & ~equal, 0, lower)


def _draw_lines(
    canvas: Canvas,
    place: tuple[slice, slice],
    dots: npt.NDArray[np.bool_],
    halves: npt.NDArray[np.uint8],
) -> None:
    """Draw the dots of all series, each cell in the colour of the last series in it.

    A cell with dots has one background: that of the half with most of its dots.
    """
    every_dot = np.asarray(dots.any(axis=0), bool)
    glyphs = braille(every_dot)
    drawn = glyphs != " "
    owners = [_FIRST_SERIES + i for i in range(len(dots))]
    for owner, own_dots in zip(owners, dots, strict=True):
        canvas.foreground[place][_cells_with_any(own_dots)] = owner
    upper_half, lower_half = _dots_by_half(every_dot)
    background = np.where(upper_half >= lower_half, halves[0::HALVES], halves[1::HALVES])
    canvas.glyphs[place][drawn] = glyphs[drawn]
    canvas.background[place][drawn] = background[drawn]


def _dots_by_half(
    dots: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The number of dots in the upper and in the lower half of each cell."""
    rows, columns = dots.shape[0] // DOTS_DOWN, dots.shape[1] // DOTS_ACROSS
    shape = rows, HALVES, DOTS_DOWN // HALVES, columns, DOTS_ACROSS
    counts = dots.reshape(shape).sum(axis=(2, 4))
    return counts[:, 0], counts[:, 1]


def _cells_with_any(dots: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The cells with at least one dot."""
    upper, lower = _dots_by_half(dots)
    return np.asarray(upper + lower > 0)


def _draw_beyond(
    canvas: Canvas, frame: Frame, trace: _Trace, halves: npt.NDArray[np.uint8], color: int
) -> None:
    """Draw a mark at the edge of the plot in columns whose maximum or minimum lies beyond it."""
    edges = (
        (0, halves[0], ABOVE, trace.high > 1),
        (frame.rows - 1, halves[-1], BELOW, trace.low < 0),
    )
    for row, behind, mark, beyond in edges:
        columns = np.flatnonzero(beyond)
        cells = row, frame.gutter + columns
        canvas.glyphs[cells] = mark
        canvas.foreground[cells] = color
        canvas.background[cells] = behind[columns]


def _draw_names(
    canvas: Canvas, frame: Frame, series: Sequence[Series], traces: Sequence[_Trace]
) -> None:
    """Draw the first letter of each name at the end of its line, each on a row of its own.

    One whose line ends far from every free row is left out: it would seem to be that of another.
    """
    taken: set[int] = set()
    for index, (one, trace) in enumerate(zip(series, traces, strict=True)):
        ends = trace.line[np.isfinite(trace.line)][-1:]
        if not frame.names or not ends.size or len(taken) == frame.rows:
            continue
        wanted = cell_row(float(ends[0]), frame.rows)
        row = min(set(range(frame.rows)) - taken, key=lambda free: abs(free - wanted))
        if abs(row - wanted) > _NEAR:
            continue
        taken.add(row)
        canvas.write(row, frame.gutter + frame.columns, one.name[:1], _FIRST_SERIES + index)


def _draw_marks(
    canvas: Canvas,
    frame: Frame,
    steps: Steps,
    traces: Sequence[_Trace],
    marks: Sequence[tuple[int, str]],
) -> None:
    """Draw the marks of events on the axis of steps, and over them those of non-finite values."""
    if not frame.axis_rows:
        return
    for step, mark in marks:
        column = steps.column(step)
        if column is not None:
            canvas.write(frame.rows, frame.gutter + column, mark[:1], _MARK)
    for column in np.flatnonzero(np.any([trace.broken for trace in traces], axis=0)).tolist():
        canvas.write(frame.rows, frame.gutter + column, BROKEN, _ALERT)
