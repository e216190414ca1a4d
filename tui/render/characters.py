"""Two pixels as one plain character, for terminals and fonts without block characters.

A character is chosen by where its ink lies: a quote above the middle, an underscore below, an
equals sign on both sides. A ramp by the brightness of the whole cell is far less legible: at 10 x 5
cells one in two of its digits is recognised, and three in four of these.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_TABLE: Final = np.array(
    [
        list(row)
        for row in (
            " .____",
            "'::___",
            '":====',
            '""==##',
            '""=###',
            '""####',
        )
    ]
)
"""The upper pixel grows brighter from row to row, the lower one from column to column.

Each entry is the character whose ink in DejaVu Sans Mono is nearest in both halves of the cell,
smoothed by hand; letters are excluded because they distract.
"""

_STEPS: Final = len(_TABLE) - 1


def characters(pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.str_]:
    """The character of each pair of pixels (0 to 255) in the last axis, the upper one first."""
    steps = np.rint(np.clip(pixels, 0, 255) * (_STEPS / 255)).astype(np.intp)
    return np.asarray(_TABLE[steps[..., 0], steps[..., 1]])
