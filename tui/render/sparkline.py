"""One row that shows the recent course of a value.

Textual's own sparkline raises on NaN, which is what a loss becomes when a GAN diverges; it also
draws the maximum of each bin, which hides every dip. This one shows dips too and marks non-finite
values.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.render.palette import ALERT_COLOR
from tui.render.strips import painted

BARS: Final = "▁▂▃▄▅▆▇█"
"""The bars of a cell, lowest first; the minimum value is still visible."""

BROKEN: Final = "\N{MULTIPLICATION SIGN}"
"""Drawn for a value that is NaN or infinite."""

_GLYPHS: Final = np.array([*BARS, BROKEN])

_FLAT: Final = 1e-6
"""A relative spread below this is rounding error, not movement."""

_ALERT_STYLE: Final = Style(color=ALERT_COLOR, bold=True)


def sparkline(
    values: npt.NDArray[np.floating],
    width: int,
    *,
    style: Style,
    range: tuple[float, float] | None = None,  # noqa: A002 - the word for it
    per_cell: int = 1,
    alert: Style = _ALERT_STYLE,
) -> Strip:
    """The newest values as bars, the last value at the right.

    Args:
        values: One-dimensional, oldest first; may be empty, NaN or infinite.
        width: Cells of the row; the left stays blank while there are too few values.
        style: Style of the bars.
        range: Values at the lowest and the highest bar; bars beyond them are clipped. By default
            the minimum and the maximum of the visible values; if these are equal, bars are drawn
            at mid height.
        per_cell: Consecutive values for one bar, of which the one furthest from the median of all
            is drawn, so that spikes and dips both show. Counted from the first value, so that bars
            do not change as values are appended.
        alert: Style of the mark for non-finite values.
    """
    cells = _cells(values, width, per_cell)
    broken = np.isnan(cells)
    bars = "".join(_GLYPHS[np.where(broken, len(BARS), _heights(cells, range))].tolist())
    text = bars.rjust(width)
    if not broken.any():
        return Strip([Segment(text, style)] if text else [], width)
    kinds = np.zeros(width, np.uint8)
    kinds[width - cells.size :] = broken
    styles = style, alert
    return painted(np.array(list(text)), kinds, np.zeros_like(kinds), lambda kind, _: styles[kind])


def condensed(values: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.floating]:
    """At most `width` values that stand for all of a short series, for one bar each.

    Of each of `width` equal parts the value furthest from the median of all, so that spikes and
    dips both show; of the last part the newest.

    Args:
        values: One-dimensional and finite, oldest first.
        width: Cells of the row.
    """
    if len(values) <= max(width, 0):
        return values
    parts = np.array_split(values, max(width, 1))
    middle = _middle(values.astype(np.float64))
    chosen = [part[np.abs(part - middle).argmax()] for part in parts[:-1]]
    return np.array([*chosen, values[-1]])[-width:] if width > 0 else values[:0]


def columns(shares: npt.NDArray[np.floating], rows: int) -> list[list[str]]:
    """Shares from 0 to 1 as vertical bars: the characters of each row, the top one first.

    A share above 0 is visible however small it is.
    """
    eighths = np.rint(shares.clip(0, 1) * len(BARS) * rows)
    eighths = np.where(shares > 0, np.maximum(eighths, 1), 0).astype(int)
    fills = [(eighths - len(BARS) * below).clip(0, len(BARS)) for below in range(rows)]
    return [[(" " + BARS)[fill] for fill in row.tolist()] for row in reversed(fills)]


def _cells(values: npt.NDArray[np.floating], width: int, per_cell: int) -> npt.NDArray[np.float64]:
    """The value of each of at most `width` bars; NaN if any of its values is non-finite."""
    bars = min(width, -(-values.size // per_cell))
    start = (-(-values.size // per_cell) - bars) * per_cell
    visible = values[start:].astype(np.float64)
    visible[~np.isfinite(visible)] = np.nan
    if per_cell == 1:
        return visible
    padded = np.full(bars * per_cell, _middle(visible))
    padded[: visible.size] = visible
    grouped = padded.reshape(bars, per_cell)
    distance = np.abs(grouped - _middle(visible))
    furthest = np.where(np.isnan(distance), np.inf, distance).argmax(axis=1)
    return np.asarray(grouped[np.arange(bars), furthest])


def _middle(values: npt.NDArray[np.float64]) -> float:
    """The median of the finite values; 0 if there are none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else 0.0


def _heights(
    cells: npt.NDArray[np.float64], limits: tuple[float, float] | None
) -> npt.NDArray[np.intp]:
    """The index of each value's bar; any bar for a non-finite value."""
    finite = cells[np.isfinite(cells)]
    if finite.size == 0:
        return np.zeros(cells.size, np.intp)
    low, high = limits or (float(finite.min()), float(finite.max()))
    if high - low <= _FLAT * max(abs(low), abs(high)):
        return np.full(cells.size, len(BARS) // 2 - 1, np.intp)
    scaled = (np.where(np.isnan(cells), low, cells) - low) * ((len(BARS) - 1) / (high - low))
    return np.asarray(np.rint(scaled.clip(0, len(BARS) - 1)), np.intp)
