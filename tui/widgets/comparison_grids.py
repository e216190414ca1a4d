"""The digits of several runs side by side, as of the same step, each under its caption."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from textual.strip import Strip

from gan.events import SAMPLES
from gan.text.safe_text import safe_text
from tui.render.digit_layout import fit_some_digits
from tui.render.digits import render_digits
from tui.render.fitting import clipped, fit
from tui.style.styles import FAINT, QUIET, TEXT, black
from tui.widgets.comparison_table import run_style
from tui.widgets.comparison_view import ComparisonPart
from tui.widgets.rows import Piece, length, row

if TYPE_CHECKING:
    from rich.style import Style

    from tui.model.comparison import ComparisonScene, GridPicture
    from tui.render.digit_layout import DigitLayout
    from tui.render.greys import Depth

_GAP: Final = 1
"""Columns between two runs."""


def grid_widths(width: int, runs: int) -> list[int]:
    """The columns of each run, without the gap after it."""
    ends = [(width + _GAP) * place // runs for place in range(runs + 1)]
    return [max(end - start - _GAP, 0) for start, end in itertools.pairwise(ends)]


class GridCaptions(ComparisonPart):
    """The row above the digits: whose they are and when they were drawn."""

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        if not scene.runs:
            return []
        strips = []
        for place, wide in enumerate(grid_widths(width, len(scene.runs))):
            strips.append(row(_caption(scene, place, wide), wide))
            strips.append(Strip.blank(_GAP))
        return [Strip.join(strips).adjust_cell_length(width)]


class ComparedGrids(ComparisonPart):
    """The digits, on black."""

    depth: Depth = "greys"
    """The greys of the terminal."""

    @property
    def is_opaque_drawing(self) -> bool:
        """White on black, or ink on the terminal's own background; without colours it has none."""
        return self._shown_depth != "mono"

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """Each run's digits, with the same layout for all."""
        if not scene.runs:
            return []
        widths = grid_widths(width, len(scene.runs))
        layout = fit_some_digits(min(widths), height, most=SAMPLES, glyphs=scene.view.glyphs)
        if layout is None:
            return [row([("no room for digits: enlarge the terminal", QUIET)], width)]
        tiles = [
            self._tile(picture, layout, wide, height)
            for picture, wide in zip(scene.pictures, widths, strict=True)
        ]
        gap = Strip.blank(_GAP, self._black)
        return [
            Strip.join(part for tile in tiles for part in (tile[y], gap)).crop(0, width)
            for y in range(height)
        ]

    @property
    def _black(self) -> Style:
        return black(self._shown_depth)

    @property
    def _shown_depth(self) -> Depth:
        return self._color_theme.digits_in(self.depth)

    def _tile(
        self, picture: GridPicture | None, layout: DigitLayout, width: int, height: int
    ) -> list[Strip]:
        """One run's digits, centred on black."""
        blank = Strip.blank(width, self._black)
        if picture is None or picture.images is None:
            return [blank] * height
        left = (width - layout.columns) // 2
        top = (height - layout.rows) // 2
        right = width - layout.columns - left
        sides = [Strip.blank(cells, self._black) if cells else None for cells in (left, right)]
        digits = render_digits(picture.images, layout, self._shown_depth)
        rows = [Strip.join([sides[0], strip, sides[1]]) for strip in digits]
        return [*[blank] * top, *rows, *[blank] * (height - top - len(rows))]


def _caption(scene: ComparisonScene, place: int, width: int) -> list[Piece]:
    """The run's letter and name, and the step of its digits."""
    mark: list[Piece] = [(f" {scene.marks[place]} ", run_style(place))]
    picture = scene.pictures[place] if place < len(scene.pictures) else None
    if picture is None:
        [none] = fit([["", "none yet", "no digits yet"]], width - 3, len)
        return [*mark, (none, FAINT)]
    if picture.trouble:
        return [*mark, (clipped(safe_text(picture.trouble), width - 3), FAINT)]
    name = safe_text(scene.runs[place].description.name)
    step = f"{picture.step:,}"
    same = TEXT if picture.step == scene.step else FAINT
    forms: list[list[Piece]] = [
        [(step, same)],
        [("step ", QUIET), (step, same)],
        [(f"{name}  ", QUIET), ("step ", QUIET), (step, same)],
    ]
    [words] = fit([forms], width - 3, length)
    return [*mark, *words]
