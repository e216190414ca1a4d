"""Round numbers for linear and logarithmic axes: 1, 2 and 5 times a power of ten."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_ROUND: Final = (1, 2, 5)
_PLAIN: Final = range(-3, 3)
"""Powers of ten whose multiples are written out; others get a suffix or an exponent."""

_SUFFIXES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
"""Labels at or above each value are written in its unit."""

_BEYOND_SUFFIXES: Final = 1e12
"""From here on there is no unit, and labels have an exponent."""

_SLACK: Final = 1e-9
"""Relative rounding error of a number that should lie on the end of its range."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis."""

    value: float
    """In the units of the axis."""

    label: str
    """The text next to it."""


def linear_ticks(low: float, high: float, max_ticks: int) -> tuple[Tick, ...]:
    """Multiples of a round step within a range: as many as possible, at most `max_ticks`.

    Labels have the same number of decimals. Empty if `max_ticks` is below 1 or the range is empty
    or not finite.
    """
    if max_ticks < 1 or not _is_range(low, high):
        return ()
    step, power = _round_step(low, high, max_ticks)
    first, last = _multiples(low, high, step)
    decimals = max(0, -power)
    largest = max(-low, high)
    write = compact if largest >= 10.0**_PLAIN.stop or power < _PLAIN.start else None
    return tuple(
        Tick(k * step, write(k * step) if write else f"{k * step:.{decimals}f}")
        for k in range(first, last + 1)
    )


def log_ticks(low: float, high: float, max_ticks: int) -> tuple[Tick, ...]:
    """Round numbers on a logarithmic range: as many as possible, at most `max_ticks`.

    All of 1-2-5 if they fit, else the powers of ten, else every n-th power. A range too narrow for
    two of them gets linear ticks.
    """
    if max_ticks < 1 or low <= 0 or not _is_range(low, high):
        return ()
    series = _series(low, high)
    if len(series) < 2:  # noqa: PLR2004 - a single tick does not show the scale
        return linear_ticks(low, high, max_ticks)
    powers = [(digit, power) for digit, power in series if digit == 1]
    chosen = series if len(series) <= max_ticks or len(powers) < 2 else powers  # noqa: PLR2004
    chosen = chosen[:: math.ceil(len(chosen) / max_ticks)]
    values = (digit * 10.0**power for digit, power in chosen)
    return tuple(Tick(value, compact(value)) for value in values)


def compact(value: float) -> str:
    """A round number in few characters: `0.02`, `5`, `200`, `1k`, `2M`, `1e-05`, `5e+12`."""
    if abs(value) >= _BEYOND_SUFFIXES:
        return f"{value:g}"
    for unit, suffix in _SUFFIXES:
        if abs(value) >= unit:
            return f"{value / unit:g}{suffix}"
    return f"{value:g}"


def _is_range(low: float, high: float) -> bool:
    return math.isfinite(low) and math.isfinite(high) and low < high


def _round_step(low: float, high: float, max_ticks: int) -> tuple[float, int]:
    """The smallest round step with at most `max_ticks` multiples in the range, and its power."""
    power = math.floor(math.log10((high - low) / max_ticks)) - 1
    while True:
        for digit in _ROUND:
            step = digit * 10.0**power
            first, last = _multiples(low, high, step)
            if last - first < max_ticks:
                return step, power
        power += 1


def _multiples(low: float, high: float, step: float) -> tuple[int, int]:
    """The first and the last whole multiple of the step within the range."""
    slack = _SLACK * (high - low) / step
    return math.ceil(low / step - slack), math.floor(high / step + slack)


def _series(low: float, high: float) -> list[tuple[int, int]]:
    """Every 1-2-5 number within the range, as its digit and its power of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        (digit, power)
        for power in powers
        for digit in _ROUND
        if low * (1 - _SLACK) <= digit * 10.0**power <= high * (1 + _SLACK)
    ]
