"""Numbers as a person reads them, each kind in one width and one form.

Apart from the widgets, so that the header, the log and the headless summary cannot disagree.
Whatever is not a finite number is shown as what it is, never raised.
"""

from __future__ import annotations

import math
from typing import Final

UNKNOWN: Final = "\N{EN DASH}"
"""What stands where there is no number yet."""

_LOSS_WIDTH: Final = 5
_THOUSAND: Final = 1000
_HUNDRED: Final = 100
_TEN: Final = 10


def loss(value: float) -> str:
    """A loss in five cells: `0.693`, `12.35`, `2e-05`, `  nan`, ` -inf`."""
    if not math.isfinite(value):
        return f"{value:>{_LOSS_WIDTH}}"
    if value == 0 or abs(value) >= 0.0005:  # noqa: PLR2004 - what three decimals can still show
        for decimals in (3, 2, 1, 0):
            text = f"{value:.{decimals}f}"
            if len(text) <= _LOSS_WIDTH:
                return text.rjust(_LOSS_WIDTH)
    return f"{value:.0e}".rjust(_LOSS_WIDTH)


def count(value: int) -> str:
    """A whole number with its thousands apart: `12,345`."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """A time as `4:05` or `1:02:03`; whole seconds, rounded down."""
    if not math.isfinite(seconds) or seconds < 0:
        return "-:--"
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def rate(per_second: float) -> str:
    """A speed in three digits: `9.42`, `942`, `29.4k`, `1.20M`."""
    return _scaled(per_second, ("", "k", "M", "G"))


def size(byte_count: float) -> str:
    """A number of bytes in decimal units: `512 B`, `12.3 MB`."""
    if math.isfinite(byte_count) and abs(byte_count) < _THOUSAND:
        return f"{byte_count:.0f} B"
    return _scaled(byte_count, (" B", " kB", " MB", " GB", " TB"))


def percent(fraction: float) -> str:
    """A fraction in whole hundredths: `81%`."""
    return f"{_HUNDRED * fraction:.0f}%" if math.isfinite(fraction) else UNKNOWN


def _scaled(value: float, units: tuple[str, ...]) -> str:
    """Three digits and the unit that keeps them below a thousand."""
    if not math.isfinite(value):
        return UNKNOWN
    for unit in units[:-1]:
        text = _three_digits(value)
        if abs(float(text)) < _THOUSAND:
            return text + unit
        value /= _THOUSAND
    return _three_digits(value) + units[-1]


def _three_digits(value: float) -> str:
    """The value with as many decimals as three digits leave room for."""
    for decimals, limit in ((2, _TEN), (1, _HUNDRED)):
        text = f"{value:.{decimals}f}"
        if abs(float(text)) < limit:
            return text
    return f"{value:.0f}"
