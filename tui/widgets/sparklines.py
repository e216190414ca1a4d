"""Both losses, the scores and the speed, each as a sparkline of its newest values.

Of a recorded run, whatever its loop logs.

They move with every batch of steps; the chart shows the whole run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.model.charted import charted, colors_of, label, series_names
from tui.render import numbers
from tui.render.fitting import shortened
from tui.render.palette import SERIES_COLORS
from tui.render.sparkline import sparkline
from tui.series.named import newest_logged
from tui.style.styles import D_SCORE, D_STYLE, FAINT, G_SCORE, G_STYLE, QUIET, SPEED, STRONG
from tui.widgets.rows import row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Floats
    from tui.model.run_state import RunState

_LABEL_COLUMNS = 9
_LABEL_SHARE = 3
"""Names from outside take at most one of so many parts of a row."""

_VALUE_COLUMNS = 5
_GAP = 1


@dataclass(frozen=True, slots=True)
class _Line:
    """What one row shows."""

    label: str
    style: Style
    newest: Callable[[RunState, int], Floats]
    """The newest values of a run, at most so many."""

    text: Callable[[float], str]
    range: tuple[float, float | None] | None = None
    """Values at the lowest and the highest bar; by default those of the row. If the highest is
    `None`, the maximum of the row is drawn at half height."""


_LOSSES = (
    _Line("D loss", D_STYLE, lambda run, count: run.losses.d_loss.newest(count), numbers.loss),
    _Line("G loss", G_STYLE, lambda run, count: run.losses.g_loss.newest(count), numbers.loss),
)


def _score(label: str, style: Style, newest: Callable[[RunState, int], Floats]) -> _Line:
    # Scores are probabilities; on the same range the two can be compared by their height.
    return _Line(label, style, newest, numbers.loss, (0, 1))


_SCORES = (
    _score("D(x)", D_SCORE, lambda run, count: run.losses.real_score.newest(count)),
    _score("D(G(z))", G_SCORE, lambda run, count: run.losses.fake_score.newest(count)),
)
# With the relativistic loss D scores only differences, and the second score is 1 minus the first.
_RANKED = (
    _score("pairs ranked right", D_SCORE, lambda run, count: run.losses.real_score.newest(count)),
)
_IMAGES = _Line("img/s", SPEED, lambda run, count: run.speed.newest(count), numbers.rate, (0, None))
_STEPS = replace(_IMAGES, label="steps/s")


class Sparklines(SceneView):
    """A row for each value: its name, its last value, and its recent course."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The history; the speed grows with it."""
        run = scene.run
        return (run.losses, run.series, run.progress.loss, run.is_recorded, scene.view.series)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """One row each, the losses first; if a recorded run has more, their number at the end."""
        lines, run = _lines(scene), scene.run
        if not run.is_recorded:
            return [_drawn(line, _padded(line.label), run, width) for line in lines[:height]]
        fits = len(lines) <= height
        shown = lines if fits else lines[: height - 1]
        labels = _aligned([line.label for line in shown], width)
        rows = [_drawn(line, text, run, width) for line, text in zip(shown, labels, strict=True)]
        # Of the rows left out the last is the speed, which is no series.
        left_out = len(lines) - len(shown) - 1
        return rows if fits else [*rows, row([(f" {left_out} more series", FAINT)], width)]


def sparkline_rows(scene: Scene) -> int:
    """The number of rows that the run's sparklines need."""
    return len(_lines(scene))


def _lines(scene: Scene) -> tuple[_Line, ...]:
    run = scene.run
    if run.is_recorded:
        return (*_of_series(scene), _IMAGES if run.progress.batch_size else _STEPS)
    scores = _RANKED if run.progress.loss == "relativistic" else _SCORES
    return (*_LOSSES, *scores, _IMAGES)


def _of_series(scene: Scene) -> list[_Line]:
    """The series of a recorded run, those of the chart first and in its colours."""
    charted_ones = charted(scene.view, scene.run)
    colors = colors_of(charted_ones, SERIES_COLORS)
    others = [name for name in series_names(scene.run) if name not in colors]
    return [
        _Line(
            label(name),
            Style(color=colors[name]) if name in colors else FAINT,
            partial(_newest_of, name),
            numbers.loss,
        )
        for name in (*charted_ones, *others)
    ]


def _newest_of(name: str, run: RunState, count: int) -> Floats:
    return newest_logged(run.series.columns[name], count)


def _padded(label: str) -> str:
    """A name between blanks. A long one moves its own value and bars, and no others."""
    text = f" {label}"
    return text.ljust(_LABEL_COLUMNS) if len(text) <= _LABEL_COLUMNS else f"{text} "


def _aligned(labels: Sequence[str], width: int) -> list[str]:
    """Names from outside between blanks, cut so that all values stand below one another."""
    longest = max((cell_len(one) for one in labels), default=0)
    cells = max(min(longest + 2, width // _LABEL_SHARE), _LABEL_COLUMNS)
    return [set_cell_size(f" {one}", cells) for one in shortened(labels, cells - 2)]


def _drawn(line: _Line, label: str, run: RunState, width: int) -> Strip:
    """One row.

    Args:
        line: What it shows.
        label: Its name between blanks.
        run: Of which run.
        width: Cells of the row.
    """
    last = line.newest(run, 1)
    value = line.text(float(last[0])) if len(last) else numbers.UNKNOWN
    taken = cell_len(label) + _VALUE_COLUMNS + _GAP
    head = row(
        [(label, QUIET), (value.rjust(_VALUE_COLUMNS), STRONG), (" " * _GAP, QUIET)],
        min(taken, width),
    )
    room = max(width - head.cell_length - _GAP, 0)
    values = line.newest(run, room)
    bars = sparkline(values, room, style=line.style, range=_range(line, values))
    gap = Segment(" " * (width - head.cell_length - room), QUIET)
    return Strip([*head, *bars, gap], width)


def _range(line: _Line, values: Floats) -> tuple[float, float] | None:
    if line.range is None:
        return None
    low, high = line.range
    return low, 2 * float(values.max(initial=1.0)) if high is None else high
