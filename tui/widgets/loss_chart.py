"""The chart: both losses over the run, under a legend or the values at the cursor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tui.model.chart_window import epoch_size, shown_steps
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
from tui.series.smoothing import reach
from tui.style.styles import D_STYLE, FAINT, G_STYLE, QUIET, STRONG
from tui.style.themes import THEMES
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from rich.color import Color
    from textual.events import Click, MouseScrollDown, MouseScrollUp
    from textual.strip import Strip

    from gan.events import Floats
    from tui.model.view import Scene, View
    from tui.render.axes import Frame
    from tui.render.scale import Range
    from tui.series.window import Window

_VALUE: Final = 5
"""Cells of a loss."""

_NAME_CELLS: Final = 4
_FULLEST: Final = len(" ~") + len(" -") + 3 * _VALUE
"""Cells of its average and its extremes."""

_SMOOTHING_WORDS: Final = {
    0.98: "average of 50",
    0.995: "average of 200",
    0.9: "average of 10",
    0.0: "no average",
}
"""What a smoothing comes to: it weighs about so many steps."""

_HISTORY_WORDS: Final = {"full": "", "recent": "newest, ", "epoch": ""}


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """What the chart spans: steps, or epochs."""

    d_loss: Window
    g_loss: Window
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

    _above = 1
    """Rows above the chart."""

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

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The legend, or what the cursor reads, and the chart."""
        view, span = scene.view, _span(scene)
        self._range = self._ranged(view, span)
        d_band, g_band = self._bands(view)
        above = self._drawn_above(scene, span, width)
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
            unit="epoch" if span.size > 1 else "",
        )
        return [*above, *chart]

    def _drawn_above(self, scene: Scene, span: _Span, width: int) -> list[Strip]:
        """What the colours mean, or what the cursor reads."""
        if scene.view.cursor is None:
            self._above = 1
            by_epoch = span.size > 1
            return [legend(scene.view, width, bands=not self.distinct, by_epoch=by_epoch)]
        reading = read(scene, span)
        self._above = reading.rows(width)
        return reading.drawn(self._frame().columns, width)

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
        return chart_frame(width, height - self._above, self._range or (0.1, 10.0), log=log)

    def _ranged(self, view: View, span: _Span) -> Range:
        """The vertical range: sticky, until another part of the run is looked at."""
        looked = (view.log_axis, view.history, view.window)
        before = self._range if looked == self._range_of else None
        self._range_of = looked
        return sticky_range(before, span.d_loss.sample(), span.g_loss.sample(), log=view.log_axis)

    def _bands(self, view: View) -> tuple[str | Color, str | Color]:
        """The colours behind D and G; on black the nearest of 256 to the dim ones would be loud."""
        on_black = THEMES[view.look].theme.dark
        if self.app.console.color_system == "truecolor" or not on_black:
            return D_BAND, G_BAND
        return D_BAND_256, G_BAND_256


def legend(view: View, width: int, *, bands: bool = True, by_epoch: bool = False) -> Strip:
    """What the two colours are, and how the chart is drawn, as fully as fits."""
    names: list[Piece] = [
        (" ━ ", D_STYLE),
        ("D loss", QUIET),
        ("  ━ " if bands else "  ╍ ", G_STYLE),
        ("G loss", QUIET),
    ]
    axis = "log" if view.log_axis else "linear"
    brief = f"by epoch, {axis}" if by_epoch else f"{_HISTORY_WORDS[view.history]}{axis}"
    fuller = brief if by_epoch else f"{brief}, {_SMOOTHING_WORDS[view.smoothing]}"
    room = width - length(names) - 3
    notes = ([f"{fuller}, band least to greatest"] if bands else []) + [fuller, brief]
    note = next((note for note in notes if len(note) <= room), "")
    return row([*names, (f"  {note}", FAINT)], width)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A step, and where it lies in what the chart spans."""

    step: str
    clock: str
    span: _Span
    place: int
    """Counted from the first step or epoch; beyond either end where it is not shown."""

    smoothing: float

    @property
    def _is_shown(self) -> bool:
        return 0 <= self.place < self.span.d_loss.count

    def rows(self, width: int) -> int:
        """Two where it does not fit in one: the step over its time, D over G."""
        whole = len(self.step) + len(self.clock) + 2 * (_VALUE + _NAME_CELLS + _FULLEST)
        return 1 if whole <= width or not self._is_shown else 2

    def drawn(self, columns: int, width: int) -> list[Strip]:
        """What both losses are there, as fully as fits."""
        step, clock = (self.step, STRONG), (self.clock, QUIET)
        if not self._is_shown:
            return [row([step, clock, (" is not among these steps", QUIET)], width)]
        named = [("  D ", D_STYLE)], [("  G ", G_STYLE)]
        both = self.span.d_loss, self.span.g_loss
        if self.rows(width) == 1:
            d_told, g_told = (self._told(loss, columns, width) for loss in both)
            return [row([step, clock, *named[0], *d_told, *named[1], *g_told], width)]
        label = max(len(self.step), len(self.clock))
        room = width - label - _NAME_CELLS
        heads = [(text.ljust(label), style) for text, style in (step, clock)]
        return [
            row([head, *name, *self._told(loss, columns, room)], width)
            for head, name, loss in zip(heads, named, both, strict=True)
        ]

    def _told(self, loss: Window, columns: int, room: int) -> list[Piece]:
        """The value, its moving average, and the least and the greatest of its column."""
        value = numbers.loss(loss.value(self.place))
        averages = loss.averages(self.smoothing)
        average = f" ~{_loss(averages, self.place * len(averages) // loss.count)}"
        columns = max(columns, 1)
        summary = loss.summary(columns)
        # The column that holds the step, as they are divided.
        column = ((self.place + 1) * columns - 1) // loss.count
        ends = f" {_loss(summary.minimum, column)}-{_loss(summary.maximum, column)}"
        forms = (average + ends, ends, average, "")
        rest = next(form for form in forms if len(value + form) <= room or not form)
        return [(value, STRONG), (rest, QUIET)]


def _loss(values: Floats, index: int) -> str:
    return numbers.loss(float(values[index]))


def read(scene: Scene, span: _Span) -> _Reading:
    """What the cursor is at."""
    step = scene.view.cursor or 0
    at = scene.run.losses.time_of(step)
    return _Reading(
        f" {numbers.count(step)}",
        "" if at is None else time.strftime(" %H:%M:%S", time.localtime(at)),
        span,
        span.place_of(step) - span.first,
        scene.view.smoothing if span.size == 1 else 0.0,
    )


def _span(scene: Scene) -> _Span:
    """The steps that the view shows, or the epochs."""
    run, view = scene.run, scene.view
    first, last = shown_steps(view, run)
    d_loss, g_loss = run.losses.stretches(first, last, reach(view.smoothing))
    size = epoch_size(view, run)
    if size == 1 or not d_loss.count:
        return _Span(d_loss, g_loss, first)
    # From the beginning of an epoch on, so that each value is a whole one.
    begin = max((first - 1) // size * size + 1, run.losses.first_step)
    d_loss, g_loss = run.losses.stretches(begin, last)
    return _Span(d_loss.grouped(size), g_loss.grouped(size), (begin - 1) // size + 1, size)
