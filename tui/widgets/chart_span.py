"""The lines of the chart: which values they show of the run, and how they are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.model.chart_window import epoch_size, shown_steps
from tui.model.charted import charted, colors_of, label, marks_of
from tui.render.palette import D_COLOR, G_COLOR, SERIES_COLORS
from tui.series.named import MISSED
from tui.series.smoothing import reach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.model.run_state import RunState
    from tui.model.view import View
    from tui.series.window import Window
    from tui.widgets.scene_view import Scene


SMOOTHING_WORDS: Final = {
    0.98: "average of 50",
    0.995: "average of 200",
    0.9: "average of 10",
    0.0: "no average",
}
"""Each smoothing as about the number of steps that it averages."""


@dataclass(frozen=True, slots=True, eq=False)
class ChartLine:
    """One line."""

    label: str
    """What it shows, of any length."""

    mark: str
    """One character that stands at its end."""

    color: str
    values: Window
    """One for each step, or for each epoch."""

    skips: int | None = None
    """As in `tui.render.chart.Series`."""

    is_occasional: bool = False
    """Whether most of the steps have no value, so that the line goes over them."""

    @property
    def is_drawn(self) -> bool:
        """Whether there is a finite value, and so a line."""
        return bool(self.values.count and self.values.summary(1).finite[0])


@dataclass(frozen=True, slots=True, eq=False)
class ChartSpan:
    """The values that the chart shows: one for each step, or for each epoch."""

    lines: tuple[ChartLine, ...]
    """All of them over the same steps."""

    first: int
    """The number of the first step or epoch."""

    is_log: bool
    """Whether the axis is logarithmic."""

    size: int = 1
    """Steps per value."""

    @property
    def count(self) -> int:
        """How many values each line has."""
        return self.lines[0].values.count if self.lines else 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw a line of."""
        return not any(line.is_drawn for line in self.lines)

    def place_of(self, step: int) -> int:
        """The number of the step or epoch that a step is in."""
        return (step - 1) // self.size + 1 if self.size > 1 else step


def span_of(scene: Scene) -> ChartSpan:
    """The steps or epochs that the view shows."""
    run, view = scene.run, scene.view
    return _of_series(run, view) if run.is_recorded else _of_losses(run, view)


def _of_series(run: RunState, view: View) -> ChartSpan:
    """Series of a recorded run. Its axis is linear if one of them has a value below 0."""
    first, last = shown_steps(view, run)
    names = charted(view, run)
    marks, colors = marks_of(names), colors_of(names, SERIES_COLORS)
    lines = []
    for name, mark in zip(names, marks, strict=True):
        values = run.series.window(name, first, last, reach(view.smoothing))
        lines.append(
            ChartLine(
                label(name), mark, colors[name], values, MISSED, is_occasional=values.is_occasional
            )
        )
    return ChartSpan(tuple(lines), first, view.log_axis and _may_be_log(lines))


def _may_be_log(lines: Iterable[ChartLine]) -> bool:
    ends = [line.values.summary(1) for line in lines if line.values.count]
    lowest = np.array([one.minimum[0] for one in ends])
    return not bool((lowest < 0).any())


def _of_losses(run: RunState, view: View) -> ChartSpan:
    """D's and G's losses, by step or by epoch."""
    first, last = shown_steps(view, run)
    windows = run.losses.windows(first, last, reach(view.smoothing))
    size = epoch_size(view, run)
    if size == 1 or not windows[0].count:
        return ChartSpan(_losses(*windows), first, view.log_axis)
    # From the first step of an epoch, so that each value is that of a whole epoch.
    begin = max((first - 1) // size * size + 1, run.losses.first_step)
    d_loss, g_loss = (window.grouped(size) for window in run.losses.windows(begin, last))
    return ChartSpan(_losses(d_loss, g_loss), (begin - 1) // size + 1, view.log_axis, size)


def _losses(d_loss: Window, g_loss: Window) -> tuple[ChartLine, ...]:
    return ChartLine("D loss", "D", D_COLOR, d_loss), ChartLine("G loss", "G", G_COLOR, g_loss)
