"""The losses of every step so far, kept as flat arrays that only grow.

Separate from the dashboard's state because the state is a value: a new one for every event, while
the numbers in it may run into millions. Here appending is cheap and an older value stays true.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Floats, StepsCompleted

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossHistory:
    """What every step of the run told, one value a step in each column."""

    first_step: int = 1
    """The step of the first value."""

    d_loss: Column = field(default_factory=Column)
    g_loss: Column = field(default_factory=Column)
    real_score: Column = field(default_factory=Column)
    fake_score: Column = field(default_factory=Column)

    def __len__(self) -> int:
        return len(self.d_loss)

    @property
    def last_step(self) -> int:
        """The step of the last value; one before the first step where there is none."""
        return self.first_step + len(self) - 1

    def append(self, event: StepsCompleted) -> LossHistory:
        """This history and the event's steps.

        The event is the truth about its steps: what stood at its first step or later gives way.
        Steps that no event told are NaN, which the charts draw as a gap.
        """
        if not len(self):
            return _grown(replace(self, first_step=event.first_step), event, lambda told: told)
        kept = self.truncated(event.first_step - 1)
        gap = np.full(event.first_step - 1 - kept.last_step, np.nan, np.float32)
        return _grown(kept, event, lambda told: np.concatenate([gap, told]) if len(gap) else told)

    def truncated(self, step: int) -> LossHistory:
        """The history up to and with `step`: where a resumed run goes on from."""
        length = step - self.first_step + 1
        return replace(
            self,
            d_loss=self.d_loss.truncated(length),
            g_loss=self.g_loss.truncated(length),
            real_score=self.real_score.truncated(length),
            fake_score=self.fake_score.truncated(length),
        )


def _grown(
    history: LossHistory, event: StepsCompleted, values: Callable[[Floats], Floats]
) -> LossHistory:
    """The history with what `values` makes of each of the event's arrays at its end."""
    return replace(
        history,
        d_loss=history.d_loss.append(values(event.d_loss)),
        g_loss=history.g_loss.append(values(event.g_loss)),
        real_score=history.real_score.append(values(event.real_score)),
        fake_score=history.fake_score.append(values(event.fake_score)),
    )
