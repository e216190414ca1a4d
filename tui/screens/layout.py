"""Which part of the dashboard goes where in a terminal of a given size.

One pure function, apart from the screen, because the whole of it can be tested without one. The
digits come first: they are given the most room in which all sixteen stay legible, the numbers and
charts take the rest, and what is still free goes to the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from textual.geometry import Region

from tui.model.view import View
from tui.render.digits import DigitLayout, fit_digits

LEAST_COLUMNS: Final = 30
LEAST_ROWS: Final = 8
"""Below this nothing can be read; the screen says so."""

SPARKLINE_ROWS: Final = 5
"""One row each: both losses, both scores, the speed."""

_FULL_COLUMNS: Final = 60
_FULL_ROWS: Final = 18
"""From this size on there are a chart and a log; below, the numbers and perhaps a digit."""

_LEAST_LEFT: Final = 28
_LEFT_SHARE: Final = 0.4
"""What the numbers and charts need at least, in columns and as a part of the width."""

_LEAST_CHART_ROWS: Final = 5
_SIDE_LOG_COLUMNS: Final = 44
_ROOMY_ROWS: Final = 30
_ROOMY_COLUMN: Final = 24
_LEAST_LOG_ROWS: Final = 4
_LEAST_MACHINE: Final = 44
"""Columns in which the machine's numbers and where the time goes can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLayout:
    """The places of the dashboard's parts, in cells; none for a part that is not shown."""

    header: Region | None = None
    sparklines: Region | None = None
    chart: Region | None = None
    digits: Region | None = None
    caption: Region | None = None
    log: Region | None = None
    machine: Region | None = None
    status: Region | None = None
    keys: Region | None = None
    preparation: Region | None = None
    """Where the way to the first step is shown, in place of the parts of the body."""

    notice: Region | None = None
    """The whole screen, when it is too small for anything but the size it needs."""

    digit_layout: DigitLayout | None = None
    """How the digits lie in their place."""


def layout_for(
    columns: int, rows: int, view: View | None = None, *, captioned: bool = False
) -> ScreenLayout:
    """The layout of a terminal of so many cells.

    Args:
        columns: The terminal's width.
        rows: Its height.
        view: How the run is looked at: with which glyphs, one digit or all, on the whole screen.
        captioned: Whether the digits are not the newest samples, which has to be said at any size.
    """
    view = view or View()
    if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
        return ScreenLayout(notice=Region(0, 0, columns, rows))
    frame = ScreenLayout(
        header=Region(0, 0, columns, 1),
        preparation=Region(0, 1, columns, rows - 3),
        status=Region(0, rows - 2, columns, 1),
        keys=Region(0, rows - 1, columns, 1),
    )
    if view.full_screen:
        return _digits_alone(frame, columns, rows, view)
    if columns < _FULL_COLUMNS or rows < _FULL_ROWS:
        return _compact(frame, columns, rows, view)
    return _full(frame, columns, rows, view, captioned=captioned)


def _fitted(room: DigitLayout | None, view: View) -> DigitLayout | None:
    """The digits as they are looked at, in the room that all of them have by themselves.

    So nothing else on the screen moves when one is opened, or when the glyphs change.
    """
    if room is None:
        return None
    digits = fit_digits(
        room.columns, room.rows, glyphs=view.glyphs, most=1 if view.enlarged else 16
    )
    return digits or room


def _digits_alone(frame: ScreenLayout, columns: int, rows: int, view: View) -> ScreenLayout:
    """The digits in the middle of the whole screen, with their caption below."""
    digits = fit_digits(columns, rows - 4, glyphs=view.glyphs)
    width, height = (digits.columns, digits.rows) if digits else (0, 0)
    top = 1 + (rows - 4 - height) // 2
    return replace(
        frame,
        digits=_region((columns - width) // 2, top, width, height),
        caption=Region(0, rows - 3, columns, 1),
        digit_layout=_fitted(digits, view),
    )


def _compact(frame: ScreenLayout, columns: int, rows: int, view: View) -> ScreenLayout:
    """The numbers and, where there is room for them, digits, a chart and a line of the log."""
    log_rows = 1 if rows > LEAST_ROWS else 0
    body = rows - 3 - log_rows
    digits = fit_digits(columns - _LEAST_LEFT, body)
    width = digits.columns if digits else 0
    chart_rows = body - SPARKLINE_ROWS
    return replace(
        frame,
        sparklines=Region(0, 1, columns - width, SPARKLINE_ROWS),
        chart=_region(
            0,
            1 + SPARKLINE_ROWS,
            columns - width,
            chart_rows if chart_rows >= _LEAST_CHART_ROWS else 0,
        ),
        digits=_region(columns - width, 1, width, digits.rows if digits else 0),
        log=_region(0, 1 + body, columns, log_rows),
        digit_layout=_fitted(digits, view),
    )


def _full(
    frame: ScreenLayout, columns: int, rows: int, view: View, *, captioned: bool
) -> ScreenLayout:
    """The digits at the right; the log under them, or under the chart, or in a row of its own."""
    room = columns - max(_LEAST_LEFT, int(columns * _LEFT_SHARE))
    digits = fit_digits(room, rows - 4)
    width, height = (digits.columns, digits.rows) if digits else (0, 0)
    left = columns - width
    frame = replace(
        frame, digits=_region(left, 1, width, height), digit_layout=_fitted(digits, view)
    )
    caption = Region(left, 1 + height, width, 1)
    if digits and rows - 4 - height >= _LEAST_LOG_ROWS:
        log = Region(left, height + 3, width, rows - height - 5)
        return replace(_left_column(frame, left, rows - 3), caption=caption, log=log)
    if left >= _SIDE_LOG_COLUMNS and rows >= _ROOMY_ROWS:
        log_rows = (rows - 3) // 4
        log = Region(0, rows - 2 - log_rows, left, log_rows)
        return replace(_left_column(frame, left, rows - 4 - log_rows), caption=caption, log=log)
    # One row for both: what the digits are, where that is not plain, and the newest of the log.
    log = Region(0, rows - 3, left if captioned else columns, 1)
    below = Region(left, rows - 3, width, 1) if captioned and width else None
    return replace(_left_column(frame, left, rows - 4), caption=below, log=log)


def _left_column(frame: ScreenLayout, columns: int, rows: int) -> ScreenLayout:
    """The sparklines and the chart in a column below the header, with air where there is room."""
    roomy = rows >= _ROOMY_COLUMN
    machine = 1 if roomy and columns >= _LEAST_MACHINE else 0
    above = SPARKLINE_ROWS + machine + (1 if roomy else 0)
    return replace(
        frame,
        sparklines=Region(0, 1, columns, SPARKLINE_ROWS),
        machine=_region(0, 1 + SPARKLINE_ROWS, columns, machine),
        chart=_region(0, 1 + above, columns, rows - above),
    )


def _region(x: int, y: int, width: int, height: int) -> Region | None:
    """A place, or none where it would have no cells."""
    return Region(x, y, width, height) if width > 0 and height > 0 else None
