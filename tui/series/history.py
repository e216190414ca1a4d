"""The losses of every step so far, in bounded memory, with no spike lost.

The dashboard's state is a new value for every event, while the losses may run into millions. So
appending here is cheap and leaves older values unchanged. The newest steps are kept one by one;
older ones are merged into bins of minimum, maximum, sum and count, and these pairwise into wider
ones whenever there are many.
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
"""Minimum number of the newest steps kept one by one once older ones are merged; the maximum is
twice this."""

MAX_BINS: Final = 32_768
"""At this many bins neighbours are merged; more than any chart has columns."""

_FIRST_WIDTH: Final = 16
"""Steps in a bin while a run is short: too few to see the difference."""

_RECENT: Final = 8_192
"""Values kept of series of which only the newest are shown."""

MAX_GAP: Final = RAW_WINDOW
"""Steps that may be missing between two events; beyond this the history begins anew."""

MAX_TIMES: Final = 4_096
_FIRST_CAPACITY = 1024


class _Storage:
    """A buffer whose beginning several columns may share."""

    __slots__ = ("buffer", "used")

    def __init__(self, capacity: int) -> None:
        self.buffer = np.empty(capacity, np.float32)
        self.used = 0


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A growing series of float32 values. A change gives a new column and leaves the old as it was.

    Columns share one buffer. The column that ends where the used part ends appends in place, which
    no older column can see; any other copies first. So a chain of appends has a constant cost per
    value, and a column held elsewhere never changes.
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
        """The last `count` values, or all if there are fewer; read-only, without a copy."""
        return self._view(max(self._length - count, 0))

    def append(self, values: Floats) -> Column:
        """This column with `values` (n, float32) at its end."""
        length = self._length + len(values)
        storage = self._storage_for(length)
        storage.buffer[self._length : length] = values
        storage.used = length
        return Column(storage, length)

    def last(self, count: int) -> Column:
        """Only the newest values once there are `2 * count`: amortised constant cost per value."""
        return self if self._length < 2 * count else Column().append(self.newest(count))

    def since(self, start: int) -> Floats:
        """The values from index `start`; read-only, without a copy."""
        return self._view(start)

    def truncated(self, length: int) -> Column:
        """The first `length` values; this column itself if it has no more."""
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
    """A column of any length: old values in bins of equal width, new ones one by one."""

    merged: Bins = _NOTHING
    width: int = _FIRST_WIDTH
    """Values in each bin."""

    samples: Floats = field(default_factory=lambda: _NO_VALUES)
    """One value out of each bin."""

    raw: Column = field(default_factory=Column)

    @property
    def merged_length(self) -> int:
        """Number of values in the bins: the index at which single values begin."""
        return len(self.merged) * self.width

    def __len__(self) -> int:
        return self.merged_length + len(self.raw)

    def newest(self, count: int) -> Floats:
        """The last `count` values, at most `RAW_WINDOW`; read-only, without a copy."""
        return self.raw.newest(count)

    def append(self, values: Floats) -> LongColumn:
        """This column with `values` (n, float32) at its end."""
        grown = replace(self, raw=self.raw.append(values))
        while len(grown.raw) >= 2 * max(RAW_WINDOW, grown.width):
            grown = _folded(grown)
        return grown

    def truncated(self, length: int) -> LongColumn:
        """The first `length` values.

        The values of a bin that is cut in two are no longer known and become NaN.
        """
        if length >= self.merged_length:
            return replace(self, raw=self.raw.truncated(length - self.merged_length))
        kept, lost = divmod(max(length, 0), self.width)
        gap = Column().append(np.full(lost, np.nan, np.float32))
        return LongColumn(self.merged[:kept], self.width, self.samples[:kept], gap)

    def window(self, first: int, count: int, lead: int = 0) -> Window:
        """Some of the values.

        Args:
            first: Index of the first.
            count: How many.
            lead: How many before them to include for their moving average.
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
    """The older half of the single values merged, and all bins pairwise if there are many."""
    values, width = column.raw.values, column.width
    count = max(RAW_WINDOW // width, 1)
    grows = len(column.merged) + count >= MAX_BINS
    if grows:
        # After a cut the number of bins may be odd, and each needs a neighbour.
        count += (len(column.merged) + count) % 2
    old = values[: count * width]
    merged = column.merged.joined(Bins.of(old).merged(np.arange(0, len(old), width)))
    samples = np.concatenate((column.samples, _one_per_bin(old, width)))
    if grows:
        merged, width = merged.merged(np.arange(0, len(merged), 2)), 2 * width
        samples = _one_per_bin(samples, 2)
    return LongColumn(merged, width, samples, Column().append(values[len(old) :]))


def _one_per_bin(values: Floats, width: int) -> Floats:
    """One value out of every `width`; the same ones for every array of one length.

    Not the first of each: a spike every thousand steps would then be in all of them or in none.
    """
    rows = values.reshape(-1, width)
    chosen = np.random.default_rng(0).integers(width, size=len(rows))
    return np.asarray(rows[np.arange(len(rows)), chosen])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossHistory:
    """Losses of every step of the run, and the newest scores, as no more of these is shown."""

    first_step: int = 1
    """The step of the first value."""

    d_loss: LongColumn = field(default_factory=LongColumn)
    g_loss: LongColumn = field(default_factory=LongColumn)
    real_score: Column = field(default_factory=Column)
    fake_score: Column = field(default_factory=Column)
    times: tuple[tuple[int, float], ...] = ()
    """When some of the steps finished: a step and seconds since the Unix epoch, ascending."""

    before: LossHistory | None = field(default=None, repr=False)
    """The history before a jump, until the next steps show whether the jump was an error."""

    def __len__(self) -> int:
        return len(self.d_loss)

    @property
    def last_step(self) -> int:
        """The step of the last value; one before the first step if there is none."""
        return self.first_step + len(self) - 1

    def windows(self, first: int, last: int, lead: int = 0) -> tuple[Window, Window]:
        """The discriminator's and the generator's losses from step `first` to step `last`.

        Args:
            first: A step of the history.
            last: A step of the history, or `first - 1` for an empty window.
            lead: Steps before `first` to include for the moving average.
        """
        place, count = first - self.first_step, max(last - first + 1, 0)
        return (
            self.d_loss.window(place, count, lead),
            self.g_loss.window(place, count, lead),
        )

    def append(self, event: StepsCompleted) -> LossHistory:
        """This history followed by the event's steps.

        Values at or after the event's first step are replaced. Steps that no event reported are
        NaN, which the charts draw as a gap. If very many are missing, or the event goes far back,
        as after a damaged line of the log, the history begins anew with this event. It goes on from
        before the jump if the next event does.
        """
        kept = self._continued_by(event).truncated(event.first_step - 1)
        if not len(kept):
            kept = replace(kept, first_step=event.first_step)
        gap = np.full(event.first_step - 1 - kept.last_step, np.nan, np.float32)
        grown = _grown(kept, event, lambda new: np.concatenate([gap, new]) if len(gap) else new)
        return _timed(grown, event)

    def _continued_by(self, event: StepsCompleted) -> LossHistory:
        """This history, that before the newest jump, or an empty one if the event is a jump."""
        for history in (self, self.before):
            if history is not None and history._is_near(event.first_step):  # noqa: SLF001
                return replace(history, before=None)
        # Of several jumps in a row, the history before the first is what is worth keeping.
        return LossHistory(before=self.before or self)

    def _is_near(self, step: int) -> bool:
        """Whether a step is so close to the last one that steps in between may be missing."""
        return not len(self) or abs(step - 1 - self.last_step) <= MAX_GAP

    def truncated(self, step: int) -> LossHistory:
        """The history up to and including `step`, from which a resumed run continues."""
        if self.before is not None and step < self.first_step:
            return self.before.truncated(step)
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
        """About when a step finished, in seconds since the Unix epoch; `None` if unknown."""
        if not self.times:
            return None
        steps, times = zip(*self.times, strict=True)
        return float(np.interp(step, steps, times))


def _timed(history: LossHistory, event: StepsCompleted) -> LossHistory:
    """The history with the event's time; every other time is dropped once there are many."""
    times = (*history.times, (event.last_step, event.time))
    return replace(history, times=times[::2] if len(times) > MAX_TIMES else times)


def _grown(
    history: LossHistory, event: StepsCompleted, values: Callable[[Floats], Floats]
) -> LossHistory:
    """The history with each of the event's arrays, passed through `values`, at its end."""
    return replace(
        history,
        d_loss=history.d_loss.append(values(event.d_loss)),
        g_loss=history.g_loss.append(values(event.g_loss)),
        real_score=history.real_score.append(values(event.real_score)).last(_RECENT),
        fake_score=history.fake_score.append(values(event.fake_score)).last(_RECENT),
    )
