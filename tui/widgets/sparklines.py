"""Both losses, the scores and the speed, each as a sparkline of its newest values.

They move with every batch of steps; the chart shows the whole run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from tui.render import numbers
from tui.render.sparkline import sparkline
from tui.style.styles import D_SCORE, D_STYLE, G_SCORE, G_STYLE, QUIET, SPEED, STRONG
from tui.widgets.rows import row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style

    from gan.events import Floats
    from tui.model.run_state import RunState
    from tui.series.history import Column, LongColumn

_LABEL_COLUMNS = 9
_VALUE_COLUMNS = 5
_GAP = 1


@dataclass(frozen=True, slots=True)
class _Line:
    """What one row shows."""

    label: str
    style: Style
    column: Callable[[RunState], Column | LongColumn]
    text: Callable[[float], str]
    range: tuple[float, float | None] | None = None
    """Values at the lowest and the highest bar; by default those of the row. If the highest is
    `None`, the maximum of the row is drawn at half height."""


_LOSSES = (
    _Line("D loss", D_STYLE, lambda state: state.losses.d_loss, numbers.loss),
    _Line("G loss", G_STYLE, lambda state: state.losses.g_loss, numbers.loss),
)
# Scores are probabilities; on the same range the two can be compared by their height.
_SCORES = (
    _Line("D(x)", D_SCORE, lambda state: state.losses.real_score, numbers.loss, (0, 1)),
    _Line("D(G(z))", G_SCORE, lambda state: state.losses.fake_score, numbers.loss, (0, 1)),
)
# With the relativistic loss D scores only differences, and the second score is 1 minus the first.
_RANKED = (
    _Line(
        "pairs ranked right", D_SCORE, lambda state: state.losses.real_score, numbers.loss, (0, 1)
    ),
)
_SPEED = (_Line("img/s", SPEED, lambda state: state.speed, numbers.rate, (0, None)),)


class Sparklines(SceneView):
    """A row for each value: its name, its last value, and its recent course."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The history; the speed grows with it."""
        return (scene.run.losses, scene.run.progress.loss)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """One row each, the losses first."""
        return [_drawn(line, line.column(scene.run), width) for line in _lines(scene.run)[:height]]


def sparkline_rows(run: RunState) -> int:
    """The number of rows that the run's sparklines need."""
    return len(_lines(run))


def _lines(run: RunState) -> tuple[_Line, ...]:
    scores = _RANKED if run.progress.loss == "relativistic" else _SCORES
    return (*_LOSSES, *scores, *_SPEED)


def _drawn(line: _Line, column: Column | LongColumn, width: int) -> Strip:
    last = column.newest(1)
    value = line.text(float(last[0])) if len(last) else numbers.UNKNOWN
    label = f" {line.label}"
    # A long name moves its own value and bars, and no others.
    label = label.ljust(_LABEL_COLUMNS) if len(label) <= _LABEL_COLUMNS else f"{label} "
    head = row(
        [(label, QUIET), (value.rjust(_VALUE_COLUMNS), STRONG), (" " * _GAP, QUIET)],
        min(len(label) + _VALUE_COLUMNS + _GAP, width),
    )
    room = max(width - head.cell_length - _GAP, 0)
    values = column.newest(room)
    bars = sparkline(values, room, style=line.style, range=_range(line, values))
    gap = Segment(" " * (width - head.cell_length - room), QUIET)
    return Strip([*head, *bars, gap], width)


def _range(line: _Line, values: Floats) -> tuple[float, float] | None:
    if line.range is None:
        return None
    low, high = line.range
    return low, 2 * float(values.max(initial=1.0)) if high is None else high
