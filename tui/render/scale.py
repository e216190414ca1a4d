"""The vertical axis of a chart: which values it spans, and where on it a value lies.

Apart from the chart, because a range must hold still: a range that follows every new value moves
every line and sends the whole chart again. It is rounded outward, grows at once, and shrinks only
when much of it is empty.
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
"""The lowest and the highest value of an axis."""

_TAIL: Final = 2.0
"""Percent of the values at either end that may be spikes, or a collapse that passed."""

_HEADROOM: Final = 1.25
"""How much further the axis reaches beyond a tail, in distances of that tail from the median.

Normal noise stays inside it even among 25,000 values; a spike does not flatten all the rest.
"""

_ENOUGH: Final = 0.6
"""The share of a range that must be in use for it to stay."""

_EMPTY_LOG: Final = (0.1, 10.0)
_EMPTY_LINEAR: Final = (0.0, 2.0)
_LEAST_FACTOR: Final = 3.0
"""The least ratio of the ends of a logarithmic range."""

_STEPS_ACROSS: Final = 8
"""A linear range is rounded to steps of about this fraction of it."""

_MANTISSAS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
"""Where a logarithmic range may end."""

_SLACK: Final = 1e-9
_SAMPLE: Final = 32_768
"""Values looked at for the median and the tails; the extremes are always those of all."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A range and how values spread over it."""

    low: float
    high: float
    log: bool

    def fraction(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """How far up each value lies: 0 at the low end, 1 at the high end, NaN for NaN.

        Nothing is cut off. On a logarithmic axis what is not positive lies below every range.
        """
        low, high = self._place(np.array([self.low, self.high]))
        return np.asarray((self._place(values) - low) / (high - low))

    def fraction_of(self, value: float) -> float:
        """How far up one value lies."""
        return float(self.fraction(np.array([value]))[0])

    def _place(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        raised = values.astype(np.float64)
        return np.log10(np.maximum(raised, np.finfo(np.float64).tiny)) if self.log else raised


def sticky_range(
    previous: Range | None,
    d: npt.NDArray[np.floating],
    g: npt.NDArray[np.floating],
    log: bool,
) -> Range:
    """The range for both losses, kept from `previous` as long as that serves.

    Args:
        previous: The range in use, of the same kind of axis; none at first.
        d: Losses of the discriminator; may be empty, NaN or infinite.
        g: Losses of the generator.
        log: Whether the axis is logarithmic.
    """
    fresh = range_of((d, g), log)
    if previous is None or (log and previous[0] <= 0):
        return fresh
    grown = min(previous[0], fresh[0]), max(previous[1], fresh[1])
    return grown if _span(fresh, log) >= _ENOUGH * _span(grown, log) else fresh


def _span(ends: Range, log: bool) -> float:
    return math.log(ends[1] / ends[0]) if log else ends[1] - ends[0]


def range_of(series: Iterable[npt.NDArray[np.floating]], log: bool) -> Range:
    """The rounded range of all series together, whatever was in use before."""
    spans = [span for values in series if (span := _typical(values, log)) is not None]
    if not spans:
        return _EMPTY_LOG if log else _EMPTY_LINEAR
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    return _rounded_log(10.0**low, 10.0**high) if log else _rounded_linear(low, high)


def _typical(values: npt.NDArray[np.floating], log: bool) -> Range | None:
    """The range of one series without its spikes; of logarithms where the axis has them."""
    usable = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    if usable.size == 0:
        return None
    # In double precision, so that a difference of the largest losses stays finite.
    placed = usable.astype(np.float64)
    ends = np.array([placed.min(), placed.max()])
    sample = placed[:: -(-placed.size // _SAMPLE)]
    if log:
        ends, sample = np.log10(ends), np.log10(sample)
    tail_low, middle, tail_high = np.percentile(sample, (_TAIL, 50, 100 - _TAIL))
    low = max(ends[0], tail_low - _HEADROOM * (middle - tail_low))
    high = min(ends[1], tail_high + _HEADROOM * (tail_high - middle))
    return float(low), float(high)


def _rounded_log(low: float, high: float) -> Range:
    """A range that holds both ends, from one round number to another."""
    if high / low < _LEAST_FACTOR:
        middle, reach = math.sqrt(low * high), math.sqrt(_LEAST_FACTOR)
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
    """The float nearest to the decimal number, which a product is not."""
    return float(f"{mantissa}e{power}")


def _rounded_linear(low: float, high: float) -> Range:
    """A range that holds both ends, from one multiple of a round step to another."""
    least = 0.1 * max(abs(low), abs(high), 1e-6)
    if high - low < least:
        low, high = low - least / 2, high + least / 2
    rough = (high - low) / _STEPS_ACROSS
    step = _mantissa_above(rough)
    return math.floor(low / step + _SLACK) * step, math.ceil(high / step - _SLACK) * step
