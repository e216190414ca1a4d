"""Converts all that a recorded loop has logged to CSV, as a stream in bounded memory."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.errors import StorageError
from gan.events import SeriesLogged, StepsCompleted
from gan.export.up_to_step import logged_events
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gan.events import Floats
    from gan.run.directory import RunDirectory

_HELD_STEPS: Final = 16_384
"""Steps that wait for more of their values: what one step has logged may come in several events."""

_LOSSES: Final = ("d_loss", "g_loss")
_SCORES: Final = ("real_score", "fake_score")


def values_of(event: StepsCompleted | SeriesLogged) -> Mapping[str, Floats]:
    """What an event has of its steps, by name; scores that a loop doesn't log are left out."""
    if isinstance(event, SeriesLogged):
        return event.series
    scores = {name: getattr(event, name) for name in _SCORES}
    logged = {name: values for name, values in scores.items() if not np.isnan(values).all()}
    return {name: getattr(event, name) for name in _LOSSES} | logged


def series_csv(run: RunDirectory, last_step: int | None = None) -> Iterator[str]:
    """The series in a recorded run's log as CSV text, one line per step, several at a time.

    The first line has their names, made safe to show. Numbers have nine significant digits. What
    was not logged at a step is empty, and so is a NaN, which the log does not tell from it. A step
    without any value has no line.

    Args:
        run: The run.
        last_step: The last step of the table; `None` for all.

    Raises:
        StorageError: The log can't be read, or it was cut back during the export.
    """
    names = _names(run, last_step)
    yield _lines([["step", *map(safe_text, names)]])
    held = _Held(names)
    for event in logged_events(run, last_step):
        if isinstance(event, (StepsCompleted, SeriesLogged)):
            yield from held.add(event)
    yield from held.rest()


def _names(run: RunDirectory, last_step: int | None) -> list[str]:
    """The names of all series, a GAN's losses and scores first."""
    found: dict[str, None] = {}
    for event in logged_events(run, last_step):
        if isinstance(event, (StepsCompleted, SeriesLogged)):
            found |= dict.fromkeys(values_of(event))
    own = [name for name in (*_LOSSES, *_SCORES) if name in found]
    return [*own, *(name for name in found if name not in own)]


class _Held:
    """The newest rows of a table, in which values may still be missing."""

    def __init__(self, names: list[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        self._first: int | None = None
        """The step of the first row; `None` before the first."""

        self._values = np.empty((len(names), 0), np.float32)

    def add(self, event: StepsCompleted | SeriesLogged) -> Iterator[str]:
        """Take in the values of some steps; the lines to which none will be added."""
        first, last = event.first_step, event.last_step
        self._first = first if self._first is None else self._first
        if first < self._first:
            raise StorageError(
                f"the log was cut back, or its steps go back, during the export: step {first:,} "
                f"follows step {self._first + self._values.shape[1] - 1:,}. Export it again."
            )
        yield from self._emptied_up_to(last - _HELD_STEPS)
        self._first = max(self._first, first) if not self._values.shape[1] else self._first
        missing = last + 1 - self._first - self._values.shape[1]
        if missing > 0:
            more = np.full((len(self._places), missing), np.nan, np.float32)
            self._values = np.concatenate([self._values, more], axis=1)
        begin = first - self._first
        for name, values in values_of(event).items():
            row = self._values[self._places[name], begin : begin + len(values)]
            np.copyto(row, values, where=~np.isnan(values))

    def rest(self) -> Iterator[str]:
        """The lines that are left."""
        if self._first is not None:
            yield from self._emptied_up_to(self._first + self._values.shape[1] - 1)

    def _emptied_up_to(self, step: int) -> Iterator[str]:
        count = min(step + 1 - (self._first or 0), self._values.shape[1])
        if count <= 0:
            return
        ready, self._values = self._values[:, :count], self._values[:, count:]
        begin = self._first or 0
        self._first = begin + count
        logged = np.flatnonzero(~np.isnan(ready).all(axis=0))
        rows = zip(logged.tolist(), ready[:, logged].T.tolist(), strict=True)
        yield _lines([[str(begin + place), *map(_text, row)] for place, row in rows])


def _text(value: float) -> str:
    return "" if value != value else f"{value:.9g}"  # noqa: PLR0124 - true for NaN alone


def _lines(rows: list[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
