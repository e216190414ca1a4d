"""The losses of every step so far, in memory that has a bound, with no spike lost.

Separate from the dashboard's state because the state is a value: a new one for every event, while
the numbers may run into millions. Here appending is cheap and an older value stays true. The newest
steps are kept as they are; older ones are merged into stretches of their least, greatest, sum and
count, and these pairwise into longer ones whenever there are many.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.series.bins import Bins
from tui.series.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Floats, StepsCompleted

RAW_WINDOW: Final = 131_072
"""About how many of the newest steps are kept one by one, and at most twice as many."""

MOST_BINS: Final = 32_768
"""With so many, neighbours are merged; more than any chart has columns."""

_FIRST_STRETCH: Final = 16
"""Steps in a stretch while a run is short: then nothing is merged that could be seen."""

_RECENT: Final = 8_192
"""Values kept of what only its newest are shown of."""

_MOST_TIMES: Final = 4_096
_FIRST_CAPACITY = 1024


class _Storage:
    """A buffer that several columns may see the beginning of."""

    __slots__ = ("buffer", "used")

    def __init__(self, capacity: int) -> None:
        self.buffer = np.empty(capacity, np.float32)
        self.used = 0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One float32 value after another. A change gives a new column and leaves the old as it was.

    Columns share one buffer. The column that reaches the end of what is used appends in place,
    which no older column can see; any other copies first. So a chain of appends costs each value
    a constant, and a column held elsewhere never changes.
    """

    _storage: _Storage = field(default_factory=lambda: _Storage(0))
    _length: int = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> Floats:
        """All values, read-only, without a copy."""
        return self._view(0)

    def newest(self, count: int) -> Floats:
        """The last `count` values, or all where there are fewer; read-only, without a copy."""
        return self._view(max(self._length - count, 0))

    def append(self, values: Floats) -> Column:
        """This column with `values` (n, float32) at its end."""
        length = self._length + len(values)
        storage = self._storage_for(length)
        storage.buffer[self._length : length] = values
        storage.used = length
        return Column(storage, length)

    def last(self, most: int) -> Column:
        """The newest values alone, once there are twice as many: amortised, a constant for each."""
        return self if self._length < 2 * most else Column().append(self.newest(most))

    def since(self, start: int) -> Floats:
        """The values from an index on; read-only, without a copy."""
        return self._view(start)

    def truncated(self, length: int) -> Column:
        """The first `length` values; this column itself where it has no more."""
        return self if length >= self._length else Column(self._storage, max(length, 0))

    def _view(self, start: int) -> Floats:
        view = self._storage.buffer[start : self._length]
        view.flags.writeable = False
        return view

    def _storage_for(self, length: int) -> _Storage:
        storage = self._storage
        if storage.used == self._length and length <= len(storage.buffer):
            return storage
        grown = _Storage(max(_FIRST_CAPACITY, 2 * length))
        grown.buffer[: self._length] = storage.buffer[: self._length]
        return grown


_NO_VALUES: Final = np.empty(0, np.float32)
_NOTHING: Final = Bins.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class LongColumn:
    """A column of any length: old values in stretches of equal width, new ones as they are."""

    merged: Bins = _NOTHING
    width: int = _FIRST_STRETCH
    """Values in each stretch."""

    samples: Floats = field(default_factory=lambda: _NO_VALUES)
    """One value out of each stretch."""

    raw: Column = field(default_factory=Column)

    @property
    def merged_length(self) -> int:
        """How many values the stretches hold: where those begin that are kept one by one."""
        return len(self.merged) * self.width

    def __len__(self) -> int:
        return self.merged_length + len(self.raw)

    def newest(self, count: int) -> Floats:
        """The last values, at most `RAW_WINDOW`; read-only, without a copy."""
        return self.raw.newest(count)

    def append(self, values: Floats) -> LongColumn:
        """This column with `values` (n, float32) at its end."""
        grown = replace(self, raw=self.raw.append(values))
        while len(grown.raw) >= 2 * max(RAW_WINDOW, grown.width):
            grown = _folded(grown)
        return grown

    def truncated(self, length: int) -> LongColumn:
        """The first `length` values.

        Of a stretch that is cut through nothing is known any more: its values become NaN.
        """
        if length >= self.merged_length:
            return replace(self, raw=self.raw.truncated(length - self.merged_length))
        kept, lost = divmod(max(length, 0), self.width)
        gap = Column().append(np.full(lost, np.nan, np.float32))
        return LongColumn(self.merged[:kept], self.width, self.samples[:kept], gap)

    def stretch(self, first: int, count: int, lead: int = 0) -> Window:
        """Some of the values.

        Args:
            first: Index of the first.
            count: How many.
            lead: How many before them are at hand for their moving average.
        """
        begin, stop, split = max(first - lead, 0), first + count, self.merged_length
        old = slice(min(begin, split) // self.width, -(-min(stop, split) // self.width))
        single = self.raw.values[max(begin - split, 0) : max(stop - split, 0)]
        return Window(
            count,
            first - begin,
            single,
            Bins.of(single),
            self.merged[old],
            self.samples[old],
            self.width,
            begin - old.start * self.width if begin < split else 0,
        )


def _folded(column: LongColumn) -> LongColumn:
    """The older half of the single values merged, and all stretches pairwise if they are many."""
    values, width = column.raw.values, column.width
    count = max(RAW_WINDOW // width, 1)
    grows = len(column.merged) + count >= MOST_BINS
    if grows:
        # After a cut their number may be odd, and each needs a neighbour.
        count += (len(column.merged) + count) % 2
    old = values[: count * width]
    merged = column.merged.joined(Bins.of(old).merged(np.arange(0, len(old), width)))
    samples = np.concatenate((column.samples, _any_of(old, width)))
    if grows:
        merged, width = merged.merged(np.arange(0, len(merged), 2)), 2 * width
        samples = _any_of(samples, 2)
    return LongColumn(merged, width, samples, Column().append(values[len(old) :]))


def _any_of(values: Floats, width: int) -> Floats:
    """One value out of every so many, always the same ones of equally many values.

    Not the first of each: what comes every thousand steps would come in all of them or in none.
    """
    rows = values.reshape(-1, width)
    chosen = np.random.default_rng(0).integers(width, size=len(rows))
    return np.asarray(rows[np.arange(len(rows)), chosen])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossHistory:
    """What every step of the run told; of the scores only the newest, as no more is shown."""

    first_step: int = 1
    """The step of the first value."""

    d_loss: LongColumn = field(default_factory=LongColumn)
    g_loss: LongColumn = field(default_factory=LongColumn)
    real_score: Column = field(default_factory=Column)
    fake_score: Column = field(default_factory=Column)
    times: tuple[tuple[int, float], ...] = ()
    """When some of the steps were made: a step, and seconds since the Unix epoch; rising."""

    def __len__(self) -> int:
        return len(self.d_loss)

    @property
    def last_step(self) -> int:
        """The step of the last value; one before the first step where there is none."""
        return self.first_step + len(self) - 1

    def stretches(self, first: int, last: int, lead: int = 0) -> tuple[Window, Window]:
        """Both losses, D's first, from one step to another that there are."""
        place, count = first - self.first_step, max(last - first + 1, 0)
        both = (self.d_loss, self.g_loss)
        d_loss, g_loss = (column.stretch(place, count, lead) for column in both)
        return d_loss, g_loss

    def append(self, event: StepsCompleted) -> LossHistory:
        """This history and the event's steps.

        The event is the truth about its steps: what stood at its first step or later gives way.
        Steps that no event told are NaN, which the charts draw as a gap.
        """
        kept = self.truncated(event.first_step - 1)
        if not len(kept):
            kept = replace(kept, first_step=event.first_step)
        gap = np.full(event.first_step - 1 - kept.last_step, np.nan, np.float32)
        grown = _grown(kept, event, lambda told: np.concatenate([gap, told]) if len(gap) else told)
        return _timed(grown, event)

    def truncated(self, step: int) -> LossHistory:
        """The history up to and with `step`: where a resumed run goes on from."""
        length = step - self.first_step + 1
        if length >= len(self):
            return self
        cut = len(self) - length
        return replace(
            self,
            d_loss=self.d_loss.truncated(length),
            g_loss=self.g_loss.truncated(length),
            real_score=self.real_score.truncated(len(self.real_score) - cut),
            fake_score=self.fake_score.truncated(len(self.fake_score) - cut),
            times=tuple(time for time in self.times if time[0] <= step),
        )

    def time_of(self, step: int) -> float | None:
        """About when a step was made, in seconds since the Unix epoch; none where nobody knows."""
        if not self.times:
            return None
        steps, times = zip(*self.times, strict=True)
        return float(np.interp(step, steps, times))


def _timed(history: LossHistory, event: StepsCompleted) -> LossHistory:
    """The history with the event's time, and every other time forgotten when they are many."""
    times = (*history.times, (event.last_step, event.time))
    return replace(history, times=times[::2] if len(times) > _MOST_TIMES else times)


def _grown(
    history: LossHistory, event: StepsCompleted, values: Callable[[Floats], Floats]
) -> LossHistory:
    """The history with what `values` makes of each of the event's arrays at its end."""
    return replace(
        history,
        d_loss=history.d_loss.append(values(event.d_loss)),
        g_loss=history.g_loss.append(values(event.g_loss)),
        real_score=history.real_score.append(values(event.real_score)).last(_RECENT),
        fake_score=history.fake_score.append(values(event.fake_score)).last(_RECENT),
    )
