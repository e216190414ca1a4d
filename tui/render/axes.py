"""The frame of a chart: how its cells are divided, and its axes with their labels.

It is drawn the same whatever the chart shows, and also when it shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.render.ticks import Tick, linear_ticks, log_ticks
from tui.render.traces import cell_row

if TYPE_CHECKING:
    from tui.render.canvas import Canvas
    from tui.render.scale import Scale
    from tui.series.steps import Steps

_LABELS_BELOW_FROM: Final = 8
"""Minimum height for a row of step labels below the axis; below it, labels interrupt the axis."""

_AXIS_FROM: Final = 3
"""Minimum height for an axis of steps."""

_MIN_COLUMNS: Final = 8
"""Labels of the vertical axis are left out if they leave the plot fewer columns than this."""

_NAMES_FROM: Final = 24
"""Minimum width for names of the series at the ends of their lines."""

_MAX_TICKS: Final = 10
_COLUMNS_PER_TICK: Final = 10
_LABEL_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """How the cells of a chart are divided."""

    gutter: int
    """Columns on the left for the vertical axis and its labels; 0 for neither."""

    columns: int
    """Columns of the plot."""

    names: int
    """Columns on the right for the names of the series."""

    rows: int
    """Rows of the plot."""

    axis_rows: int
    """Rows below the plot: 2 for an axis and its labels, 1 for both in one, 0 for neither."""


@dataclass(frozen=True, slots=True)
class _Label:
    """The number of a step below the plot."""

    column: int
    """The column of the step."""

    start: int
    """The first column of the text."""

    text: str

    @property
    def end(self) -> int:
        """The first column after the text."""
        return self.start + len(self.text)


def vertical_ticks(scale: Scale, height: int) -> tuple[Tick, ...]:
    """Round numbers for a chart of this height: at most one for every other row."""
    count = min((_plot_rows(height) + 1) // 2, _MAX_TICKS)
    ticks = log_ticks if scale.log else linear_ticks
    return ticks(scale.low, scale.high, count)


def frame_of(width: int, height: int, ticks: tuple[Tick, ...]) -> Frame:
    """Divide the cells of a chart; parts that do not fit are left out, the plot last."""
    rows = _plot_rows(height)
    gutter = 1 + max((len(tick.label) for tick in ticks), default=0)
    if width - gutter < _MIN_COLUMNS:
        gutter = 0
    names = int(width - gutter >= _NAMES_FROM)
    return Frame(gutter, width - gutter - names, names, rows, height - rows)


def draw_vertical_axis(
    canvas: Canvas, frame: Frame, scale: Scale, ticks: tuple[Tick, ...], color: int
) -> None:
    """Draw the axis on the left, with a label next to each tick."""
    if not frame.gutter:
        return
    axis = frame.gutter - 1
    for row in range(frame.rows):
        canvas.write(row, axis, "│", color)
    for tick in ticks:
        row = cell_row(scale.fraction_of(tick.value), frame.rows)
        canvas.write(row, 0, f"{tick.label:>{axis}}┤", color)


def draw_horizontal_axis(canvas: Canvas, frame: Frame, steps: Steps, color: int) -> None:
    """Draw the axis below the plot, with the first and last step and round ones between."""
    if not frame.axis_rows:
        return
    corner = "└" if frame.gutter else ""
    canvas.write(frame.rows, frame.gutter - len(corner), corner + "─" * frame.columns, color)
    for label in _labels(steps):
        row = frame.rows + frame.axis_rows - 1
        canvas.write(row, frame.gutter + label.start, label.text, color)
        if frame.axis_rows > 1:
            canvas.write(frame.rows, frame.gutter + label.column, "┬", color)


def _plot_rows(height: int) -> int:
    """The rows left for the plot."""
    if height < _AXIS_FROM:
        return height
    return height - (2 if height >= _LABELS_BELOW_FROM else 1)


def _labels(steps: Steps) -> list[_Label]:
    """The first and the last step and round ones between, as many as fit without touching.

    If only one fits, it is the last, which says how far the run is.
    """
    if not steps.count or not steps.columns:
        return []
    last_step = steps.first + steps.count - 1
    between = linear_ticks(steps.first, last_step, steps.columns // _COLUMNS_PER_TICK)
    last, kept, taken = _label(last_step, steps, steps.unit), list[_Label](), -_LABEL_GAP
    for step in (steps.first, *(round(tick.value) for tick in between)):
        label = _label(step, steps)
        if label.start >= taken + _LABEL_GAP and label.end + _LABEL_GAP <= last.start:
            kept.append(label)
            taken = label.end
    return [*kept, last]


def _label(step: int, steps: Steps, unit: str = "") -> _Label:
    """A step's label, centred below its column unless that would cross an end of the axis."""
    column, text = steps.column(step) or 0, f"{unit} {step:,}".lstrip()
    start = min(column - len(text) // 2, steps.columns - len(text))
    return _Label(column, max(start, 0), text)
