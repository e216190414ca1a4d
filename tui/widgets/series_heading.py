"""The rows above the chart of a recorded run: its lines with their names, or their values.

Names come from another program and may be long or many, so they take as many rows as they need,
up to a few; a name that is longer than a row is cut.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.style import Style

from tui.render import numbers
from tui.render.fitting import clipped, fit
from tui.style.styles import FAINT, QUIET, STRONG
from tui.widgets.chart_span import SMOOTHING_WORDS
from tui.widgets.rows import length, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from tui.model.run_state import RunState
    from tui.model.view import View
    from tui.widgets.chart_span import ChartLine, ChartSpan
    from tui.widgets.rows import Piece

    Entry = Sequence[Piece]
    """Pieces that stay together in one row."""

_LINE: Final = "━"
_LONGEST_LABEL: Final = 24
"""Cells of a name, of which there may be several in a row."""

_AROUND_LABEL: Final = len("  x ") + len(" 0.123")
"""Cells of an entry besides its name."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesHeading:
    """What stands above a chart."""

    span: ChartSpan
    view: View
    distinct: bool = False
    """Whether lines are told apart without colour, by a letter each."""

    def rows(self, run: RunState, width: int) -> list[Strip]:
        """The legend, or with a cursor the values at its step."""
        if self.view.cursor is None:
            return self._legend(run, width)
        step, clock = f" {self.view.cursor:,}", _clock(run, self.view.cursor)
        head = [(step, STRONG), (clock, QUIET)]
        place = self.span.place_of(self.view.cursor) - self.span.first
        if not 0 <= place < self.span.count:
            return [row([*head, (" is not shown", QUIET)], width)]
        brief, full = (
            _flowed(
                [head, *(self._reading(line, place, width, is_full) for line in self.span.lines)],
                width,
            )
            for is_full in (False, True)
        )
        return [row(pieces, width) for pieces in (full if len(full) == len(brief) else brief)]

    def _legend(self, run: RunState, width: int) -> list[Strip]:
        """The names of the lines; how they are drawn and how many more there are, if that fits."""
        if not self.span.lines:
            return [row([(" no series was logged yet", FAINT)], width)]
        entries = [self._entry(line, width) for line in self.span.lines]
        rows = _flowed(entries, width)
        [note] = fit([self._notes(run)], width - length(rows[-1]) - 2, len)
        rows[-1] = [*rows[-1], (f"  {note}", FAINT)]
        return [row(pieces, width) for pieces in rows]

    def _entry(self, line: ChartLine, width: int) -> Entry:
        """The name of a line with its sign; of a series without one a dash in its place."""
        sign = self._sign(line) if line.is_drawn else (f" {numbers.UNKNOWN} ", FAINT)
        return [sign, _named(line, width)]

    def _notes(self, run: RunState) -> list[str]:
        """How the lines are drawn and how many series are not, from the briefest."""
        axis = "log" if self.span.is_log else "linear"
        average = SMOOTHING_WORDS[self.view.smoothing]
        others = len(run.series.columns) - len(self.span.lines)
        if not others:
            return ["", axis, f"{axis}, {average}"]
        more = f"{others} more: c"
        return ["", axis, f"{axis}, {more}", f"{axis}, {average}, {more}"]

    def _reading(self, line: ChartLine, place: int, width: int, is_full: bool) -> Entry:
        value, average = _figures(line, place, self.view.smoothing)
        shown = [self._sign(line), _named(line, width), (f" {value}", STRONG)]
        return [*shown, (f" ~{average}", QUIET)] if is_full and average else shown

    def _sign(self, line: ChartLine) -> Piece:
        sign = line.mark if self.distinct else _LINE
        return (f" {sign} ", Style(color=line.color))


def _named(line: ChartLine, width: int) -> Piece:
    return (clipped(line.label, max(min(_LONGEST_LABEL, width - _AROUND_LABEL), 1)), QUIET)


def _figures(line: ChartLine, place: int, smoothing: float) -> tuple[str, str]:
    """The value at a place, and its moving average; of an occasional line the last one logged."""
    values = line.values
    if not line.is_occasional:
        value, averages = values.value(place), values.averages(smoothing)
        if math.isnan(value):
            # Nothing was logged at this step, as far as the log tells.
            return numbers.UNKNOWN, ""
        average = averages[place * len(averages) // values.count]
        return numbers.loss(value), numbers.loss(float(average))
    known = values.averages(0.0)
    before = known[: place * len(known) // values.count + 1]
    logged = before[np.isfinite(before)]
    return (numbers.loss(float(logged[-1])) if len(logged) else numbers.UNKNOWN), ""


def _clock(run: RunState, step: int) -> str:
    at = run.history.time_of(step)
    return "" if at is None else time.strftime(" %H:%M:%S", time.localtime(at))


def _flowed(entries: Sequence[Entry], width: int) -> list[list[Piece]]:
    """The entries one after the other, in as many rows as they need."""
    rows: list[list[Piece]] = [[]]
    for entry in entries:
        if rows[-1] and length(rows[-1]) + length(entry) > width:
            rows.append([])
        rows[-1] += entry
    return rows
