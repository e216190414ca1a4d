"""The greys that images are drawn in, how many of them a terminal has, and the style of each pair.

Apart from the cells, because it is a fact about terminals. The xterm palette has 26 neutral colours
(16, 232 to 255, 231) that no theme changes and that every 256-colour terminal has: they cost no
legibility against 256 greys and less than half the bytes of 24-bit colour. The sixteen colours have
four greys, and without colours there is only what a terminal writes with, and on.
"""

from __future__ import annotations

import functools
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

Depth = Literal["greys", "sixteen", "mono"]
"""How many greys a terminal shows: 26, the four of its sixteen colours, or no colour at all."""

_NUMBERS: Final[dict[Depth, tuple[int, ...]]] = {
    "greys": (16, *range(232, 256), 231),
    "sixteen": (0, 8, 7, 15),
    "mono": (),
}
"""The palette number of each level, from black to white; none where no colour is set."""

BRIGHTNESS: Final[dict[Depth, npt.NDArray[np.uint8]]] = {
    "greys": np.array([0, *range(8, 239, 10), 255], dtype=np.uint8),
    "sixteen": np.array([0, 85, 170, 255], dtype=np.uint8),
    "mono": np.array([0, 255], dtype=np.uint8),
}
"""The 8-bit brightness of each level; a level is 0 (black) to the last (white).

The four greys of the sixteen colours are a theme's business: these are the console's own. Without
colours a terminal's background stands for black and its foreground for white, whatever they are.
"""

_FIRST_OF_PALETTE: Final = 16
"""Below it a palette number is one of the sixteen colours."""


def _nearest_levels(brightness: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The level nearest to each of the 256 brightnesses."""
    distance = np.abs(np.arange(256)[:, None] - brightness.astype(np.int16))
    return np.asarray(distance.argmin(axis=1), np.uint8)


_NEAREST: Final = {depth: _nearest_levels(levels) for depth, levels in BRIGHTNESS.items()}


def quantise(pixels: npt.NDArray[np.uint8], depth: Depth = "greys") -> npt.NDArray[np.uint8]:
    """The nearest level of every 8-bit brightness; any shape."""
    return _NEAREST[depth][pixels]


def colors(depth: Depth = "greys") -> tuple[Color, ...]:
    """The colour of each level; none without colours.

    It carries both the palette number and the triplet: Textual turns a palette colour without a
    triplet into 24-bit colour, at twice the bytes.
    """
    return tuple(
        _color(number, grey)
        for number, grey in zip(_NUMBERS[depth], BRIGHTNESS[depth].tolist(), strict=False)
    )


@functools.cache
def styles(depth: Depth = "greys") -> tuple[tuple[Style, ...], ...]:
    """The style of every pair, as `styles(depth)[foreground][background]`.

    Where both are one level there is nothing to see in the foreground, and it is not set. Without
    colours no style sets anything.
    """
    ramp = colors(depth) or (None,) * len(BRIGHTNESS[depth])
    return tuple(
        tuple(
            Style(color=None if front == back else front_color, bgcolor=back_color)
            for back, back_color in enumerate(ramp)
        )
        for front, front_color in enumerate(ramp)
    )


def _color(number: int, grey: int) -> Color:
    """A palette colour with the grey that it shows."""
    kind = ColorType.STANDARD if number < _FIRST_OF_PALETTE else ColorType.EIGHT_BIT
    return Color(f"color({number})", kind, number, ColorTriplet(grey, grey, grey))
