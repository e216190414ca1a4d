"""The chart of the losses over the run, below a legend or the values at the cursor.

Of a recorded run it shows the series that were chosen.

It reads every step so far, so it draws less often than the other widgets.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message

from tui.render import numbers
from tui.render.chart import ChartOptions, Series, chart_frame, loss_chart
from tui.render.fitting import fit
from tui.render.palette import D_BAND, D_BAND_256, G_BAND, G_BAND_256, SERIES_COLORS
from tui.render.scale import kept_range
from tui.style.styles import D_STYLE, FAINT, G_STYLE, QUIET, STRONG
from tui.widgets.chart_span import SMOOTHING_WORDS, ChartSpan, span_of
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import Scene, SceneView
from tui.widgets.series_heading import SeriesHeading

if TYPE_CHECKING:
    from rich.color import Color
    from textual.events import Click, MouseScrollDown, MouseScrollUp
    from textual.strip import Strip

    from gan.events import Floats
    from tui.model.view import View
    from tui.render.axes import Frame
    from tui.render.scale import Range
    from tui.series.window import Window

_LOSS_CELLS: Final = 5
_NAME_CELLS: Final = 4
_DETAIL_CELLS: Final = len(" ~") + len(" -") + 3 * _LOSS_CELLS
"""Cells of a loss's moving average, minimum and maximum."""

_MAX_BANDS: Final = 2
_HISTORY_WORDS: Final = {"full": "", "recent": "newest, ", "epoch": ""}


class LossChart(SceneView):
    """A legend or a reading in the first row or two, the chart in the others."""

    distinct = False
    """Whether lines are distinguished without colour, and no band is drawn."""

    _above = 1
    """Rows above the chart."""

    _log = True
    """Whether the axis that was drawn last is logarithmic."""

    _range: Range | None = None
    _range_of: tuple[object, ...] = ()

    class Pointed(Message):
        """A step was clicked on."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Scrolled(Message):
        """The wheel was turned over the chart: `by` is 1 for up and -1 for down."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    @property
    def plot_columns(self) -> int:
        """Columns of the plot; 0 if there is none."""
        return self._frame().columns if self.size else 0

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The losses, the marks of events, and how they are shown."""
        view = scene.view
        shown = (view.log_axis, view.smoothing, view.history, view.window, view.cursor)
        run = scene.run
        return (run.losses, run.series, run.marks, run.quality, view.series, *shown)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The legend or the values at the cursor, and the chart."""
        view, span = scene.view, span_of(scene)
        self._log = span.is_log
        self._range = self._ranged(view, span)
        above = self._drawn_above(scene, span, width)
        if scene.run.is_recorded and span.is_empty:
            return [*above, *_in_place_of_axes(span, width, height - len(above))]
        chart = loss_chart(
            self._series(span),
            width,
            height - len(above),
            ChartOptions(
                y_range=self._range,
                log=span.is_log,
                first_step=span.first,
                unit="epoch" if span.size > 1 else "",
                smoothing=view.smoothing if span.size == 1 else 0.0,
                marks=[(span.place_of(step), mark) for step, mark in scene.run.all_marks],
                cursor=None if view.cursor is None else span.place_of(view.cursor),
                bands=self._has_bands(span),
            ),
        )
        return [*above, *chart]

    def _series(self, span: ChartSpan) -> list[Series]:
        """The lines as they are drawn; the bands are those of two."""
        bands = dict(zip(SERIES_COLORS, self._bands(), strict=False))
        return [
            Series(
                line.mark,
                line.values,
                line.color,
                bands.get(line.color),
                dashed=self.distinct and place == 1,
                skips=line.skips,
                connected=line.is_occasional,
            )
            for place, line in enumerate(span.lines)
        ]

    def _has_bands(self, span: ChartSpan) -> bool:
        """Whether bands are drawn.

        Of more than two lines none could be told apart; the sixteen colours have no dim ones.
        """
        is_ansi = self._color_theme.theme.ansi
        return not self.distinct and not is_ansi and len(span.lines) <= _MAX_BANDS

    def _drawn_above(self, scene: Scene, span: ChartSpan, width: int) -> list[Strip]:
        """The legend, or the values at the cursor."""
        if scene.run.is_recorded:
            heading = SeriesHeading(span, scene.view, distinct=self.distinct)
            rows = heading.rows(scene.run, width)
            self._above = len(rows)
            return rows
        if scene.view.cursor is None:
            self._above = 1
            by_epoch = span.size > 1
            return [legend(scene.view, width, bands=self._has_bands(span), by_epoch=by_epoch)]
        reading = read(scene, span)
        self._above = reading.rows(width)
        return reading.draw(self._frame().columns, width)

    def on_click(self, event: Click) -> None:
        """Report the step that was clicked on."""
        frame, span = self._frame(), span_of(self._scene)
        column = event.x - frame.gutter
        if 0 <= column < frame.columns and span.count:
            place = span.first + column * span.count // frame.columns
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
        ends = self._range or (0.1, 10.0)
        return chart_frame(width, height - self._above, ends, log=self._log)

    def _ranged(self, view: View, span: ChartSpan) -> Range:
        """The vertical range; sticky until another part of the run is shown."""
        names = tuple(line.mark for line in span.lines)
        shown = (span.is_log, view.history, view.window, names)
        before = self._range if shown == self._range_of else None
        self._range_of = shown
        return kept_range(before, [line.values.sample() for line in span.lines], span.is_log)

    def _bands(self) -> tuple[str | Color, str | Color]:
        """The colours of the bands; on black the nearest of 256 to the dim ones are too bright."""
        on_black = self._color_theme.theme.dark
        if self.app.console.color_system == "truecolor" or not on_black:
            return D_BAND, G_BAND
        return D_BAND_256, G_BAND_256


def _in_place_of_axes(span: ChartSpan, width: int, height: int) -> list[Strip]:
    """Words where a chart would have axes and no line; that there are no series is said above."""
    words = " no finite value yet" if span.lines else ""
    return [row([(words if y == height // 2 else "", FAINT)], width) for y in range(height)]


def legend(view: View, width: int, *, bands: bool = True, by_epoch: bool = False) -> Strip:
    """The names of the two lines, and how the chart is drawn, in as much detail as fits."""
    names: list[Piece] = [
        (" ━ ", D_STYLE),
        ("D loss", QUIET),
        ("  ━ " if bands else "  ╍ ", G_STYLE),
        ("G loss", QUIET),
    ]
    axis = "log" if view.log_axis else "linear"
    brief = f"by epoch, {axis}" if by_epoch else f"{_HISTORY_WORDS[view.history]}{axis}"
    fuller = brief if by_epoch else f"{brief}, {SMOOTHING_WORDS[view.smoothing]}"
    full = [f"{fuller}, band: min to max"] if bands else []
    [note] = fit([["", brief, fuller, *full]], width - length(names) - 3, len)
    return row([*names, (f"  {note}", FAINT)], width)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """The step at the cursor, and its place among the values that the chart shows."""

    step: str
    clock: str
    span: ChartSpan
    place: int
    """Counted from the first step or epoch; beyond either end if it is not shown."""

    smoothing: float

    @property
    def _is_shown(self) -> bool:
        return 0 <= self.place < self.span.count

    def rows(self, width: int) -> int:
        """Rows of the reading: two if it does not fit in one, the step over its time, D over G."""
        losses = 2 * (_NAME_CELLS + _LOSS_CELLS + _DETAIL_CELLS)
        cells = len(self.step) + len(self.clock) + losses
        return 1 if cells <= width or not self._is_shown else 2

    def draw(self, columns: int, width: int) -> list[Strip]:
        """Both losses at the step, in as much detail as fits.

        Args:
            columns: Columns of the plot.
            width: Cells of each row.
        """
        step, clock = (self.step, STRONG), (self.clock, QUIET)
        if not self._is_shown:
            return [row([step, clock, (" is not shown", QUIET)], width)]
        named = [("  D ", D_STYLE)], [("  G ", G_STYLE)]
        both = [line.values for line in self.span.lines]
        if self.rows(width) == 1:
            d_loss, g_loss = (self._figures(loss, columns, width) for loss in both)
            return [row([step, clock, *named[0], *d_loss, *named[1], *g_loss], width)]
        label = max(len(self.step), len(self.clock))
        room = width - label - _NAME_CELLS
        heads = [(text.ljust(label), style) for text, style in (step, clock)]
        return [
            row([head, *name, *self._figures(loss, columns, room)], width)
            for head, name, loss in zip(heads, named, both, strict=True)
        ]

    def _figures(self, loss: Window, columns: int, room: int) -> list[Piece]:
        """The value, its moving average, and the minimum and the maximum of its column."""
        value = numbers.loss(loss.value(self.place))
        averages = loss.averages(self.smoothing)
        average = f" ~{_loss(averages, self.place * len(averages) // loss.count)}"
        columns = max(columns, 1)
        summary = loss.summary(columns)
        # The column of the step, by the division of `Window.summary`.
        column = ((self.place + 1) * columns - 1) // loss.count
        ends = f" {_loss(summary.minimum, column)}-{_loss(summary.maximum, column)}"
        [rest] = fit([["", average, ends, average + ends]], room - len(value), len)
        return [(value, STRONG), (rest, QUIET)]


def _loss(values: Floats, index: int) -> str:
    return numbers.loss(float(values[index]))


def read(scene: Scene, span: ChartSpan) -> _Reading:
    """What the cursor is at."""
    step = scene.view.cursor or 0
    at = scene.run.losses.time_of(step)
    return _Reading(
        f" {step:,}",
        "" if at is None else time.strftime(" %H:%M:%S", time.localtime(at)),
        span,
        span.place_of(step) - span.first,
        scene.view.smoothing if span.size == 1 else 0.0,
    )
