"""The quality of the generated images: distances from real ones, and how often each class occurs.

It changes only with an evaluation. Its height decides what it shows: the Frechet distance alone,
that and the classes in one row, or everything with the classes as tall bars.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len
from textual.strip import Strip

from gan.text.safe_text import safe_text
from tui.render import numbers
from tui.render.fitting import fit
from tui.render.sparkline import columns, condensed, sparkline
from tui.style.styles import FAINT, QUALITY, QUIET, RARE, STRONG, TEXT
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    import numpy.typing as npt
    from rich.style import Style

    from gan.events import QualityMeasured, Shares
    from tui.series.quality import QualityHistory

MAX_CLASSES: Final = 10
"""Classes that get a bar each, with one digit below it."""

FULL_ROWS: Final = 6
"""The heading, both distances, two rows of bars and their labels."""

FULL_ROWS_UNLABELLED: Final = 4
"""The heading, both distances and the other figures."""

_HEAD_CELLS: Final = 15
"""Name, value and a blank, as many cells as those of the other sparklines."""

_LABEL_CELLS: Final = 10
_FIGURE_CELLS: Final = 6

_FACT_CELLS: Final[dict[int, int]] = {
    64: 24,
    40: _LABEL_CELLS + _FIGURE_CELLS,
    0: _LABEL_CELLS - 1,
}
"""Cells for facts at the right: in a panel from so many columns on, the widest first."""

_MIN_SPARK_CELLS: Final = 3
_MAX_PITCH: Final = 7
"""Maximum cells from one bar to the next."""

_FULL_SHARE: Final = 1.25
"""A bar of full height, in equal shares."""

_AIR: Final = 0.25
"""Rows above a bar of full height, so that it doesn't meet what is above it."""

_RARE: Final = 0.2
"""A class with less than this part of an equal share is marked."""

_MIN_FD: Final = 1e-3
"""Where the logarithmic height of a distance ends."""


class QualityPanel(SceneView):
    """The newest evaluation, and the course of the distances up to it."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The evaluations."""
        return (scene.run.quality,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """As much as there is room for; nothing before the first evaluation."""
        return quality_rows(scene.run.quality, width, height)


def has_census(event: QualityMeasured | None) -> bool:
    """Whether an evaluation has shares of classes that can be drawn as bars."""
    return event is not None and 1 < len(event.census) <= MAX_CLASSES


def quality_rows(quality: QualityHistory, width: int, height: int) -> list[Strip]:
    """The rows of the panel, at most `height`."""
    newest = quality.newest
    if newest is None:
        return []
    distances = [_fd_row(quality, newest, width), _kid_row(quality, newest, width)]
    figures = [
        ("density", numbers.figure(newest.density, 2)),
        ("confident", numbers.percentage(newest.confident)),
        ("copies", numbers.percentage(newest.copies)),
    ]
    if not has_census(newest):
        if height < FULL_ROWS_UNLABELLED:
            return distances[:height]
        text = "  ".join(f"{name} {figure}" for name, figure in (figures[0], figures[2]))
        return [_heading(newest, width), *distances, row([(f" {text}", QUIET)], width)]
    if height < FULL_ROWS:
        return [distances[0], _census_row(newest, width), distances[1]][:height]
    bars = _census(newest, width, height - len(distances) - 1, figures)
    return [_heading(newest, width), *distances, *bars]


def _heading(newest: QualityMeasured, width: int) -> Strip:
    """Whose features are compared, and the distance of real images from real ones."""
    features, real = safe_text(newest.features), numbers.figure(newest.fd_real, 2)
    forms = [
        f"real {real}",
        f"{features}, real {real}",
        f"quality by {features}, real {real}",
        f"quality by {features}, real against real {real}",
        f"quality of {newest.images:,} images by {features}, real against real {real}",
    ]
    [words] = fit([forms], width - 2, cell_len)
    return row([(f" {words}", FAINT)], width)


def _fd_row(quality: QualityHistory, newest: QualityMeasured, width: int) -> Strip:
    """The Frechet distance, its course, and the best so far.

    The bars are logarithmic, and the lowest is the distance of real images: as good as it gets.
    """
    distances = _finite([one.fd for one in quality.evaluations])
    heights = np.log10(np.maximum(distances, _MIN_FD))
    ends = None
    if len(heights) and newest.fd_real > _MIN_FD:
        ends = math.log10(newest.fd_real), float(heights.max())
    value = numbers.figure(newest.fd, 2)
    return _distance_row(("FD", value), heights, ends, _best(quality, width), width)


def _kid_row(quality: QualityHistory, newest: QualityMeasured, width: int) -> Strip:
    """The kernel distance and its course. The bars show its root, as KID is a squared distance."""
    heights = np.sqrt(np.maximum(_finite([one.kid for one in quality.evaluations]), 0.0))
    ends = (0.0, float(heights.max())) if len(heights) else None
    fact = _fact("coverage", numbers.figure(newest.coverage, 2), width)
    return _distance_row(("KID", numbers.figure(newest.kid, 4)), heights, ends, fact, width)


def _finite(values: list[float]) -> npt.NDArray[np.float64]:
    array = np.array(values, np.float64)
    return array[np.isfinite(array)]


def _best(quality: QualityHistory, width: int) -> Piece:
    """The best distance so far and its step, as fully as fits."""
    best = quality.best
    if best is None:
        return ("", TEXT)
    is_new = best is quality.newest and len(quality) > 1
    words = "new best" if is_new else f"best {numbers.rate(best.fd)}"
    forms = [words, f"{words} @{numbers.brief_step(best.step)}", f"{words} at step {best.step:,}"]
    [text] = fit([forms], _fact_cells(width), len)
    return (text, STRONG if is_new else TEXT)


def _fact(name: str, figure: str, width: int) -> Piece:
    """A figure with its name, if the panel is wide enough for facts."""
    text = name.ljust(_LABEL_CELLS) + figure.rjust(_FIGURE_CELLS)
    return (text if len(text) <= _fact_cells(width) else "", QUIET)


def _fact_cells(width: int) -> int:
    return next(cells for columns, cells in _FACT_CELLS.items() if width >= columns)


def _distance_row(
    named: tuple[str, str],
    heights: npt.NDArray[np.float64],
    ends: tuple[float, float] | None,
    fact: Piece,
    width: int,
) -> Strip:
    """A distance with its name, its course over all evaluations, and a fact at the right."""
    name, value = named
    head: list[Piece] = [
        (f" {name}", QUIET),
        (value.rjust(_HEAD_CELLS - len(name) - 2) + " ", STRONG),
    ]
    cells = _fact_cells(width)
    room = max(width - _HEAD_CELLS - cells - 2, 0)
    bars = Strip.blank(room)
    if room >= _MIN_SPARK_CELLS:
        bars = sparkline(condensed(heights, room), room, style=QUALITY, range=ends)
    tail = row([(" ", QUIET), fact], cells + 2)
    return Strip.join([row(head, _HEAD_CELLS), bars, tail]).adjust_cell_length(width)


def _census_row(newest: QualityMeasured, width: int) -> Strip:
    """Each class with a bar in one cell, and the distance of real images if there is room."""
    [bars] = columns(_heights(newest.census), 1)
    gap = " " if 3 * len(bars) <= width else ""
    classes: list[Piece] = [("" if gap else " ", QUIET)]
    styles = _class_styles(newest.census)
    for label, bar, style in zip(_labels(newest), bars, styles, strict=True):
        classes += [(f"{gap}{label}", style), (bar, QUALITY)]
    start = min(max(length(classes) + 1, width - _fact_cells(width) - 1), width)
    real = f"real {numbers.rate(newest.fd_real)}"
    return _with_fact(classes, (real if start + len(real) <= width else "", QUIET), start, width)


def _census(
    newest: QualityMeasured, width: int, height: int, figures: list[tuple[str, str]]
) -> list[Strip]:
    """A bar for each class with its label below, and figures at the right."""
    census = newest.census
    facts = [_fact(name, figure, width) for name, figure in figures]
    start = width - _fact_cells(width) - 1 if facts[0][0] else width
    pitch = min((start - 1) // len(census), _MAX_PITCH)
    rows: list[list[Piece]] = [
        [(" " + "".join(bar * (pitch - 1) + " " for bar in bars), QUALITY)]
        for bars in columns(_heights(census) * (1 - _AIR / (height - 1)), height - 1)
    ]
    names: list[Piece] = [(" ", QUIET)]
    for label, style in zip(_labels(newest), _class_styles(census), strict=True):
        names += [(str(label).center(pitch - 1), style), (" ", QUIET)]
    rows.append(names)
    facts += [("", QUIET)] * (len(rows) - len(facts))
    return [
        _with_fact(pieces, fact, start, width) for pieces, fact in zip(rows, facts, strict=False)
    ]


def _with_fact(pieces: list[Piece], fact: Piece, start: int, width: int) -> Strip:
    """A row with a fact that begins in the column `start`."""
    return Strip.join([row(pieces, start), row([fact], max(width - start, 0))])


def _heights(census: Shares) -> npt.NDArray[np.float64]:
    """The heights of the bars, from 0 to 1.

    The bars of equal shares are about as high whatever the others are, so that a missing class
    shows; only if one has much more than its share all are lower.
    """
    shares = np.nan_to_num(census.astype(np.float64))
    return shares / max(_FULL_SHARE / len(shares), float(shares.max()))


def _labels(newest: QualityMeasured) -> tuple[int, ...]:
    """A digit for each class: its label, or its place if labels are unknown or have more digits."""
    places = tuple(range(len(newest.census)))
    is_known = len(newest.classes) == len(places) and all(0 <= c <= 9 for c in newest.classes)  # noqa: PLR2004 - a digit
    return newest.classes if is_known else places


def _class_styles(census: Shares) -> list[Style]:
    return [RARE if share * len(census) < _RARE else QUIET for share in census.tolist()]
