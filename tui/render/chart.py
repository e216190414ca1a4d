"""The loss chart: both losses on one axis, over all their steps, with no spike lost.

A line of braille dots is the moving average; behind it a dim band reaches from the least to the
greatest loss of each column, so that the trend, the spread and every outlier show at once. Pure:
equal arguments give equal strips, which is how a widget finds the rows that need not be sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from tui.render.axes import (
    Frame,
    Steps,
    draw_horizontal_axis,
    draw_vertical_axis,
    frame_of,
    vertical_ticks,
)
from tui.render.canvas import Canvas
from tui.render.palette import (
    ALERT_COLOR,
    AXIS_COLOR,
    D_BAND,
    D_COLOR,
    G_BAND,
    G_COLOR,
    MARK_COLOR,
    OVERLAP_BAND,
    as_color,
    band_of,
    overlap_of,
)
from tui.render.scale import Range, Scale, range_of, sticky_range
from tui.render.traces import DOTS_ACROSS, DOTS_DOWN, HALVES, band, braille, cell_row, line
from tui.series.bins import BinSummary, buckets
from tui.series.smoothing import smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.color import Color
    from textual.strip import Strip

__all__ = [
    "D_BAND",
    "D_COLOR",
    "G_BAND",
    "G_COLOR",
    "OVERLAP_BAND",
    "Series",
    "Values",
    "chart_frame",
    "loss_chart",
    "sticky_range",
]

BROKEN: Final = "\N{MULTIPLICATION SIGN}"
"""On the axis of steps, below a column in which a loss is NaN or infinite."""

ABOVE: Final = "▲"
"""In the top row, where the greatest loss of a column is beyond the axis."""

BELOW: Final = "▼"
"""In the bottom row, where the least loss of a column is beyond the axis."""

CURSOR: Final = "│"
"""Where the chart is read."""

_DASH: Final = 3 * DOTS_ACROSS

_AVERAGED_AT_MOST: Final = 32_768
"""Beyond so many values the moving average is that of means of several: no column can tell."""

_AXIS, _ALERT, _MARK, _FIRST_SERIES = 1, 2, 3, 4
"""Indices into the palette; 0 is no colour, and the bands follow the series."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of the chart."""

    name: str
    """Its first letter stands at the end of the line."""

    values: npt.NDArray[np.float32] | Values = field(repr=False)
    """One for each step, from the first on; may hold NaN and infinities."""

    color: str | Color
    """Of the line."""

    band: str | Color | None = None
    """Behind the least to the greatest value; a dim form of `color` where it is not given."""

    dashed: bool = False
    """Whether the line has gaps, so that it is told from another without colour."""


class Values(Protocol):
    """Numbers of which a chart need not know each one."""

    @property
    def count(self) -> int:
        """How many there are."""

    def summary(self, parts: int) -> BinSummary:
        """Least, greatest and mean in each of so many equal parts."""

    def averages(self, smoothing: float) -> npt.NDArray[np.float32]:
        """The moving average, of each or of equal parts that are many."""


@dataclass(frozen=True, slots=True, eq=False)
class _Array:
    """Values that are all at hand."""

    values: npt.NDArray[np.float32]

    @property
    def count(self) -> int:
        return self.values.size

    def summary(self, parts: int) -> BinSummary:
        return buckets(self.values, parts)

    def averages(self, smoothing: float) -> npt.NDArray[np.float32]:
        return _averages(self.values, smoothing)


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """A series fitted to the columns of a plot; fractions are 0 at the bottom to 1 at the top."""

    low: npt.NDArray[np.float64]
    """The least value of each column, as a fraction."""

    high: npt.NDArray[np.float64]
    """The greatest value of each column, as a fraction."""

    broken: npt.NDArray[np.bool_]
    """Columns that hold a value which is not finite."""

    line: npt.NDArray[np.float64]
    """The moving average in each column of dots, as a fraction; NaN is a gap."""


def loss_chart(  # noqa: PLR0913 - each is one thing that a person may choose
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    first_step: int = 1,
    log: bool = True,
    smoothing: float = 0.98,
    y_range: Range | None = None,
    marks: Sequence[tuple[int, str]] = (),
    cursor: int | None = None,
    bands: bool = True,
    unit: str = "",
) -> list[Strip]:
    """Draw series of equal length on one axis.

    Args:
        series: At most six, later ones in front. Of unequal lengths all are cut to the shortest.
        width: Cells of each strip.
        height: Number of strips.
        first_step: The step of the first value.
        log: Whether the axis is logarithmic.
        smoothing: Of the moving average: 0 (none) to below 1.
        y_range: From `sticky_range`; that of the values alone where it is not given.
        marks: Steps at which something happened, each with a character to stand on the axis.
        cursor: The step at which a line stands upright.
        bands: Whether bands are drawn; without colours they would hide the lines.
        unit: What the values are counted in, told beside the last number, where it is not steps.

    Returns:
        Exactly `height` strips of exactly `width` cells. Without values, empty axes.
    """
    values = _equally_many([one.values for one in series])
    count = min((one.count for one in values), default=0)
    scale = Scale(*(y_range or range_of([one.averages(0) for one in values], log)), log)
    ticks = vertical_ticks(scale, height)
    frame = frame_of(width, height, ticks)
    canvas = Canvas.blank(width, height, _palette(series))
    steps = Steps(first_step, count, frame.columns, unit)
    draw_vertical_axis(canvas, frame, scale, ticks, _AXIS)
    draw_horizontal_axis(canvas, frame, steps, _AXIS)
    if count and frame.columns and frame.rows:
        traces = [_trace(one, frame.columns, scale, smoothing) for one in values]
        _draw_plot(canvas, frame, traces, [one.dashed for one in series], bands=bands)
        _draw_cursor(canvas, frame, steps, cursor)
        _draw_names(canvas, frame, series, traces)
        _draw_marks(canvas, frame, steps, traces, marks)
    return canvas.strips()


def _palette(series: Sequence[Series]) -> tuple[Color | None, ...]:
    """The pens: none, axis, alert, mark, each series, and each set of bands that may overlap."""
    bands = [as_color(one.band) if one.band else band_of(one.color) for one in series]
    pens = [AXIS_COLOR, as_color(ALERT_COLOR), as_color(MARK_COLOR)]
    overlaps = [
        overlap_of([band for bit, band in enumerate(bands) if lying >> bit & 1])
        for lying in range(1, 1 << len(bands))
    ]
    return None, *pens, *(as_color(one.color) for one in series), *overlaps


def chart_frame(width: int, height: int, y_range: Range, *, log: bool) -> Frame:
    """How `loss_chart` divides its room with these arguments."""
    return frame_of(width, height, vertical_ticks(Scale(*y_range, log), height))


def _equally_many(series: Sequence[npt.NDArray[np.float32] | Values]) -> list[Values]:
    """Arrays cut to the shortest; what is no array is as long as the others already."""
    arrays = [one.size for one in series if isinstance(one, np.ndarray)]
    shortest = min(arrays, default=0)
    return [_Array(one[:shortest]) if isinstance(one, np.ndarray) else one for one in series]


def _trace(values: Values, columns: int, scale: Scale, smoothing: float) -> _Trace:
    """Fit one series to the plot."""
    raw = values.summary(columns)
    averages = _line(values.averages(smoothing), columns * DOTS_ACROSS, scale)
    low, high = scale.fraction(raw.minimum), scale.fraction(raw.maximum)
    return _Trace(low, high, raw.broken > 0, averages)


def _averages(values: npt.NDArray[np.float32], smoothing: float) -> npt.NDArray[np.float32]:
    """The moving average, of at most so many values that it is done in a millisecond."""
    if values.size <= _AVERAGED_AT_MOST:
        return smoothed(values, smoothing)
    together = values.size / _AVERAGED_AT_MOST
    return smoothed(buckets(values, _AVERAGED_AT_MOST).mean, smoothing**together)


def _line(averages: npt.NDArray[np.float32], dots: int, scale: Scale) -> npt.NDArray[np.float64]:
    """The height of the line in each column of dots.

    Where there are fewer values than columns, the line runs straight from one to the next; the
    columns nearest to a value that is not finite are a gap.
    """
    if averages.size >= dots:
        return scale.fraction(buckets(averages, dots).mean)
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
    """The bands, the lines over them, and a mark where a band goes beyond the plot."""
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
    """A line upright through the cells that hold nothing, so that it hides no value."""
    column = None if cursor is None else steps.column(cursor)
    if column is None:
        return
    cells = np.s_[: frame.rows, frame.gutter + column]
    free = canvas.glyphs[cells] == " "
    canvas.glyphs[cells][free] = CURSOR
    canvas.foreground[cells][free] = _MARK


def _overlapping(bands: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """Which bands lie on each half cell, as a sum of bits."""
    bits = sum(lies.astype(np.uint8) << bit for bit, lies in enumerate(bands))
    return np.asarray(bits, np.uint8)


def _draw_bands(canvas: Canvas, place: tuple[slice, slice], halves: npt.NDArray[np.uint8]) -> None:
    """Two colours in a cell where a band ends half way through it."""
    upper, lower = halves[0::HALVES], halves[1::HALVES]
    one, below_only = upper == lower, upper == 0
    canvas.glyphs[place] = np.where(one, " ", np.where(below_only, "▄", "▀"))
    canvas.foreground[place] = np.where(one, 0, np.where(below_only, lower, upper))
    canvas.background[place] = np.where(below_only & ~one, 0, lower)


def _draw_lines(
    canvas: Canvas,
    place: tuple[slice, slice],
    dots: npt.NDArray[np.bool_],
    halves: npt.NDArray[np.uint8],
) -> None:
    """Dots of all series, each cell in the colour of the last one in it.

    A cell of dots has one background: that of the half where most of its dots are.
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
    """How many dots the upper and the lower half of each cell have."""
    rows, columns = dots.shape[0] // DOTS_DOWN, dots.shape[1] // DOTS_ACROSS
    shape = rows, HALVES, DOTS_DOWN // HALVES, columns, DOTS_ACROSS
    counts = dots.reshape(shape).sum(axis=(2, 4))
    return counts[:, 0], counts[:, 1]


def _cells_with_any(dots: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The cells in which there is a dot."""
    upper, lower = _dots_by_half(dots)
    return np.asarray(upper + lower > 0)


def _draw_beyond(
    canvas: Canvas, frame: Frame, trace: _Trace, halves: npt.NDArray[np.uint8], color: int
) -> None:
    """A mark at the edge over which a column's greatest or least value lies."""
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
    """The first letter of each name beside the end of its line, each on a row of its own."""
    taken: set[int] = set()
    for index, (one, trace) in enumerate(zip(series, traces, strict=True)):
        ends = trace.line[np.isfinite(trace.line)][-1:]
        if not frame.names or not ends.size or len(taken) == frame.rows:
            continue
        wanted = cell_row(float(ends[0]), frame.rows)
        row = min(set(range(frame.rows)) - taken, key=lambda free: abs(free - wanted))
        taken.add(row)
        canvas.write(row, frame.gutter + frame.columns, one.name[:1], _FIRST_SERIES + index)


def _draw_marks(
    canvas: Canvas,
    frame: Frame,
    steps: Steps,
    traces: Sequence[_Trace],
    marks: Sequence[tuple[int, str]],
) -> None:
    """What happened, and over it what broke, on the axis of steps."""
    if not frame.axis_rows:
        return
    for step, mark in marks:
        column = steps.column(step)
        if column is not None:
            canvas.write(frame.rows, frame.gutter + column, mark[:1], _MARK)
    for column in np.flatnonzero(np.any([trace.broken for trace in traces], axis=0)).tolist():
        canvas.write(frame.rows, frame.gutter + column, BROKEN, _ALERT)
