"""The characters that fill a cell with pixels, and which pixels each of them lights.

In every block mode every set of bright pixels has a character in Unicode, but not all in one range:
sextants (Unicode 13) and octants (Unicode 16) were added in the order of their masks, without those
that older characters already drew.

Plain characters, for terminals and fonts without blocks, are chosen by where their ink lies: a
quote above the middle, an underscore below, an equals sign on both sides. A ramp by the brightness
of the whole cell is far less legible: at 10 x 5 cells one in two of its digits is recognised, and
three in four of these.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.choices import BlockMode, GlyphMode

PIXELS_PER_CELL: Final[dict[GlyphMode, tuple[int, int]]] = {
    "half": (1, 2),
    "quad": (2, 2),
    "sextant": (2, 3),
    "octant": (2, 4),
    "ascii": (1, 2),
}
"""The pixels across and down in one cell."""

_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"

_FIRST_SEXTANT: Final = 0x1FB00
_FIRST_OCTANT: Final = 0x1CD00


def _mask(numbers: str) -> int:
    """The mask of pixels given by their Unicode numbers: from 1, in reading order."""
    return sum(1 << int(number) - 1 for number in numbers)


def _of_quarters(quarters: int) -> int:
    """The mask of 2 x 4 pixels that lights the same quarters as a 2 x 2 mask."""
    pixels = ("13", "24", "57", "68")
    return sum(_mask(pixels[place]) for place in range(4) if quarters >> place & 1)


_OLDER_THAN_SEXTANTS: Final = {0: " ", _mask("135"): "▌", _mask("246"): "▐", _mask("123456"): "█"}

_OLDER_THAN_OCTANTS: Final = {
    **{_of_quarters(quarters): glyph for quarters, glyph in enumerate(_QUADRANTS)},
    _mask("1"): "\U0001cea8",
    _mask("2"): "\U0001ceab",
    _mask("12"): "\U0001fb82",
    _mask("35"): "\U0001fbe6",
    _mask("46"): "\U0001fbe7",
    _mask("123456"): "\U0001fb85",
    _mask("7"): "\U0001cea3",
    _mask("8"): "\U0001cea0",
    _mask("78"): "▂",
    _mask("345678"): "▆",
}
"""The sixteen quadrants, four corners of an eighth, and older bars and columns."""


def _in_order_of_masks(count: int, first: int, older: Mapping[int, str]) -> npt.NDArray[np.str_]:
    """The character of each mask: an older one, or else the next code point from `first`."""
    codes = itertools.count(first)
    return np.array([older.get(mask) or chr(next(codes)) for mask in range(count)])


BLOCKS: Final[dict[BlockMode, npt.NDArray[np.str_]]] = {
    "half": np.array(list(" ▀▄█")),
    "quad": np.array(list(_QUADRANTS)),
    "sextant": _in_order_of_masks(64, _FIRST_SEXTANT, _OLDER_THAN_SEXTANTS),
    "octant": _in_order_of_masks(256, _FIRST_OCTANT, _OLDER_THAN_OCTANTS),
}
"""The character of each set of bright pixels; bit i of a mask is pixel i in reading order."""

_ASCII: Final = np.array(
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

_ASCII_STEPS: Final = len(_ASCII) - 1


def masks(mode: BlockMode) -> dict[str, int]:
    """The bright pixels of each character: the inverse of `BLOCKS`."""
    return {glyph: mask for mask, glyph in enumerate(BLOCKS[mode].tolist())}


def ascii_glyphs(pixels: npt.NDArray[np.floating]) -> npt.NDArray[np.str_]:
    """The character of each pair of pixels (0 to 255) in the last axis, the upper one first."""
    steps = np.rint(np.clip(pixels, 0, 255) * (_ASCII_STEPS / 255)).astype(np.intp)
    return np.asarray(_ASCII[steps[..., 0], steps[..., 1]])
