"""Many values in few bins, with no extreme lost.

A chart has fewer columns than a run has steps. Taking every n-th value would lose spikes and
averaging would flatten them, so each bin keeps its minimum, maximum and mean. Summarising 25,000
values takes a fraction of a millisecond, so charts do it from the values at each refresh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class BinSummary:
    """What each bin holds; all arrays have one element per bin."""

    minimum: npt.NDArray[np.float32]
    """The minimum of the finite values; NaN if there are none."""

    maximum: npt.NDArray[np.float32]
    """The maximum of the finite values; NaN if there are none."""

    mean: npt.NDArray[np.float32]
    """The mean of the finite values; NaN if there are none."""

    finite: npt.NDArray[np.intp]
    """Number of finite values."""

    broken: npt.NDArray[np.intp]
    """Number of NaN or infinite values."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Consecutive bins, each of one or several values, in a form that can be merged further.

    All arrays have one element per bin. A bin without finite values has a minimum of infinity and
    a maximum of minus infinity, so that merging needs no special case.
    """

    minimum: npt.NDArray[np.float32]
    maximum: npt.NDArray[np.float32]
    total: npt.NDArray[np.float64]
    """The sum of the finite values."""

    finite: npt.NDArray[np.intp]
    """Number of finite values."""

    broken: npt.NDArray[np.intp]
    """Number of NaN or infinite values."""

    @classmethod
    def of(cls, values: npt.NDArray[np.floating]) -> Bins:
        """One bin for each value."""
        finite = np.isfinite(values)
        return cls(
            _filled(values, finite, np.inf),
            _filled(values, finite, -np.inf),
            np.asarray(_filled(values, finite, 0), np.float64),
            finite,
            ~finite,
        )

    @classmethod
    def empty(cls, count: int) -> Bins:
        """`count` bins that hold nothing."""
        return cls(
            np.full(count, np.inf, np.float32),
            np.full(count, -np.inf, np.float32),
            np.zeros(count),
            np.zeros(count, np.intp),
            np.zeros(count, np.intp),
        )

    def __len__(self) -> int:
        return len(self.minimum)

    def __getitem__(self, part: slice) -> Bins:
        return Bins(
            self.minimum[part],
            self.maximum[part],
            self.total[part],
            self.finite[part],
            self.broken[part],
        )

    def add(self, part: slice, others: Bins) -> None:
        """Add the contents of other bins to a slice of these, in place."""
        np.minimum(self.minimum[part], others.minimum, out=self.minimum[part])
        np.maximum(self.maximum[part], others.maximum, out=self.maximum[part])
        self.total[part] += others.total
        self.finite[part] += others.finite
        self.broken[part] += others.broken

    def merged(self, starts: npt.NDArray[np.intp]) -> Bins:
        """Neighbours merged: each new bin reaches from one start to the next, the last to the end.

        Args:
            starts: Indices of the first bins, in ascending order.
        """
        return Bins(
            np.minimum.reduceat(self.minimum, starts),
            np.maximum.reduceat(self.maximum, starts),
            np.add.reduceat(self.total, starts, dtype=np.float64),
            np.add.reduceat(self.finite, starts, dtype=np.intp),
            np.add.reduceat(self.broken, starts, dtype=np.intp),
        )

    def joined(self, after: Bins) -> Bins:
        """These bins followed by others."""
        return Bins(
            np.concatenate([self.minimum, after.minimum]),
            np.concatenate([self.maximum, after.maximum]),
            np.concatenate([self.total, after.total]),
            np.concatenate([self.finite, after.finite]),
            np.concatenate([self.broken, after.broken]),
        )

    def summary(self) -> BinSummary:
        """What each bin holds, with NaN for a bin without finite values."""
        counts = np.maximum(self.finite, 1)
        return BinSummary(
            _nan_if_empty(self.minimum, self.finite),
            _nan_if_empty(self.maximum, self.finite),
            _nan_if_empty(self.total / counts, self.finite),
            np.asarray(self.finite, np.intp),
            np.asarray(self.broken, np.intp),
        )


def summarized(values: npt.NDArray[np.floating], count: int) -> BinSummary:
    """Divide values, oldest first, into `count` bins as equal as whole numbers allow.

    With fewer values than bins, each value fills the bins that it spans. Without values, every bin
    is empty.
    """
    if count == 0 or values.size == 0:
        return Bins.empty(count).summary()
    return Bins.of(values).merged(bin_starts(values.size, count)).summary()


def bin_starts(size: int, count: int) -> npt.NDArray[np.intp]:
    """The index at which each of `count` equal bins of `size` values begins."""
    return np.arange(count) * size // count


def _filled(
    values: npt.NDArray[np.floating], finite: npt.NDArray[np.bool_], filler: float
) -> npt.NDArray[np.floating]:
    """The values with a filler in place of non-finite ones; not copied if there are none."""
    return values if finite.all() else np.where(finite, values, filler)


def _nan_if_empty(
    values: npt.NDArray[np.floating], finite: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """The values, with NaN for bins without a finite value."""
    return np.where(finite > 0, values, np.nan).astype(np.float32)
