"""The exponential moving average that makes a loss readable.

The bias correction is that of Adam (Kingma and Ba 2015, section 3): an average that starts from
zero begins far below the first loss; divided by the sum of its weights it begins at the first loss.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

_INVISIBLE: Final = 1e-3
"""A share of an average too small for any chart to show."""

_ROUNDING: Final = 1e-17
"""Lost when added to 1 in double precision."""

_NEGLIGIBLE: Final = 1e-30
"""A weight below this makes no difference in single precision, whatever it multiplies."""


def smoothed(values: npt.NDArray[np.floating], smoothing: float = 0.98) -> npt.NDArray[np.float32]:
    """The bias-corrected exponential moving average of each value and those before it.

    A value's weight is `smoothing` to the power of its age. A non-finite value has no weight and
    gives NaN at its own index only; later averages skip it.

    Args:
        values: One-dimensional, oldest first.
        smoothing: From 0 (no smoothing) to below 1.

    Raises:
        ValueError: The smoothing is outside that range.
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"a smoothing of {smoothing} is outside 0 (none) to below 1")
    finite = np.isfinite(values)
    total = _decayed_sum(np.where(finite, values, 0.0), smoothing)
    weight = _weights(finite, smoothing)
    result = np.full(values.shape, np.nan, np.float32)
    np.divide(total, weight, out=result, where=finite, casting="same_kind")
    return result


def reach(smoothing: float) -> int:
    """How many values back a moving average reaches; older ones make no visible difference."""
    return _until(_INVISIBLE, smoothing)


def _until(share: float, smoothing: float) -> int:
    """How many values back the weight falls to this share of the newest one's."""
    return math.ceil(math.log(share) / math.log(smoothing)) if smoothing > 0 else 0


def _weights(finite: npt.NDArray[np.bool_], smoothing: float) -> npt.NDArray[np.float64]:
    """The sum of the weights in each average; a geometric series if all values are finite."""
    if finite.all():
        sums = np.ones(finite.size)
        # Further powers are lost when subtracted from 1, and soon so small that arithmetic is slow.
        last = min(_until(_ROUNDING, smoothing), finite.size)
        sums[:last] -= smoothing ** np.arange(1, last + 1, dtype=np.float64)
        return np.asarray(sums / (1 - smoothing), np.float64)
    return _decayed_sum(finite, smoothing)


def _decayed_sum(
    values: npt.NDArray[np.floating] | npt.NDArray[np.bool_], decay: float
) -> npt.NDArray[np.float64]:
    """The running sum `y[t] = values[t] + decay * y[t - 1]`, by doubling.

    After k passes each element holds the decayed sum of the last 2^k values, so log2(n) passes over
    the array replace a loop over its elements. Unlike the closed form, nothing is divided by a
    power of the decay, which would overflow.
    """
    sums = values.astype(np.float64)
    shift, weight = 1, decay
    while shift < sums.size and weight > _NEGLIGIBLE:
        sums[shift:] += weight * sums[:-shift]
        shift, weight = 2 * shift, weight * weight
    return sums
