"""The look: both losses over the run, with what the colours mean, or what a step tells, above them.

Its own widget because it reads every step so far: it draws at most four times a second, whatever
the rate of the screen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tui.chart_window import shown_steps
from tui.looks import LOOKS
from tui.render import numbers
from tui.render.chart import (
    D_BAND,
    D_COLOR,
    G_BAND,
    G_COLOR,
    Series,
    chart_frame,
    loss_chart,
    sticky_range,
)
from tui.render.palette import D_BAND_256, G_BAND_256
from tui.render.smoothing import reach
from tui.theme import D_STYLE, FAINT, G_STYLE, QUIET, STRONG
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from rich.color import Color
    from textual.events import Click, MouseScrollDown, MouseScrollUp
    from textual.strip import Strip

    from tui.history import Stretch
    from tui.render.axes import Frame
    from tui.render.buckets import Buckets
    from tui.render.scale import Range
    from tui.view import Scene, View

_SECONDS_BETWEEN: Final = 0.25
_FEW: Final = 65_536
_LEAST_EPOCH: Final = 2

_SMOOTHING_WORDS: Final = {
    0.98: "average of 50",
    0.995: "average of 200",
    0.9: "average of 10",
    0.0: "no average",
}
"""What a smoothing comes to: it weighs about so many steps."""

_HISTORY_WORDS: Final = {"full": "", "recent": "newest, ", "epoch": "by epoch, "}


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """What the chart spans: steps, or epochs."""

    d_loss: Stretch
    g_loss: Stretch
    first: int
    """The number of the first step, or epoch."""

    size: int = 1
    """Steps in one of them."""

    def place_of(self, step: int) -> int:
        """The number of the one that a step is in."""
        return (step - 1) // self.size + 1 if self.size > 1 else step


class LossChart(SceneView):
    """A legend or a reading in the first row, the chart in the others."""

    distinct = False
    """Whether D and G are told apart without colour, and no band is drawn."""

    is_behind = False
    """Whether there is something newer than what is drawn."""

    _drawn_at = float("-inf")
    _range: Range | None = None
    _range_of: tuple[object, ...] = ()

    class Pointed(Message):
        """A step was clicked on."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Scrolled(Message):
        """The wheel was turned over the chart: 1 away from the person, -1 towards."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    @property
    def plot_columns(self) -> int:
        """Columns of the plot; 0 where there is none."""
        return self._frame().columns if self.size else 0

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """Every loss, what happened at which step, and how it is looked at."""
        view = scene.view
        looks = (view.log_axis, view.smoothing, view.history, view.window, view.cursor, view.look)
        return (scene.run.losses, scene.run.marks, *looks)

    def show(self, scene: Scene) -> None:
        """Draw this scene, unless it is too early: then it is behind, and has to be shown again.

        Another look at it does not wait.
        """
        is_time = monotonic() >= self._drawn_at + _SECONDS_BETWEEN
        if is_time or scene.view is not self._scene.view:
            super().show(scene)
        else:
            self.is_behind |= self.changed(scene)
            if not self.is_behind:
                self._scene = scene

    def redraw(self) -> None:
        """Draw anew, and have the rows that changed sent."""
        self.is_behind = False
        if self.size:
            self._drawn_at = monotonic()
        super().redraw()

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The legend, or what the cursor reads, and the chart."""
        view, span = scene.view, _span(scene)
        self._range = self._ranged(view, span)
        d_band, g_band = self._bands(view)
        if view.cursor is None:
            above = [legend(view, width, bands=not self.distinct)]
        else:
            above = readings(scene, span, self.plot_columns, width)
        chart = loss_chart(
            [
                Series("D", span.d_loss, D_COLOR, d_band),
                Series("G", span.g_loss, G_COLOR, g_band, dashed=self.distinct),
            ],
            width,
            height - len(above),
            first_step=span.first,
            log=view.log_axis,
            smoothing=view.smoothing if span.size == 1 else 0.0,
            y_range=self._range,
            marks=[(span.place_of(step), mark) for step, mark in scene.run.marks],
            cursor=None if view.cursor is None else span.place_of(view.cursor),
            bands=not self.distinct,
        )
        return [*above, *chart]

    def on_click(self, event: Click) -> None:
        """Read the step that was clicked on."""
        frame, span = self._frame(), _span(self._scene)
        column = event.x - frame.gutter
        if 0 <= column < frame.columns and span.d_loss.count:
            place = span.first + column * span.d_loss.count // frame.columns
            self.post_message(self.Pointed((place - 1) * span.size + 1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in."""
        event.stop()
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self.post_message(self.Scrolled(-1))

    def _frame(self) -> Frame:
        width, height = self.size
        log = self._scene.view.log_axis
        return chart_frame(width, height - 1, self._range or (0.1, 10.0), log=log)

    def _ranged(self, view: View, span: _Span) -> Range:
        """The vertical range: sticky, until another part of the run is looked at."""
        looked = (view.log_axis, view.history, view.window)
        before = self._range if looked == self._range_of else None
        self._range_of = looked
        return sticky_range(before, span.d_loss.sample(), span.g_loss.sample(), log=view.log_axis)

    def _bands(self, view: View) -> tuple[str | Color, str | Color]:
        """The colours behind D and G; on black the nearest of 256 to the dim ones would be loud."""
        on_black = LOOKS[view.look].theme.dark
        if self.app.console.color_system == "truecolor" or not on_black:
            return D_BAND, G_BAND
        return D_BAND_256, G_BAND_256


def legend(view: View, width: int, *, bands: bool = True) -> Strip:
    """What the two colours are, and how the chart is drawn, as fully as fits."""
    names: list[Piece] = [
        (" ━ ", D_STYLE),
        ("D loss", QUIET),
        ("  ━ " if bands else "  ╍ ", G_STYLE),
        ("G loss", QUIET),
    ]
    axis = "log" if view.log_axis else "linear"
    brief = f"{_HISTORY_WORDS[view.history]}{axis}"
    fuller = f"{brief}, {_SMOOTHING_WORDS[view.smoothing]}"
    room = width - length(names) - 3
    notes = ([f"{fuller}, band least to greatest"] if bands else []) + [fuller, brief]
    note = next((note for note in notes if len(note) <= room), "")
    return row([*names, (f"  {note}", FAINT)], width)


def readings(scene: Scene, span: _Span, columns: int, width: int) -> list[Strip]:
    """What both losses are at the cursor: value, average, extremes; in two rows if not in one."""
    step = scene.view.cursor or 0
    at = scene.run.losses.time_of(step)
    clock = "" if at is None else time.strftime(" %H:%M:%S", time.localtime(at))
    place = span.place_of(step) - span.first
    named: list[Piece] = [(f" {numbers.count(step)}", STRONG), (clock, QUIET)]
    if not 0 <= place < span.d_loss.count:
        return [row([*named, (" is not among these steps", QUIET)], width)]
    smoothing = scene.view.smoothing if span.size == 1 else 0.0
    d_told, g_told = (
        _told(stretch, place, columns, smoothing) for stretch in (span.d_loss, span.g_loss)
    )
    d_pieces = [*named, ("  D ", D_STYLE), *d_told]
    g_pieces: list[Piece] = [("  G ", G_STYLE), *g_told]
    if length([*d_pieces, *g_pieces]) <= width:
        return [row([*d_pieces, *g_pieces], width)]
    indent = (" " * length(named), QUIET)
    return [row(d_pieces, width), row([indent, *g_pieces], width)]


def _told(stretch: Stretch, place: int, columns: int, smoothing: float) -> list[Piece]:
    """The value at a place, its moving average, and the least and the greatest of its column."""
    each = stretch.summary(min(stretch.count, _FEW)).mean
    value = each[place * len(each) // stretch.count]
    averages = stretch.averages(smoothing)
    average = averages[place * len(averages) // stretch.count]
    summary = stretch.summary(max(columns, 1))
    low, high = _extremes(summary, place * max(columns, 1) // stretch.count)
    return [
        (numbers.loss(float(value)), STRONG),
        (f" ~{numbers.loss(float(average))} {low}-{high}", QUIET),
    ]


def _extremes(summary: Buckets, column: int) -> tuple[str, str]:
    ends = summary.minimum[column], summary.maximum[column]
    low, high = (numbers.loss(float(end)) for end in ends)
    return low, high


def _span(scene: Scene) -> _Span:
    """The steps that the view shows, or the epochs."""
    run, view = scene.run, scene.view
    first, last = shown_steps(view, run)
    d_loss, g_loss = run.losses.stretches(first, last, reach(view.smoothing))
    size = run.progress.steps_per_epoch
    if view.history != "epoch" or size < _LEAST_EPOCH or not d_loss.count:
        return _Span(d_loss, g_loss, first)
    # From the beginning of an epoch on, so that each value is a whole one.
    begin = max((first - 1) // size * size + 1, run.losses.first_step)
    d_loss, g_loss = run.losses.stretches(begin, last)
    return _Span(d_loss.grouped(size), g_loss.grouped(size), (begin - 1) // size + 1, size)
