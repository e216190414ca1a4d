"""Numbers in a fixed width, so that a figure that changes does not move its neighbours.

Non-finite values are shown as such. Durations, sizes and full losses are in `gan.text.wording`.
"""

from __future__ import annotations

import math
from typing import Final

UNKNOWN: Final = "\N{EN DASH}"
"""Shown while there is no number."""

_LOSS_WIDTH: Final = 5
_RATE_UNITS: Final = ("", "k", "M", "G")
_THOUSAND: Final = 1000
_LARGE: Final = 10_000
"""From here on a figure is written with an exponent."""

_LONG_STEP: Final = 10_000
"""From here on a step is abbreviated where there is little room."""


def loss(value: float) -> str:
    """A loss in five cells: `0.693`, `12.35`, `2e-05`, `  nan`, ` -inf`."""
    if not math.isfinite(value):
        return f"{value:>{_LOSS_WIDTH}}"
    if value == 0 or abs(value) >= 0.0005:  # noqa: PLR2004 - the smallest with three decimals
        for decimals in (3, 2, 1, 0):
            text = f"{value:.{decimals}f}"
            if len(text) <= _LOSS_WIDTH:
                return text.rjust(_LOSS_WIDTH)
    return f"{value:.0e}".rjust(_LOSS_WIDTH)


def rate(per_second: float) -> str:
    """A speed in three digits: `9.42`, `942`, `29.4k`, `1.20M`; `UNKNOWN` if not finite."""
    if not math.isfinite(per_second):
        return UNKNOWN
    value = per_second
    for unit in _RATE_UNITS[:-1]:
        text = _three_digits(value)
        if abs(float(text)) < _THOUSAND:
            return text + unit
        value /= _THOUSAND
    return _three_digits(value) + _RATE_UNITS[-1]


def _three_digits(value: float) -> str:
    """The value with as many decimals as fit in three digits."""
    for decimals, limit in ((2, 10), (1, 100)):
        text = f"{value:.{decimals}f}"
        if abs(float(text)) < limit:
            return text
    return f"{value:.0f}"


def figure(value: float, decimals: int) -> str:
    """A figure of quality: `8.21`, `0.0041`, `1.2e+05`; `UNKNOWN` if not finite."""
    if not math.isfinite(value):
        return UNKNOWN
    # Adding 0 turns a rounded -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}" if abs(value) < _LARGE else f"{value:.1e}"


def percentage(share: float) -> str:
    """A share in percent: `0.3%`, `91%`; `UNKNOWN` if not finite."""
    if not math.isfinite(share):
        return UNKNOWN
    percent = 100 * share
    return f"{percent:.1f}%" if percent < 9.95 else f"{percent:.0f}%"  # noqa: PLR2004 - 10 rounded


def brief_step(step: int) -> str:
    """A step in at most five characters: `9,370`, `93.7k`, `1.20M`."""
    return f"{step:,}" if step < _LONG_STEP else rate(step)
