"""Many values in few columns, with nothing extreme lost.

Apart from the chart, because this is where spikes live or die: taking every n-th value keeps none
of them, averages flatten them, and a minimum and maximum of each bucket keep every one. It works on
the raw values at each refresh; at 25,000 values that takes a fraction of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """What each of a number of equal stretches of values holds; arrays of one length."""

    minimum: npt.NDArray[np.float32]
    """The least finite value; NaN where there is none."""

    maximum: npt.NDArray[np.float32]
    """The greatest finite value; NaN where there is none."""

    mean: npt.NDArray[np.float32]
    """The mean of the finite values; NaN where there is none."""

    finite: npt.NDArray[np.intp]
    """How many values are finite."""

    broken: npt.NDArray[np.intp]
    """How many values are NaN or infinite."""


def buckets(values: npt.NDArray[np.floating], count: int) -> Buckets:
    """Divide values, oldest first, into `count` stretches as equal as whole numbers allow.

    Where there are fewer values than buckets, each value fills the buckets that it spans. Where
    there are none, every bucket is empty.
    """
    if count == 0 or values.size == 0:
        nothing, none = np.full(count, np.nan, np.float32), np.zeros(count, np.intp)
        return Buckets(nothing, nothing, nothing, none, none)
    starts = np.arange(count) * values.size // count
    good = np.isfinite(values)
    finite = np.add.reduceat(good, starts, dtype=np.intp)
    size = np.maximum(np.diff(starts, append=values.size), 1)
    minimum = np.minimum.reduceat(_filled(values, good, np.inf), starts)
    maximum = np.maximum.reduceat(_filled(values, good, -np.inf), starts)
    total = np.add.reduceat(_filled(values, good, 0), starts, dtype=np.float64)
    return Buckets(
        _where_any(finite, minimum),
        _where_any(finite, maximum),
        _where_any(finite, total / np.maximum(finite, 1)),
        finite,
        size - finite,
    )


def _filled(
    values: npt.NDArray[np.floating], good: npt.NDArray[np.bool_], filler: float
) -> npt.NDArray[np.floating]:
    """The values with a filler for those that are not finite; no copy where there is none."""
    return values if good.all() else np.where(good, values, filler)


def _where_any(
    finite: npt.NDArray[np.intp], values: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """The values, with NaN where a bucket had nothing finite."""
    return np.where(finite > 0, values, np.nan).astype(np.float32)
