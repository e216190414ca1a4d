"""A row of characters and colours as a strip with as few segments as possible.

Textual sends every segment with its own escape codes and merges none, so most of a frame's bytes
depend on the number of segments.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style

Indices = npt.NDArray[np.integer]
"""Indices into a palette, one for each cell of a row."""


def painted(
    glyphs: npt.NDArray[np.str_],
    foreground: Indices,
    background: Indices,
    style_of: Callable[[int, int], Style],
) -> Strip:
    """One row, with neighbours of equal style in one segment.

    Args:
        glyphs: One single-cell character for each cell.
        foreground: The index of each character's colour.
        background: The index of the colour behind it.
        style_of: Returns the style of a foreground and a background index.
    """
    if not glyphs.size:
        return Strip([], 0)
    turns = background[1:] != background[:-1]
    foreground = _carried(glyphs, foreground, turns)
    turns |= foreground[1:] != foreground[:-1]
    edges = [0, *(np.flatnonzero(turns) + 1).tolist(), glyphs.size]
    text, front, back = "".join(glyphs.tolist()), foreground.tolist(), background.tolist()
    segments = [
        Segment(text[start:end], style_of(front[start], back[start]))
        for start, end in itertools.pairwise(edges)
    ]
    return Strip(segments, glyphs.size)


def _carried(
    glyphs: npt.NDArray[np.str_], foreground: Indices, turns: npt.NDArray[np.bool_]
) -> Indices:
    """The foreground, in which a blank takes that of the cell before it on the same background.

    A blank shows no foreground, so it need not end a segment.
    """
    kept = glyphs != " "
    kept[0] = True
    kept[1:] |= turns
    return foreground[np.maximum.accumulate(np.where(kept, np.arange(kept.size), 0))]
