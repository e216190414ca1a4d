"""What another program's loop has logged, by name: every value so far, in bounded memory.

As `tui.series.history` keeps losses, but of any number of series, of which some come later than
others, or only now and then, such as once an epoch. A step at which a series wasn't logged is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.series.history import MAX_GAP, MAX_TIMES, RAW_WINDOW, LongColumn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.events import Floats
    from tui.series.window import Window

MAX_NAMED: Final = 64
"""Series that are kept: those that came first. Each takes at most about 3 MB."""


MISSED: Final = 10
"""Steps in a row without a value after which a series that had one at most steps is no number any
more. A few may only not have been logged: the log does not tell the two apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamedSeries:
    """Series over the same steps. A change gives a new value and leaves the old as it was."""

    first_step: int = 1
    """The step of every series' first value."""

    last_step: int = 0
    """The step of the last value; one before the first step if there is none."""

    columns: Mapping[str, LongColumn] = field(default_factory=dict)
    """One value a step for each series, in the order in which they first came."""

    left_out: int = 0
    """How many more have come that are not kept."""

    times: tuple[tuple[int, float], ...] = ()
    """When some of the steps finished: a step and seconds since the Unix epoch, ascending."""

    before: NamedSeries | None = field(default=None, repr=False)
    """The series before a jump, until the next steps show whether the jump was an error."""

    def __len__(self) -> int:
        return self.last_step - self.first_step + 1

    def append(self, first_step: int, series: Mapping[str, Floats], time: float) -> NamedSeries:
        """These series followed by new values.

        Values of the same series at these steps are replaced, unless by NaN, and those of others
        stay: what one step has logged may come in several events. Steps that no event reported are
        NaN. Beyond a jump, as after a damaged line, the series begin anew, as
        `LossHistory.append` does.

        Args:
            first_step: The step of the first value.
            series: At least one, all of the same length.
            time: When the last of these steps finished, in seconds since the Unix epoch.
        """
        kept = self._continued_at(first_step)
        if not len(kept) or first_step < kept.first_step:
            kept = NamedSeries(first_step=first_step, last_step=first_step - 1, before=kept.before)
        last_step = first_step + len(next(iter(series.values()))) - 1
        return _timed(kept._with(first_step, last_step, series), last_step, time)

    def _continued_at(self, step: int) -> NamedSeries:
        """These series, those before the newest jump, or empty ones if the step is a jump."""
        for series in (self, self.before):
            if series is not None and series._is_near(step):  # noqa: SLF001
                return replace(series, before=None)
        return NamedSeries(before=self.before or self)

    def _is_near(self, step: int) -> bool:
        return not len(self) or abs(step - 1 - self.last_step) <= MAX_GAP

    def _with(self, first_step: int, last_step: int, series: Mapping[str, Floats]) -> NamedSeries:
        """With values from one step to another, and all columns as long as the longest."""
        place, length = first_step - self.first_step, max(last_step, self.last_step)
        length -= self.first_step - 1
        columns = dict(self.columns)
        new = [name for name in series if name not in columns]
        room = max(MAX_NAMED - len(columns), 0)
        columns |= {name: LongColumn() for name in new[:room]}
        for name, column in columns.items():
            if (values := series.get(name)) is not None:
                column = _written(column, place, values)  # noqa: PLW2901
            columns[name] = _filled(column, length)
        return replace(
            self,
            last_step=max(last_step, self.last_step),
            columns=columns,
            left_out=max(self.left_out, len(new[room:])),
        )

    def truncated(self, step: int) -> NamedSeries:
        """The series up to and including `step`, from which a run goes on."""
        if self.before is not None and step < self.first_step:
            return self.before.truncated(step)
        if step >= self.last_step:
            return self
        length = max(step - self.first_step + 1, 0)
        return replace(
            self,
            last_step=self.first_step + length - 1,
            columns={name: column.truncated(length) for name, column in self.columns.items()},
            times=tuple(time for time in self.times if time[0] <= step),
        )

    def window(self, name: str, first: int, last: int, lead: int = 0) -> Window:
        """The values of a series from step `first` to step `last`.

        Args:
            name: The series, one of `columns`.
            first: One of the steps.
            last: One of the steps, or `first - 1` for an empty window.
            lead: Steps before `first` to include for the moving average.
        """
        return self.columns[name].window(first - self.first_step, max(last - first + 1, 0), lead)

    def time_of(self, step: int) -> float | None:
        """About when a step finished, in seconds since the Unix epoch; `None` if unknown."""
        if not self.times:
            return None
        steps, times = zip(*self.times, strict=True)
        return float(np.interp(step, steps, times))


def is_occasional(values: Floats) -> bool:
    """Whether a series is logged now and then, as after an epoch, and not at most steps."""
    return len(values) > 1 and 2 * int(np.isnan(values).sum()) >= len(values)


def newest_logged(column: LongColumn, count: int) -> Floats:
    """The last `count` values of a series that were logged; fewer if there are fewer.

    At its end there may be NaN: of a series that was logged at most steps before, `MISSED` steps
    without a value say that it has become one.
    """
    recent = column.newest(RAW_WINDOW)
    known = np.flatnonzero(~np.isnan(recent))
    missed = len(recent) - (known[-1] + 1 if len(known) else 0)
    has_ended = missed >= MISSED and not is_occasional(recent[: len(recent) - missed])
    logged: Floats = np.concatenate([recent[known], recent[len(recent) - missed * has_ended :]])
    return logged[max(len(logged) - count, 0) :]


def _written(column: LongColumn, place: int, values: Floats) -> LongColumn:
    """The column with values from a place on; where these are NaN, what was there stays."""
    if place >= len(column):
        return _filled(column, place).append(values)
    before = column.newest(len(column) - place)
    after, known = before[len(values) :], before[: len(values)]
    merged = values.copy()
    merged[: len(known)] = np.where(np.isnan(merged[: len(known)]), known, merged[: len(known)])
    column = column.truncated(place).append(merged)
    return column.append(after) if len(after) else column


def _filled(column: LongColumn, length: int) -> LongColumn:
    """The column with NaN at its end up to a length, a piece at a time."""
    while (missing := length - len(column)) > 0:
        column = column.append(np.full(min(missing, RAW_WINDOW), np.nan, np.float32))
    return column


def _timed(series: NamedSeries, step: int, time: float) -> NamedSeries:
    """With the time of a step; every other time is dropped once there are many."""
    known = series.times
    # Several events may report one step.
    times = (*(known[:-1] if known and known[-1][0] >= step else known), (step, time))
    return replace(series, times=times[::2] if len(times) > MAX_TIMES else times)
