"""The charts of a comparison: one figure of all runs in each, as many as there is room for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from textual.strip import Strip

from tui.model.compared_run import is_quality_comparable
from tui.model.comparison import METRICS, metrics_of
from tui.render.fitting import fit
from tui.render.overlay import Curve, OverlayOptions, overlay_chart, range_for
from tui.render.palette import RUN_COLORS
from tui.series.history import LongColumn
from tui.series.quality import QualityHistory
from tui.style.styles import FAINT, STRONG
from tui.widgets.comparison_view import ComparisonPart
from tui.widgets.rows import row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.model.compared_run import ComparedRun
    from tui.model.comparison import ComparisonScene, ComparisonView, Metric
    from tui.render.scale import Range
    from tui.series.window import Window

_MIN_COLUMNS: Final = 56
_MIN_ROWS: Final = 10
"""Another chart is drawn next to or below one if each still has this size."""

_GAP: Final = 2
"""Columns between two charts."""

_NOTHING: Final = LongColumn()
"""A series that a run doesn't have."""

_LOG_FROM: Final = 10
"""A chart is logarithmic by itself if its highest value is so many times its lowest."""

_AVERAGES: Final = {
    0.98: "average of 50",
    0.995: "average of 200",
    0.9: "average of 10",
    0.0: "no average",
}


class ComparisonCharts(ComparisonPart):
    """Charts in rows and columns, the chosen one first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._ranges: dict[tuple[str, bool], Range] = {}
        """The vertical range of each figure, by it and the kind of axis."""

        self._curves: dict[tuple[int, str], tuple[tuple[object, float], Curve]] = {}
        """The line of each run and figure, with what it was made from."""

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """As many charts as fit."""
        metrics = metrics_of(scene.runs)
        across, down = chart_places(width, height, len(metrics))
        rows: list[Strip] = []
        for line in range(down):
            tall = height * (line + 1) // down - height * line // down
            tiles = []
            for column in range(across):
                wide = width * (column + 1) // across - width * column // across
                metric = metrics[(scene.view.metric + line * across + column) % len(metrics)]
                gap = _GAP if column < across - 1 else 0
                tile = self._tile(scene, metric, wide - gap, tall)
                tiles.append([strip.adjust_cell_length(wide) for strip in tile])
            rows += [Strip.join(parts) for parts in zip(*tiles, strict=True)]
        return rows

    def _tile(self, scene: ComparisonScene, metric: Metric, width: int, height: int) -> list[Strip]:
        """One chart below its heading."""
        view = scene.view
        curves = self._curves_of(scene, metric)
        log = metric.can_be_log and not _goes_below_0(metric, curves) and _is_log(view, curves)
        key = (metric.id, log)
        # While logs are read the beginnings of runs come first, whose range is too wide later.
        is_settled = all(run.share >= 1 for run in scene.runs)
        before = self._ranges.get(key) if is_settled else None
        chosen = self._ranges[key] = range_for(before, curves, log)
        first_step, last_step = step_range(scene.runs)
        options = OverlayOptions(
            y_range=chosen,
            log=log,
            cursor=view.grid_step,
            first_step=first_step,
            last_step=last_step,
        )
        about = _about(scene, metric, width, log=log)
        head = row([(f" {metric.name}", STRONG), (about, FAINT)], width)
        return [head, *overlay_chart(curves, width, height - 1, options)] if height > 1 else [head]

    def _curves_of(self, scene: ComparisonScene, metric: Metric) -> list[Curve]:
        """A line for each run; those of figures that have not grown are made once."""
        found = []
        for place, run in enumerate(scene.runs):
            key, of = (place, metric.id), (_values(run, metric), scene.view.smoothing)
            known = self._curves.get(key)
            if known is None or known[0][0] is not of[0] or known[0][1] != of[1]:
                color = RUN_COLORS[place % len(RUN_COLORS)]
                known = of, curve_of(run, metric, scene.marks[place], color, scene.view.smoothing)
                self._curves[key] = known
            found.append(known[1])
        return found


def chart_places(width: int, height: int, count: int = len(METRICS)) -> tuple[int, int]:
    """How many charts fit next to one another, and below one another; never more than there are."""
    across = max(min(width // _MIN_COLUMNS, count), 1)
    down = max(min(height // _MIN_ROWS, math.ceil(count / across)), 1)
    return across, down if across * down <= count else max(count // across, 1)


def _values(run: ComparedRun, metric: Metric) -> LongColumn | QualityHistory:
    """What a line is drawn from."""
    if metric.is_series:
        return run.run.series.columns.get(metric.id, _NOTHING)
    if metric.id == "fd":
        return run.run.quality
    history = run.scores if metric.id in ("real_score", "fake_score") else run.run.losses
    return history.d_loss if metric.id in ("d_loss", "real_score") else history.g_loss


def curve_of(run: ComparedRun, metric: Metric, mark: str, color: str, smoothing: float) -> Curve:
    """The line of a run."""
    values = _values(run, metric)
    if isinstance(values, QualityHistory):
        points = [(one.step, one.fd) for one in values.evaluations]
        first = points[0][0] if points else 1
        return Curve(mark=mark, color=color, first=first, points=points)
    window = values.window(0, len(values))
    first = run.run.series.first_step if metric.is_series else run.run.losses.first_step
    if metric.is_series and window.is_occasional:
        return Curve(mark=mark, color=color, first=first, points=_points(window, first))
    averages = window.averages(smoothing)
    return Curve(
        mark=mark,
        color=color,
        first=first,
        values=window,
        has_gaps=metric.is_series,
        averages=averages,
    )


def _points(window: Window, first: int) -> list[tuple[int, float]]:
    """The steps at which an occasional series was logged, and its values."""
    values = window.averages(0.0)
    logged = np.flatnonzero(np.isfinite(values))
    steps = first + logged * window.count // len(values)
    return list(zip(steps.tolist(), values[logged].tolist(), strict=True))


def _goes_below_0(metric: Metric, curves: Sequence[Curve]) -> bool:
    """Whether a series of another program has values that no logarithmic axis can show."""
    return metric.is_series and any(bool((one.drawn_values < 0).any()) for one in curves)


def _is_log(view: ComparisonView, curves: Sequence[Curve]) -> bool:
    """Whether the vertical axis is logarithmic."""
    if view.axis == "auto":
        low, high = range_for(None, curves, log=True)
        return high >= _LOG_FROM * low
    return view.axis == "log"


def step_range(runs: Sequence[ComparedRun]) -> tuple[int, int]:
    """The first and the last step of all runs: the axis of every chart. (1, 0) without any."""
    known = [run.run.history for run in runs if len(run.run.history)]
    first = min((one.first_step for one in known), default=1)
    return first, max((one.last_step for one in known), default=first - 1)


def _about(scene: ComparisonScene, metric: Metric, width: int, *, log: bool) -> str:
    """How the chart is drawn, and what to be careful about."""
    view: ComparisonView = scene.view
    parts = ["log" if log else "linear"]
    if metric.is_smoothed:
        parts.append(_AVERAGES[view.smoothing])
    elif not any(run.run.quality.evaluations for run in scene.runs):
        parts.append("no run was evaluated yet")
    if metric.id == "fd" and not is_quality_comparable(scene.runs):
        parts.insert(0, "NOT COMPARABLE")
    forms = ["", *(f"  {', '.join(parts[: count + 1])}" for count in range(len(parts)))]
    [text] = fit([forms], width - len(metric.name) - 2, len)
    return text
