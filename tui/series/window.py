"""Consecutive values, of which the older ones may be known only in mergers of many.

Apart from the history, which decides what is kept, and from the buckets, which are arithmetic: what
is left answers here in columns, averages and a sample, whatever it is left as.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from tui.series.bins import Bins, BinSummary, buckets, stretches
from tui.series.smoothing import smoothed

_AVERAGED_AT_MOST: Final = 32_768
"""Beyond so many values the moving average is that of means of several: no column can tell."""

_SAMPLED: Final = 16_384
"""Values that tell a range well enough; of so many and fewer each is looked at."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Mergers of equal width first, then single values."""

    count: int
    """Values."""

    lead: int
    """Further values before them that are at hand for their moving average."""

    single: Floats = field(repr=False)
    """The newest values, one by one."""

    each: Bins = field(repr=False)
    """Each of those values as one, made once for all that is asked."""

    merged: Bins = field(repr=False)
    """What is known of all before those; of values on both sides of an end too."""

    samples: Floats = field(repr=False)
    """Some of the merged values, spread as all are."""

    width: int = 1
    """Values in each merger."""

    skipped: int = 0
    """Values in the first merger that lie before the lead."""

    @property
    def _split(self) -> int:
        """How many values lie before the single ones, the lead among them."""
        return len(self.merged) * self.width - self.skipped

    def summary(self, parts: int) -> BinSummary:
        """Least, greatest and mean in each of so many equal parts."""
        if not self.count or not parts:
            return buckets(np.empty(0, np.float32), parts)
        return self._atoms(self.lead + stretches(self.count, parts)).buckets()

    def averages(self, smoothing: float) -> Floats:
        """The moving average, of at most so many values that it is done in a millisecond.

        It looks back beyond the first value, so that a part of a run is smoothed as the whole is.
        """
        total = self.lead + self.count
        if not self.count or len(self.single) == total <= _AVERAGED_AT_MOST:
            return smoothed(self.single[:total], smoothing)[self.lead :]
        parts = min(total, _AVERAGED_AT_MOST)
        together = total / parts
        means = self._atoms(stretches(total, parts)).buckets().mean
        return smoothed(means, smoothing**together)[round(self.lead / together) :]

    def sample(self) -> Floats:
        """Values that tell the range: some, spread as all are, and the least and the greatest.

        Of mergers one value each and not their extremes, or an axis would grow with the run: the
        longer it is, the more of them have a spike in them.
        """
        every = max(-(-self.count // _SAMPLED), 1)
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
        """The value at a place, counted from the first; of a merged one the mean of its merger."""
        index = self.lead + place - self._split
        if 0 <= index < len(self.single):
            return float(self.single[index])
        found = self._atoms(np.array([self.lead + place, self.lead + place + 1]))[:1].buckets()
        return float(found.mean[0])

    def grouped(self, size: int) -> Window:
        """Groups of so many values as one value each, the first group whole."""
        groups = -(-self.count // size)
        merged = self._atoms(self.lead + np.arange(groups) * size)
        nothing = np.empty(0, np.float32)
        return Window(groups, 0, nothing, Bins.of(nothing), merged, self.sample())

    def _atoms(self, starts: npt.NDArray[np.intp]) -> Bins:
        """Mergers of the values from each of these on, up to the next; the last to the end.

        What was merged before with values on both sides of a start counts to the later side.

        Args:
            starts: Rising, counted from the beginning of the lead. Equal ones all get that value.
        """
        whole, split = Bins.empty(len(starts)), self._split
        if len(self.merged):
            _put(whole, starts, self.merged, (-self.skipped, split), self.width)
        if len(self.single):
            ends = split, split + len(self.single)
            _put(whole, starts, self.each, ends, 1)
        return whole


def _put(
    whole: Bins, starts: npt.NDArray[np.intp], atoms: Bins, ends: tuple[int, int], width: int
) -> None:
    """Let stretches that begin at these starts hold those of the atoms that lie in them."""
    begin, stop = ends
    same, after = int(starts.searchsorted(begin)), int(starts.searchsorted(begin, "right"))
    # All that begin with the first of these values, or the one that it falls into.
    part = slice(max(min(same, after - 1), 0), int(starts.searchsorted(stop)))
    if part.start < part.stop:
        whole.put(part, atoms.merged(np.maximum(starts[part] - begin, 0) // width))
