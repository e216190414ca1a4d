"""The charts of a comparison: one figure of all runs in each, as many as there is room for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from tui.model.compared_run import is_quality_comparable
from tui.model.comparison import METRICS
from tui.render.fitting import fit
from tui.render.overlay import Curve, OverlayOptions, overlay_chart, range_for
from tui.render.palette import RUN_COLORS
from tui.style.styles import FAINT, STRONG
from tui.widgets.comparison_view import ComparisonPart
from tui.widgets.rows import row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.model.compared_run import ComparedRun
    from tui.model.comparison import ComparisonScene, ComparisonView, Metric
    from tui.render.scale import Range

_MIN_COLUMNS: Final = 56
_MIN_ROWS: Final = 10
"""Another chart is drawn next to or below one if each still has this size."""

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

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """As many charts as fit."""
        across, down = chart_places(width, height)
        rows: list[Strip] = []
        for line in range(down):
            tall = height * (line + 1) // down - height * line // down
            tiles = []
            for column in range(across):
                wide = width * (column + 1) // across - width * column // across
                metric = METRICS[(scene.view.metric + line * across + column) % len(METRICS)]
                tiles.append(self._tile(scene, metric, wide, tall))
            rows += [Strip.join(parts) for parts in zip(*tiles, strict=True)]
        return rows

    def _tile(self, scene: ComparisonScene, metric: Metric, width: int, height: int) -> list[Strip]:
        """One chart below its heading."""
        view = scene.view
        curves = curves_of(scene.runs, scene.marks, metric)
        smoothing = view.smoothing if metric.is_smoothed else 0.0
        log = metric.can_be_log and _is_log(view, curves, smoothing)
        key = (metric.id, log)
        chosen = self._ranges[key] = range_for(self._ranges.get(key), curves, smoothing, log)
        first_step, last_step = step_range(scene.runs)
        options = OverlayOptions(
            y_range=chosen,
            log=log,
            smoothing=smoothing,
            cursor=view.grid_step,
            first_step=first_step,
            last_step=last_step,
        )
        head = row(
            [(f" {metric.name}", STRONG), (_about(scene, metric, width, log=log), FAINT)], width
        )
        return [head, *overlay_chart(curves, width, height - 1, options)] if height > 1 else [head]


def chart_places(width: int, height: int) -> tuple[int, int]:
    """How many charts fit next to one another, and below one another; never more than there are."""
    across = max(min(width // _MIN_COLUMNS, len(METRICS)), 1)
    down = max(min(height // _MIN_ROWS, math.ceil(len(METRICS) / across)), 1)
    return across, down if across * down <= len(METRICS) else max(len(METRICS) // across, 1)


def curves_of(runs: Sequence[ComparedRun], marks: Sequence[str], metric: Metric) -> list[Curve]:
    """A line for each run."""
    return [
        _curve(run, mark, RUN_COLORS[place % len(RUN_COLORS)], metric)
        for place, (run, mark) in enumerate(zip(runs, marks, strict=True))
    ]


def _curve(run: ComparedRun, mark: str, color: str, metric: Metric) -> Curve:
    if metric.id == "fd":
        points = [(one.step, one.fd) for one in run.run.quality.evaluations]
        first = points[0][0] if points else 1
        return Curve(mark=mark, color=color, first=first, points=points)
    history = run.scores if metric.id in ("real_score", "fake_score") else run.run.losses
    windows = history.windows(history.first_step, history.last_step)
    values = windows[0 if metric.id in ("d_loss", "real_score") else 1]
    return Curve(mark=mark, color=color, first=history.first_step, values=values)


def _is_log(view: ComparisonView, curves: Sequence[Curve], smoothing: float) -> bool:
    """Whether the vertical axis is logarithmic."""
    if view.axis == "auto":
        low, high = range_for(None, curves, smoothing, log=True)
        return high >= _LOG_FROM * low
    return view.axis == "log"


def step_range(runs: Sequence[ComparedRun]) -> tuple[int, int]:
    """The first and the last step of all runs: the axis of every chart. (1, 0) without any."""
    known = [run.run.losses for run in runs if len(run.run.losses)]
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
