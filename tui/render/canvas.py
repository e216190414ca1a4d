"""A grid of cells to draw on, and the strips made from it.

Bands, lines, marks and axes are drawn on it one after the other by functions that need not know
about segments.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.style import Style

from tui.render.strips import painted

if TYPE_CHECKING:
    from rich.color import Color
    from textual.strip import Strip


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Cells to draw on; the arrays are rows x columns and are written in place."""

    glyphs: npt.NDArray[np.str_]
    """One single-cell character for each cell."""

    foreground: npt.NDArray[np.uint8]
    """Index into the palette of each character's colour."""

    background: npt.NDArray[np.uint8]
    """Index into the palette of the colour behind it."""

    palette: tuple[Color | None, ...]
    """The colours; `None` is the terminal's or the widget's own."""

    @classmethod
    def blank(cls, width: int, height: int, palette: tuple[Color | None, ...]) -> Canvas:
        """A canvas of blanks in the first colour of the palette."""
        shape = height, width
        nothing = np.zeros(shape, np.uint8)
        return cls(np.full(shape, " "), nothing, nothing.copy(), palette)

    def write(self, row: int, column: int, text: str, color: int) -> None:
        """Write text on one row, cut off at the edges."""
        width = self.glyphs.shape[1]
        start, stop = max(column, 0), min(column + len(text), width)
        if start < stop:
            self.glyphs[row, start:stop] = list(text[start - column : stop - column])
            self.foreground[row, start:stop] = color

    def strips(self) -> list[Strip]:
        """One strip for each row."""
        return [
            painted(glyphs, foreground, background, self._style)
            for glyphs, foreground, background in zip(
                self.glyphs, self.foreground, self.background, strict=True
            )
        ]

    def _style(self, foreground: int, background: int) -> Style:
        return _style(self.palette[foreground], self.palette[background])


@functools.cache
def _style(color: Color | None, background: Color | None) -> Style:
    """One style per pair of colours, so that drawing creates no new ones."""
    return Style(color=color, bgcolor=background)
