"""Where each part of the dashboard goes in a terminal of a given size. Pure.

The digits come first: they get the largest place in which all sixteen are legible. The numbers and
charts take the rest, and the log what is still free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from textual.geometry import Region

from tui.model.view import View
from tui.render.digit_layout import DigitLayout, fit_digits

MIN_COLUMNS: Final = 30
MIN_ROWS: Final = 8
"""In a smaller terminal nothing is legible; the screen says so."""

SPARKLINE_ROWS: Final = 5
"""One row each: both losses, both scores, the speed."""

FULL_QUALITY_ROWS: Final = (8, 6)
"""Rows of the quality with tall bars of the classes, from the highest."""

FULL_DISTANCE_ROWS: Final = (4,)
"""Rows of the quality of images without classes."""

_FULL_COLUMNS: Final = 60
_FULL_ROWS: Final = 18
"""Minimum size for a chart and a log; below it there are the numbers and perhaps a digit."""

_MIN_LEFT: Final = 28
_LEFT_SHARE: Final = 0.4
"""Minimum for the numbers and charts, in columns and as a share of the width."""

_MAX_TOAST: Final = 60
"""Cells of the widest toast."""

TOAST_FRAME: Final = 3
"""Cells of a toast that are not its text: a line at the left, and a blank on either side."""

_ROWS_PER_SPARKLINE: Final = 4
"""Rows of the terminal for each sparkline of a run that has more of them than `SPARKLINE_ROWS`."""

_MIN_CHART_ROWS: Final = 5
_MIN_LOG_ROWS: Final = 4
_MIN_SIDE_LOG_COLUMNS: Final = 44
_MIN_MACHINE_COLUMNS: Final = 44
_ROOMY_ROWS: Final = 30
"""Minimum height of the terminal for a log of its own below the chart."""

_ROOMY_COLUMN: Final = 24
"""Minimum height of the left column for the machine's row and a blank one."""

_ROOMY_CHART_ROWS: Final = 15
"""Minimum height of the chart below all that is known of the quality."""

_MACHINES_CHART_ROWS: Final = 15
"""Minimum height of the quality, the chart and the blank rows below more than one row of machines.
"""

_BRIEF_CHART_ROWS: Final = (8, 12)
"""Minimum height of the chart below one row and below two rows of the quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What there is to place, as far as the places depend on it."""

    captioned: bool = False
    """Whether the digits need a caption at any size because they are not the newest samples."""

    sparklines: int = SPARKLINE_ROWS
    """Rows of sparklines. A low terminal has room for fewer than many."""

    has_images: bool = True
    """Whether there are digits, or will be; else their place is that of the chart."""

    machine: int = 0
    """Rows of the machines of several replicas; 0 for one, whose row is there if it can be spared.
    """

    quality: Literal["unknown", "distances", "census"] = "unknown"
    """What is known of the images' quality: nothing, their distances, or their classes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLayout:
    """The places of the dashboard's parts in cells; `None` for a part that is not shown."""

    header: Region | None = None
    sparklines: Region | None = None
    quality: Region | None = None
    chart: Region | None = None
    digits: Region | None = None
    caption: Region | None = None
    log: Region | None = None
    machine: Region | None = None
    status: Region | None = None
    keys: Region | None = None
    preparation: Region | None = None
    """Before the first step, in place of the parts of the body."""

    notice: Region | None = None
    """The whole screen, if it is too small for anything but a notice."""

    digit_layout: DigitLayout | None = None
    """The layout of the digits within their place."""


def layout_for(
    columns: int, rows: int, view: View | None = None, contents: Contents | None = None
) -> ScreenLayout:
    """The layout of a terminal of `columns` x `rows` cells.

    Args:
        columns: The terminal's width.
        rows: The terminal's height.
        view: Its glyphs, and whether one digit is enlarged or the digits fill the screen.
        contents: What there is to place.
    """
    view, contents = view or View(), contents or Contents()
    contents = replace(contents, sparklines=min(contents.sparklines, _most_sparklines(rows)))
    if columns < MIN_COLUMNS or rows < MIN_ROWS:
        return ScreenLayout(notice=Region(0, 0, columns, rows))
    frame = ScreenLayout(
        header=Region(0, 0, columns, 1),
        preparation=Region(0, 1, columns, rows - 3),
        status=Region(0, rows - 2, columns, 1),
        keys=Region(0, rows - 1, columns, 1),
    )
    if view.full_screen and contents.has_images:
        return _digits_alone(frame, columns, rows, view)
    if columns < _FULL_COLUMNS or rows < _FULL_ROWS:
        return _compact(frame, columns, rows, view, contents)
    return _full(frame, columns, rows, view, contents)


def toasts_in(layout: ScreenLayout, *, is_preparing: bool) -> Region | None:
    """Where toasts hide least, in their lower left corner; `None` for the whole screen.

    That is the chart, whose newest values are at its right and which is there again in seconds: not
    the log, whose newest line says the same and stays, and not the digits. Without a chart it is
    the numbers; before the first step it is above the stages.

    Args:
        layout: The places of the parts.
        is_preparing: Whether the preparation is shown in place of the body.
    """
    place = layout.chart
    if is_preparing and layout.preparation is not None:
        stages = layout.preparation
        place = Region(0, stages.y, stages.width, min(max(stages.height // 4, 3), stages.height))
    elif place is None and layout.sparklines is not None:
        numbers = layout.sparklines
        below = layout.quality.height if layout.quality else 0
        place = Region(0, numbers.y, numbers.width, numbers.height + below)
    elif place is None and layout.digits is not None:
        # The digits fill the screen: next to them, or over them at the left.
        place = Region(0, 1, max(layout.digits.x, _MIN_LEFT), layout.digits.bottom - 1)
    if place is None:
        return None
    return Region(place.x, place.y, min(place.width, _MAX_TOAST), place.height)


def _fitted(room: DigitLayout | None, view: View) -> DigitLayout | None:
    """The digits as the view shows them, within the cells that all of them have by default.

    So nothing else on the screen moves when one is enlarged or the glyphs change.
    """
    if room is None:
        return None
    digits = fit_digits(room.columns, room.rows, glyphs=view.glyphs, alone=view.enlarged)
    return digits or room


def _digits_alone(frame: ScreenLayout, columns: int, rows: int, view: View) -> ScreenLayout:
    """The digits in the middle of the screen, with their caption below."""
    digits = fit_digits(columns, rows - 4, glyphs=view.glyphs)
    width, height = (digits.columns, digits.rows) if digits else (0, 0)
    top = 1 + (rows - 4 - height) // 2
    return replace(
        frame,
        digits=_region((columns - width) // 2, top, width, height),
        caption=Region(0, rows - 3, columns, 1),
        digit_layout=_fitted(digits, view),
    )


def _compact(
    frame: ScreenLayout, columns: int, rows: int, view: View, contents: Contents
) -> ScreenLayout:
    """The numbers and, if there is room for them, digits, a chart and a line of the log."""
    log_rows = 1 if rows > MIN_ROWS else 0
    body = rows - 3 - log_rows
    digits = fit_digits(columns - _MIN_LEFT, body) if contents.has_images else None
    width = digits.columns if digits else 0
    left, free = columns - width, body - contents.sparklines
    # The quality takes rows that are too few for a chart, or one of a chart that can spare it.
    quality = min(free, 2) if free < _MIN_CHART_ROWS else int(free > _MIN_CHART_ROWS)
    quality = quality if contents.quality != "unknown" else 0
    chart = free - quality if free - quality >= _MIN_CHART_ROWS else 0
    return replace(
        frame,
        sparklines=Region(0, 1, left, contents.sparklines),
        quality=_region(0, 1 + contents.sparklines, left, quality),
        chart=_region(0, 1 + contents.sparklines + quality, left, chart),
        digits=_region(left, 1, width, digits.rows if digits else 0),
        log=_region(0, 1 + body, columns, log_rows),
        digit_layout=_fitted(digits, view),
    )


def _full(
    frame: ScreenLayout, columns: int, rows: int, view: View, contents: Contents
) -> ScreenLayout:
    """The digits at the right; the log below them, below the chart, or in a row of its own."""
    room = columns - max(_MIN_LEFT, int(columns * _LEFT_SHARE))
    digits = fit_digits(room, rows - 4) if contents.has_images else None
    width, height = (digits.columns, digits.rows) if digits else (0, 0)
    left = columns - width
    frame = replace(
        frame, digits=_region(left, 1, width, height), digit_layout=_fitted(digits, view)
    )
    caption = Region(left, 1 + height, width, 1)
    if digits and rows - 4 - height >= _MIN_LOG_ROWS:
        log = Region(left, height + 3, width, rows - height - 5)
        frame = _left_column(frame, left, rows - 3, contents)
        return replace(frame, caption=caption, log=log)
    if left >= _MIN_SIDE_LOG_COLUMNS and rows >= _ROOMY_ROWS:
        # With the quality above the chart the log has a little less.
        log_rows = (rows - 3) // (4 if contents.quality == "unknown" else 5)
        log = Region(0, rows - 2 - log_rows, left, log_rows)
        frame = _left_column(frame, left, rows - 4 - log_rows, contents)
        return replace(frame, caption=caption, log=log)
    # One row for both: the newest line of the log, and the caption if the digits need one.
    captioned = contents.captioned
    log = Region(0, rows - 3, left if captioned else columns, 1)
    below = Region(left, rows - 3, width, 1) if captioned and width else None
    return replace(_left_column(frame, left, rows - 4, contents), caption=below, log=log)


def _left_column(frame: ScreenLayout, columns: int, rows: int, contents: Contents) -> ScreenLayout:
    """Sparklines, quality and chart in a column below the header, apart if there is room."""
    roomy = rows >= _ROOMY_COLUMN
    machine = _machine_rows(contents, columns, rows, roomy=roomy)
    blank = 1 if roomy else 0
    quality_top = 1 + contents.sparklines + machine + blank
    quality = _quality_rows(contents, rows + 1 - quality_top, roomy=roomy)
    chart_top = quality_top + (quality + blank if quality else 0)
    return replace(
        frame,
        sparklines=Region(0, 1, columns, contents.sparklines),
        machine=_region(0, 1 + contents.sparklines, columns, machine),
        quality=_region(0, quality_top, columns, quality),
        chart=_region(0, chart_top, columns, rows + 1 - chart_top),
    )


def _most_sparklines(rows: int) -> int:
    """As many rows of them as leave most of the screen to the chart."""
    return max(SPARKLINE_ROWS, rows // _ROWS_PER_SPARKLINE)


def _machine_rows(contents: Contents, columns: int, rows: int, *, roomy: bool) -> int:
    """How many of a column's rows the machines take: as many as leave a tall chart, at least one.

    Those of one replica take one if there is room.
    """
    if not contents.machine:
        return 1 if roomy and columns >= _MIN_MACHINE_COLUMNS else 0
    spare = rows - contents.sparklines - _MACHINES_CHART_ROWS
    return max(min(contents.machine, spare), 1)


def _quality_rows(contents: Contents, rows: int, *, roomy: bool) -> int:
    """How many of these rows the quality takes, the chart being below it."""
    if contents.quality == "unknown":
        return 0
    full = FULL_QUALITY_ROWS if contents.quality == "census" else FULL_DISTANCE_ROWS
    for count in full:
        if roomy and rows - count - 1 >= _ROOMY_CHART_ROWS:
            return count
    return sum(rows - count >= chart for count, chart in enumerate(_BRIEF_CHART_ROWS, 1))


def _region(x: int, y: int, width: int, height: int) -> Region | None:
    """A region, or `None` if it would have no cells."""
    return Region(x, y, width, height) if width > 0 and height > 0 else None
