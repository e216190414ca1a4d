"""The vertical axis of a chart: which values it spans, and where on it a value lies.

The range is sticky: one that followed every new value would move every line, and the whole chart
would be sent again. It is rounded outward, grows at once, and shrinks only if much of it is empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Range = tuple[float, float]
"""The minimum and the maximum of an axis."""

_TAIL: Final = 2.0
"""Percentage of the values at either end that may be spikes or a passing collapse."""

_HEADROOM: Final = 1.25
"""How far the axis reaches beyond a tail, as a multiple of the tail's distance from the median.

Normal noise stays within it even among 25,000 values, while a spike does not flatten the rest.
"""

_ENOUGH: Final = 0.6
"""Share of the range that the values must span for it to stay."""

_EMPTY_LOG: Final = (0.1, 10.0)
_EMPTY_LINEAR: Final = (0.0, 2.0)
_MIN_FACTOR: Final = 3.0
"""Minimum ratio of the ends of a logarithmic range."""

_STEPS_ACROSS: Final = 8
"""A linear range is rounded to steps of about one of this many parts."""

_MANTISSAS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
"""Mantissas at which a logarithmic range may end."""

_LARGEST: Final = 1e300
"""A range reaches at most to this on either side of 0, and a logarithmic one from its inverse."""

_SLACK: Final = 1e-9
_SAMPLE: Final = 32_768
"""Values used for the median and the tails; the extremes are always those of all values."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A range, and whether values spread over it logarithmically."""

    low: float
    high: float
    log: bool

    def fraction(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """The height of each value: 0 at the low end, 1 at the high end, NaN for NaN.

        Values outside the range are not clipped. On a logarithmic axis values that are not positive
        lie below every range.
        """
        low, high = self._place(np.array([self.low, self.high]))
        return np.asarray((self._place(values) - low) / (high - low))

    def fraction_of(self, value: float) -> float:
        """The height of one value."""
        return float(self.fraction(np.array([value]))[0])

    def _place(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        raised = values.astype(np.float64)
        return np.log10(np.maximum(raised, np.finfo(np.float64).tiny)) if self.log else raised


def sticky_range(
    previous: Range | None,
    d_loss: npt.NDArray[np.floating],
    g_loss: npt.NDArray[np.floating],
    log: bool,
) -> Range:
    """The range for both losses, kept from `previous` as long as that fits.

    Args:
        previous: The range in use, of the same kind of axis; `None` at first.
        d_loss: Losses of the discriminator; may be empty, NaN or infinite.
        g_loss: Losses of the generator.
        log: Whether the axis is logarithmic.
    """
    return kept_range(previous, (d_loss, g_loss), log)


def kept_range(
    previous: Range | None, series: Iterable[npt.NDArray[np.floating]], log: bool
) -> Range:
    """The range for several series; the other arguments are those of `sticky_range`."""
    fresh = range_of(series, log)
    if previous is None or (log and previous[0] <= 0):
        return fresh
    grown = min(previous[0], fresh[0]), max(previous[1], fresh[1])
    return grown if _span(fresh, log) >= _ENOUGH * _span(grown, log) else fresh


def _span(ends: Range, log: bool) -> float:
    return math.log(ends[1] / ends[0]) if log else ends[1] - ends[0]


def range_of(series: Iterable[npt.NDArray[np.floating]], log: bool) -> Range:
    """The rounded range of all series together."""
    spans = [span for values in series if (span := _typical(values, log)) is not None]
    if not spans:
        return _EMPTY_LOG if log else _EMPTY_LINEAR
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    return _rounded_log(10.0**low, 10.0**high) if log else _rounded_linear(low, high)


def _typical(values: npt.NDArray[np.floating], log: bool) -> Range | None:
    """The range of one series without its spikes; that of its logarithms on a logarithmic axis.

    `None` if no value can be drawn.
    """
    usable = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    if usable.size == 0:
        return None
    # In double precision and away from its ends, so that no difference, ratio or power of what
    # follows overflows or becomes 0, whatever a log on disk holds.
    placed = np.clip(usable.astype(np.float64), -_LARGEST, _LARGEST)
    if log:
        placed = np.maximum(placed, 1 / _LARGEST)
    ends = np.array([placed.min(), placed.max()])
    sample = placed[:: -(-placed.size // _SAMPLE)]
    if log:
        ends, sample = np.log10(ends), np.log10(sample)
    tail_low, middle, tail_high = np.percentile(sample, (_TAIL, 50, 100 - _TAIL))
    low = max(ends[0], tail_low - _HEADROOM * (middle - tail_low))
    high = min(ends[1], tail_high + _HEADROOM * (tail_high - middle))
    return float(low), float(high)


def _rounded_log(low: float, high: float) -> Range:
    """A range that includes both ends, from one round number to another."""
    if high / low < _MIN_FACTOR:
        middle, reach = math.sqrt(low) * math.sqrt(high), math.sqrt(_MIN_FACTOR)
        low, high = middle / reach, middle * reach
    return _mantissa_below(low), _mantissa_above(high)


def _mantissa_below(value: float) -> float:
    power = math.floor(math.log10(value))
    reached = value / 10.0**power * (1 + _SLACK)
    return _decimal(max(m for m in _MANTISSAS if m <= reached), power)


def _mantissa_above(value: float) -> float:
    power = math.floor(math.log10(value))
    reached = value / 10.0**power * (1 - _SLACK)
    return _decimal(min(m for m in _MANTISSAS if m >= reached), power)


def _decimal(mantissa: float, power: int) -> float:
    """The float nearest to the decimal number, which the product may not be."""
    return float(f"{mantissa}e{power}")


def _rounded_linear(low: float, high: float) -> Range:
    """A range that includes both ends, from one multiple of a round step to another."""
    min_span = 0.1 * max(abs(low), abs(high), 1e-6)
    if high - low < min_span:
        low, high = low - min_span / 2, high + min_span / 2
    rough = (high - low) / _STEPS_ACROSS
    step = _mantissa_above(rough)
    return math.floor(low / step + _SLACK) * step, math.ceil(high / step - _SLACK) * step
