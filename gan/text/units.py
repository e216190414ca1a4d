"""Durations and sizes in words. Apart from the words for events, which need NumPy."""

from __future__ import annotations

from typing import Final

_SHORTEST_SECONDS: Final = 0.0005
"""Anything shorter rounds to 0 ms and is written `0.0 s`."""


def duration(seconds: float) -> str:
    """A duration in its largest units: `18 ms`, `4.2 s`, `3 min 20 s`, `1 h 02 min`."""
    if _SHORTEST_SECONDS <= seconds < 0.1:  # noqa: PLR2004 - below a tenth, seconds show nothing
        return f"{1000 * seconds:.0f} ms"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes in an hour
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004 - hours in a day
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24:02d} h"


def clock(seconds: float) -> str:
    """A duration as on a clock, for narrow places: `4:12`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def byte_size(size: int) -> str:
    """A number of bytes in decimal units: `512 B`, `12.3 MB`."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:  # noqa: PLR2004 - the step between decimal units
            break
        value, unit = value / 1000, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
