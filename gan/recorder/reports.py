"""Logged values as events: one value a step for each series, and NaN where there is none."""

from __future__ import annotations

import time
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.events import SeriesLogged, StepsCompleted
from gan.recorder.saying import said_by
from gan.recorder.scalars import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gan.events import Event, Floats
    from gan.recorder.channel import Row
    from gan.training.stopwatch import Stopwatch

LOSSES: Final = ("d_loss", "g_loss")
"""The names by which a loop is known to be that of a GAN."""

GAN_SERIES: Final = (*LOSSES, "real_score", "fake_score")
"""What `StepsCompleted` holds then."""

MAX_GAP: Final = 32
"""Steps without a value that are filled with NaN; after more of them another event begins, which
takes less room in the log."""

MAX_APART: Final = 20
"""Steps with one of a GAN's losses before it is said that they never come together."""

MAX_VALUES: Final = 800_000
"""Values in one event at most, so that its line is shorter than readers take."""


class Report(NamedTuple):
    """The events of some adjacent steps."""

    events: tuple[Event, ...]
    steps: int


class _Span(NamedTuple):
    """Adjacent steps, as they were logged."""

    steps: npt.NDArray[np.int64]
    """The step of each row, ascending; some may be missing, and some be there several times."""

    rows: Sequence[Row]
    is_late: bool
    """Whether the step was reported before, without these values."""

    @property
    def first_step(self) -> int:
        """The first step."""
        return int(self.steps[0])

    @property
    def length(self) -> int:
        """How many steps they are, with those that are missing."""
        return int(self.steps[-1] - self.steps[0]) + 1

    def column(self, name: str) -> tuple[npt.NDArray[np.int64], list[Any]]:
        """Where in the span a series has values, and these."""
        try:
            values = [row.scalars[name] for row in self.rows]
        except KeyError:
            has = np.array([name in row.scalars for row in self.rows])
            values = [row.scalars[name] for row in self.rows if name in row.scalars]
            return self.steps[has] - self.steps[0], values
        return self.steps - self.steps[0], values


class Reporter:
    """Makes events of rows. Used by the writer's thread only."""

    def __init__(self, stopwatch: Stopwatch, warn: Callable[[str], None]) -> None:
        """Begin before the first step.

        Args:
            stopwatch: Has measured how long the loop was paused, has drawn and saved.
            warn: Called with each thing that could not be written, in words.
        """
        self._stopwatch, self._warn = stopwatch, warn
        self._seen: set[str] = set()
        self._complained: set[str] = set()
        """The series that there was a warning about."""

        self._apart: int | None = 0
        """Steps with one of the losses since both are known; `None` once that is settled."""

        self._reported = 0
        """The last step that was reported."""

    def reports(self, rows: Sequence[Row]) -> list[Report]:
        """What rows tell, in order; waits for the devices that compute their values."""
        names = dict.fromkeys(chain.from_iterable(row.scalars for row in rows))
        self._seen.update(names)
        spans = _spans(rows, self._reported, MAX_VALUES // max(len(names), len(GAN_SERIES)))
        if rows:
            self._reported = max(self._reported, rows[-1].step)
        return [self._report(span, names) for span in spans]

    def _report(self, span: _Span, names: Iterable[str]) -> Report:
        columns = {name: self._floats(name, span) for name in names}
        series = {name: values for name, values in columns.items() if values is not None}
        made: list[Event] = []
        if self._seen.issuperset(LOSSES) and not series.keys().isdisjoint(GAN_SERIES):
            self._watch_losses(span)
            parts = {name: series.pop(name, None) for name in GAN_SERIES}
            made += self._steps_completed(span, parts)
        if series:
            made.append(
                SeriesLogged(
                    time=time.time(),
                    first_step=span.first_step,
                    series=series,
                    train_seconds=span.rows[-1].train_seconds,
                )
            )
        return Report(tuple(made), span.length)

    def _watch_losses(self, span: _Span) -> None:
        """Say once that the losses never come together, as of a loop that logs each by itself."""
        if self._apart is None:
            return
        d_steps, g_steps = (span.column(name)[0] for name in LOSSES)
        if np.intersect1d(d_steps, g_steps).size:
            self._apart = None
            return
        self._apart += len(d_steps) + len(g_steps)
        if self._apart >= MAX_APART:
            self._apart = None
            self._warn(
                "d_loss and g_loss never come in one step: each call of log is a step of its own; "
                "log both in one call, or the second one with step=run.step"
            )

    def _steps_completed(
        self, span: _Span, parts: dict[str, Floats | None]
    ) -> Iterator[StepsCompleted]:
        if span.is_late:
            names = [name for name, values in parts.items() if values is not None]
            self._complain(
                names[0],
                f"{names[0]} of step {span.first_step:,} came more than a "
                "second after the rest of its step, and is left out; log both losses in one call",
            )
            return
        missing = _read_only(np.full(span.length, np.nan, np.float32))
        filled = [missing if part is None else part for part in parts.values()]
        d_loss, g_loss, real_score, fake_score = filled
        yield StepsCompleted(
            time=time.time(),
            first_step=span.first_step,
            d_loss=d_loss,
            g_loss=g_loss,
            real_score=real_score,
            fake_score=fake_score,
            train_seconds=span.rows[-1].train_seconds,
            steps_per_execution=1,
            sampling_seconds=self._stopwatch.seconds("sampling"),
            saving_seconds=self._stopwatch.seconds("saving"),
            paused_seconds=self._stopwatch.seconds("paused"),
        )

    def _floats(self, name: str, span: _Span) -> Floats | None:
        """A series over the steps of a span; `None` if it has no value there."""

        def complain(error: Exception) -> None:
            self._complain(name, f"values of {name} can't be read, and are NaN: {said_by(error)}")

        places, values = span.column(name)
        if not values:
            return None
        floats = read(values, complain)
        if len(floats) != span.length or places[-1] != len(floats) - 1:
            filled = np.full(span.length, np.nan, np.float32)
            filled[places] = floats
            floats = filled
        return _read_only(floats)

    def _complain(self, name: str, text: str) -> None:
        """Warn about a series, once in a run."""
        if name not in self._complained:
            self._complained.add(name)
            self._warn(text)


def _spans(rows: Sequence[Row], reported: int, max_steps: int) -> list[_Span]:
    """Rows in adjacent steps, of which `reported` is the last that was reported before."""
    if not rows:
        return []
    steps = np.array([row.step for row in rows], np.int64)
    is_late = steps <= reported
    is_cut = (np.diff(steps) > MAX_GAP + 1) | np.diff(is_late)
    # Blocks of steps, not of rows: those of one step stay together.
    is_cut |= np.diff(steps // max_steps) != 0
    cuts = [0, *(np.flatnonzero(is_cut) + 1).tolist(), len(rows)]
    return [_Span(steps[a:b], rows[a:b], bool(is_late[a])) for a, b in pairwise(cuts)]


def _read_only(floats: Floats) -> Floats:
    floats.setflags(write=False)
    return floats
