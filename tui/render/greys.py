"""The ramp of 26 greys that every image is drawn in, and the style of each pair of them.

Apart from the cells, because it is a fact about terminals: the xterm palette has 26 neutral colours
(16, 232 to 255, 231) that no theme changes and that every 256-colour terminal has. They cost no
legibility against 256 greys and less than half the bytes of 24-bit colour.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

_NUMBERS: Final = (16, *range(232, 256), 231)
"""The xterm number of each level, from black to white."""

LEVELS: Final = len(_NUMBERS)
"""How many greys there are; a level is 0 (black) to `LEVELS - 1` (white)."""

BRIGHTNESS: Final = np.array([0, *range(8, 239, 10), 255], dtype=np.uint8)
"""The 8-bit brightness of each level."""


_FOUR_LEVELS: Final = np.array([0, 13, 19, LEVELS - 1], np.uint8)
"""What Rich turns into the colours 0, 8, 7 and 15 of a terminal that has sixteen."""

_FOUR_FROM: Final = np.array([43, 128, 213])
"""The brightness from which each but the first is the nearest."""


def _nearest_levels() -> npt.NDArray[np.uint8]:
    """The level nearest to each of the 256 brightnesses."""
    distance = np.abs(np.arange(256)[:, None] - BRIGHTNESS.astype(np.int16))
    return np.asarray(distance.argmin(axis=1), np.uint8)


_NEAREST: Final = _nearest_levels()


def quantise(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The nearest level, 0 to 25, of every 8-bit brightness; any shape."""
    return _NEAREST[pixels]


def _nearest_of_four() -> npt.NDArray[np.uint8]:
    """The level that stands for each of the 256 brightnesses where a terminal has four greys."""
    return np.asarray(_FOUR_LEVELS[np.searchsorted(_FOUR_FROM, np.arange(256), "right")], np.uint8)


_FOUR: Final = _nearest_of_four()


def quantise_to_four(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """As `quantise`, to the levels that become black, dark grey, light grey and white there."""
    return _FOUR[pixels]


@functools.cache
def colors() -> tuple[Color, ...]:
    """The colour of each level.

    It carries both the palette number and the triplet: Textual turns a palette colour without a
    triplet into 24-bit colour, at twice the bytes.
    """
    return tuple(
        Color(f"color({number})", ColorType.EIGHT_BIT, number, ColorTriplet(grey, grey, grey))
        for number, grey in zip(_NUMBERS, BRIGHTNESS.tolist(), strict=True)
    )


@functools.cache
def styles() -> tuple[tuple[Style, ...], ...]:
    """The style of every pair, as `styles()[foreground][background]`.

    Where both are one level there is nothing to see in the foreground, and it is not set.
    """
    ramp = colors()
    return tuple(
        tuple(
            Style(color=None if front == back else front_color, bgcolor=back_color)
            for back, back_color in enumerate(ramp)
        )
        for front, front_color in enumerate(ramp)
    )
