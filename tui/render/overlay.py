"""The same figure of several runs as lines on one axis of steps.

Each line ends where its run ends. A letter in the line's colour says whose it is, so that lines
differ without colours too. Pure: equal arguments give equal strips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from tui.render.axes import draw_horizontal_axis, draw_vertical_axis, frame_of, vertical_ticks
from tui.render.canvas import Canvas
from tui.render.chart import ABOVE, BELOW, BROKEN, CURSOR, line_heights
from tui.render.palette import AXIS_COLOR, MARK_COLOR, as_color
from tui.render.scale import Scale, kept_range
from tui.render.traces import DOTS_ACROSS, DOTS_DOWN, braille, cell_row, line
from tui.series.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.strip import Strip

    from tui.render.axes import Frame
    from tui.render.scale import Range
    from tui.series.window import Window

    Heights = npt.NDArray[np.float64]

_AXIS, _MARK, _FIRST_CURVE = 1, 2, 3
"""Indices into the palette; 0 is no colour."""

_NOTHING: Final[npt.NDArray[np.float32]] = np.empty(0, np.float32)

_TURN: Final = 3
"""Columns in one colour where lines coincide."""

_PERIOD: Final = 26
"""Columns from one letter on a line to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One run's line: a value for every step, or single points."""

    mark: str
    """One letter."""

    color: str
    first: int = 1
    """The step of the first value."""

    values: Window | None = field(default=None, repr=False)
    """One value for each step, from the first."""

    has_gaps: bool = False
    """Whether a NaN among `values` is a step without a value, which has no mark."""

    averages: npt.NDArray[np.float32] = field(default_factory=lambda: _NOTHING, repr=False)
    """The moving average of `values`, as `Window.averages` gives it."""

    points: Sequence[tuple[int, float]] = ()
    """Steps in ascending order and their values, without `values`."""

    @property
    def last(self) -> int:
        """The last step; one before the first without values."""
        if self.values is not None:
            return self.first + self.values.count - 1
        return self.points[-1][0] if self.points else self.first - 1

    @property
    def drawn_values(self) -> npt.NDArray[np.floating]:
        """Values by which to choose the axis."""
        if self.values is not None:
            return self.averages
        return np.array([value for _, value in self.points], np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayOptions:
    """The axes, and what is drawn besides the lines."""

    y_range: Range
    """The ends of the vertical axis, from `range_for`."""

    log: bool
    """Whether the vertical axis is logarithmic."""

    cursor: int | None = None
    """The step at which to draw a vertical line."""

    first_step: int = 1
    """Where the axis begins."""

    last_step: int = 0
    """Where the axis ends; longer lines are cut off."""


def range_for(previous: Range | None, curves: Iterable[Curve], log: bool) -> Range:
    """The vertical range of some lines, kept from `previous` as long as that fits."""
    return kept_range(previous, [curve.drawn_values for curve in curves], log)


def overlay_chart(
    curves: Sequence[Curve], width: int, height: int, options: OverlayOptions
) -> list[Strip]:
    """Draw lines on one axis, later ones in front.

    Returns:
        Exactly `height` strips of exactly `width` cells. Without values, empty axes.
    """
    scale = Scale(*options.y_range, options.log)
    ticks = vertical_ticks(scale, height)
    frame = frame_of(width, height, ticks)
    palette = None, AXIS_COLOR, as_color(MARK_COLOR), *(as_color(one.color) for one in curves)
    canvas = Canvas.blank(width, height, palette)
    count = max(options.last_step - options.first_step + 1, 0)
    steps = Steps(options.first_step, count, frame.columns)
    draw_vertical_axis(canvas, frame, scale, ticks, _AXIS)
    draw_horizontal_axis(canvas, frame, steps, _AXIS)
    if count and frame.columns and frame.rows:
        lines = [_heights(one, steps, scale) for one in curves]
        _draw_lines(canvas, frame, lines)
        _draw_cursor(canvas, frame, steps, options.cursor)
        _draw_marks(canvas, frame, curves, lines)
        _draw_broken(canvas, frame, curves, steps)
    return canvas.strips()


def _heights(curve: Curve, steps: Steps, scale: Scale) -> Heights:
    """The height of a line in each column of dots: 0 at the bottom, 1 at the top, NaN for none."""
    dots = steps.columns * DOTS_ACROSS
    heights = np.full(dots, np.nan)
    if curve.values is None:
        return _through(curve.points, steps, scale, heights)
    if not curve.values.count:
        return heights
    begin = _place(curve.first, steps, dots)
    end = max(_place(curve.last + 1, steps, dots), begin + 1)
    drawn = line_heights(curve.averages, end - begin, scale)
    # An axis may be shorter than a line, if a damaged log goes back in steps.
    kept = slice(max(begin, 0), min(end, dots))
    heights[kept] = drawn[kept.start - begin : kept.stop - begin]
    return heights


def _through(
    points: Sequence[tuple[int, float]], steps: Steps, scale: Scale, heights: Heights
) -> Heights:
    """A line from each finite point to the next."""
    finite = [(step, value) for step, value in points if math.isfinite(value)]
    if not finite:
        return heights
    at, values = (np.array(part, np.float64) for part in zip(*finite, strict=True))
    places = (at - steps.first + 0.5) / steps.count * heights.size - 0.5
    columns = np.arange(heights.size)
    inside = (columns >= np.rint(places[0])) & (columns <= np.rint(places[-1]))
    drawn = np.interp(columns, places, scale.fraction(values))
    return np.where(inside, drawn, np.nan)


def _draw_lines(canvas: Canvas, frame: Frame, lines: Sequence[Heights]) -> None:
    """Draw the dots of all lines, each cell in the colour of the last line in it."""
    place = np.s_[: frame.rows, frame.gutter : frame.gutter + frame.columns]
    dots = [line(heights, frame.rows) for heights in lines]
    glyphs = braille(np.asarray(np.any(dots, axis=0), bool))
    drawn = glyphs != " "
    canvas.glyphs[place][drawn] = glyphs[drawn]
    canvas.foreground[place][drawn] = _FIRST_CURVE + _owners(dots, frame)[drawn]
    for index in range(len(dots)):
        for row, beyond in ((0, lines[index] > 1), (frame.rows - 1, lines[index] < 0)):
            cells = row, frame.gutter + np.flatnonzero(_by_cell(beyond))
            canvas.glyphs[cells] = ABOVE if row == 0 else BELOW
            canvas.foreground[cells] = _FIRST_CURVE + index


def _owners(dots: Sequence[npt.NDArray[np.bool_]], frame: Frame) -> npt.NDArray[np.intp]:
    """The index of the line whose colour each cell has: where lines coincide they take turns."""
    shape = frame.rows, DOTS_DOWN, frame.columns, DOTS_ACROSS
    present = np.stack([own.reshape(shape).any(axis=(1, 3)) for own in dots])
    turns = np.arange(frame.columns) // _TURN % np.maximum(present.sum(axis=0), 1)
    # The first line of which as many are present up to it as it is this turn's.
    return np.asarray((present.cumsum(axis=0) > turns).argmax(axis=0), np.intp)


def _by_cell(dots: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(dots.reshape(-1, DOTS_ACROSS).any(axis=1))


def _draw_cursor(canvas: Canvas, frame: Frame, steps: Steps, cursor: int | None) -> None:
    """Draw a vertical line through the empty cells."""
    column = None if cursor is None else steps.column(cursor)
    if column is None:
        return
    cells = np.s_[: frame.rows, frame.gutter + column]
    free = canvas.glyphs[cells] == " "
    canvas.glyphs[cells][free] = CURSOR
    canvas.foreground[cells][free] = _AXIS


def _draw_marks(
    canvas: Canvas, frame: Frame, curves: Sequence[Curve], lines: Sequence[Heights]
) -> None:
    """Draw each run's letter on its line, at other columns than the others', and at its end."""
    ends: dict[int, list[tuple[float, int]]] = {}
    for index, (curve, heights) in enumerate(zip(curves, lines, strict=True)):
        known = np.flatnonzero(np.isfinite(heights))
        if not known.size:
            continue
        color = _FIRST_CURVE + index
        end = int(known[-1]) // DOTS_ACROSS
        # At least in its own part of the plot, so that a short line has one too.
        start = _PERIOD * (2 * index + 1) // (2 * len(curves))
        for column in range(start, end - 1, _PERIOD):
            _write_on_line(canvas, frame, heights, column, curve.mark, color)
        at = min(end + 1, frame.columns if frame.names else frame.columns - 1)
        ends.setdefault(at, []).append((-float(np.clip(heights[known[-1]], 0, 1)), index))
    for at, here in ends.items():
        # From the top down, so that the letters are in the order of their lines.
        ordered = sorted(here)
        rows = spaced([cell_row(-height, frame.rows) for height, _ in ordered], frame.rows)
        for row, (_, index) in zip(rows, ordered, strict=False):
            canvas.write(row, frame.gutter + at, curves[index].mark, _FIRST_CURVE + index)


def spaced(wanted: Sequence[int], count: int) -> list[int]:
    """Different rows near the wanted ones, in their order; as many as there are.

    Labels that want one row stand around it: of each block the mean stays where it was wanted.

    Args:
        wanted: Rows in ascending order.
        count: Rows that there are.
    """
    blocks: list[list[int]] = []
    for row in wanted[:count]:
        blocks.append([row])
        while len(blocks) > 1 and _top(blocks[-2], count) + len(blocks[-2]) > _top(
            blocks[-1], count
        ):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return [_top(block, count) + place for block in blocks for place in range(len(block))]


def _top(block: Sequence[int], count: int) -> int:
    """The first row of labels that stand together."""
    top = round(sum(block) / len(block) - (len(block) - 1) / 2)
    return min(max(top, 0), count - len(block))


def _draw_broken(canvas: Canvas, frame: Frame, curves: Sequence[Curve], steps: Steps) -> None:
    """Draw a mark on the axis of steps below each column with a NaN or infinite value."""
    if not frame.axis_rows:
        return
    for index, curve in enumerate(curves):
        if curve.values is None or not curve.values.count or curve.has_gaps:
            continue
        begin, end = (_place(step, steps, steps.columns) for step in (curve.first, curve.last + 1))
        broken = curve.values.summary(max(end - begin, 1)).broken
        for column in (begin + np.flatnonzero(broken)).tolist():
            if 0 <= column < steps.columns:
                at = frame.gutter + column
                canvas.write(frame.rows, at, BROKEN, _FIRST_CURVE + index)


def _place(step: int, steps: Steps, parts: int) -> int:
    """The part of the axis at which a step begins, of equal parts of it."""
    return (step - steps.first) * parts // steps.count


def _write_on_line(
    canvas: Canvas, frame: Frame, heights: Heights, column: int, mark: str, color: int
) -> None:
    """Write a letter in the row of a line, unless there is a gap."""
    height = float(heights[column * DOTS_ACROSS])
    if math.isfinite(height) and 0 <= height <= 1:
        canvas.write(cell_row(height, frame.rows), frame.gutter + column, mark, color)
