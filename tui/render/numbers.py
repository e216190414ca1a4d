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
