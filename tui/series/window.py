"""Consecutive values of which the older ones may be known only in bins of several.

A chart asks a window for columns, averages and a sample, and need not know what the history kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.series.bins import Bins, BinSummary, bin_starts
from tui.series.smoothing import smoothed

_MAX_AVERAGED: Final = 32_768
"""Above this many values the moving average is taken over means of several, which no column shows;
an average of this many takes about a millisecond."""

_MAX_SAMPLED: Final = 16_384
"""Values in a sample: enough to find the range. A window of no more than this is its own sample."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Bins of equal width first, then single values."""

    count: int
    """Number of values."""

    lead: int
    """Number of further values before them, available for the moving average."""

    single: Floats = field(repr=False)
    """The newest values, one by one."""

    single_bins: Bins = field(repr=False)
    """One bin for each of those, made once for all queries."""

    merged: Bins = field(repr=False)
    """Bins of all older values; the outermost may also hold values outside the window."""

    samples: Floats = field(repr=False)
    """Some of the values in those bins, distributed as all of them are."""

    width: int = 1
    """Values in each merged bin."""

    skipped: int = 0
    """Values in the first merged bin that lie before the lead."""

    @property
    def _split(self) -> int:
        """Number of values before the single ones, including the lead."""
        return len(self.merged) * self.width - self.skipped

    @property
    def is_occasional(self) -> bool:
        """Whether most steps have no value, as of a series that is logged after every epoch."""
        return self.count > 1 and 2 * int(self.summary(1).finite[0]) <= self.count

    def summary(self, parts: int) -> BinSummary:
        """Minimum, maximum and mean of each of `parts` equal parts."""
        if not self.count or not parts:
            return Bins.empty(parts).summary()
        return self._bins(self.lead + bin_starts(self.count, parts)).summary()

    def averages(self, smoothing: float) -> Floats:
        """The moving average at each value, or at equal parts if there are very many.

        It includes the lead, so that a part of a run is smoothed as the whole run is.
        """
        total = self.lead + self.count
        if not self.count or len(self.single) == total <= _MAX_AVERAGED:
            return smoothed(self.single[:total], smoothing)[self.lead :]
        parts = min(total, _MAX_AVERAGED)
        together = total / parts
        means = self._bins(bin_starts(total, parts)).summary().mean
        return smoothed(means, smoothing**together)[round(self.lead / together) :]

    def sample(self) -> Floats:
        """Values from which to find the range: some of all, and the minimum and the maximum.

        It takes one value from each merged bin and not the bin's extremes: the longer a run is, the
        more bins hold a spike, and the axis would grow with the run.
        """
        every = max(-(-self.count // _MAX_SAMPLED), 1)
        single = self.single[max(self.lead - self._split, 0) :: every]
        if every == 1 and not len(self.samples):
            return single
        known = self.samples[
            (self.lead + self.skipped) // self.width :: max(every // self.width, 1)
        ]
        ends = self.summary(1)
        several = np.repeat(known, max(self.width // every, 1))
        return np.concatenate((several, single, ends.minimum, ends.maximum))

    def value(self, place: int) -> float:
        """The value at a place, counted from the first; for a merged one the mean of its bin."""
        index = self.lead + place - self._split
        if 0 <= index < len(self.single):
            return float(self.single[index])
        found = self._bins(np.array([self.lead + place, self.lead + place + 1]))[:1].summary()
        return float(found.mean[0])

    def grouped(self, size: int) -> Window:
        """Groups of `size` values as one value each; the first group is complete."""
        groups = -(-self.count // size)
        merged = self._bins(self.lead + np.arange(groups) * size)
        nothing = np.empty(0, np.float32)
        return Window(groups, 0, nothing, Bins.of(nothing), merged, self.sample())

    def _bins(self, starts: npt.NDArray[np.intp]) -> Bins:
        """Bins that reach from one start to the next, the last to the end.

        A merged bin that lies on both sides of a start counts to the later side.

        Args:
            starts: Indices in ascending order, counted from the beginning of the lead. Equal ones
                all get the value at that index.
        """
        bins, split = Bins.empty(len(starts)), self._split
        if len(self.merged):
            _add(bins, starts, self.merged, (-self.skipped, split), self.width)
        if len(self.single):
            _add(bins, starts, self.single_bins, (split, split + len(self.single)), 1)
        return bins


def _add(
    bins: Bins, starts: npt.NDArray[np.intp], parts: Bins, ends: tuple[int, int], width: int
) -> None:
    """Add to bins that begin at these starts the smaller bins that lie in them, in place.

    Args:
        bins: One for each start.
        starts: Indices in ascending order.
        parts: Smaller bins.
        ends: The index of their first value, and the index after their last.
        width: Values in each of them.
    """
    begin, stop = ends
    same, after = int(starts.searchsorted(begin)), int(starts.searchsorted(begin, "right"))
    # All bins that begin at the first of these values, or the one that it falls into.
    part = slice(max(min(same, after - 1), 0), int(starts.searchsorted(stop)))
    if part.start < part.stop:
        bins.add(part, parts.merged(np.maximum(starts[part] - begin, 0) // width))
