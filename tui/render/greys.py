"""The greys that images are drawn in, by what the terminal has, and the style of each pair.

The xterm palette has 26 neutral colours (16, 232 to 255, 231) that no theme changes and that every
256-colour terminal has: they are as legible as 256 greys at less than half the bytes of 24-bit
colour. The sixteen colours include four greys. Without colours there are only the terminal's own
foreground and background.

Digits can also be drawn as ink on the terminal's own background: the neutral colours are then the
greys between that and the ink, from light to dark on a light background.
"""

from __future__ import annotations

import functools
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

Depth = Literal["greys", "sixteen", "mono", "ink on light", "ink on dark"]
"""The greys that images are drawn in: 26 of 256 colours, four of sixteen colours, or no colours.
Or the terminal's background in place of black, and from there 19 of 256 colours."""

_OWN: Final = -1
"""In place of a palette number: the terminal's own background."""

_NUMBERS: Final[dict[Depth, tuple[int, ...]]] = {
    "greys": (16, *range(232, 256), 231),
    "sixteen": (0, 8, 7, 15),
    "mono": (),
    # Neither the darkest nor the lightest: a soft background is in between.
    # The terminal's foreground may be a middle grey, so ink is not drawn in it.
    "ink on light": (_OWN, *range(252, 234, -1), 232),
    "ink on dark": (_OWN, *range(237, 255), 231),
}
"""The palette number of each level, from black to white; empty without colours."""

BRIGHTNESS: Final[dict[Depth, npt.NDArray[np.uint8]]] = {
    "greys": np.array([0, *range(8, 239, 10), 255], dtype=np.uint8),
    "sixteen": np.array([0, 85, 170, 255], dtype=np.uint8),
    "mono": np.array([0, 255], dtype=np.uint8),
    "ink on light": np.rint(np.linspace(0, 255, 20)).astype(np.uint8),
    "ink on dark": np.rint(np.linspace(0, 255, 20)).astype(np.uint8),
}
"""The 8-bit brightness of each level, from level 0 (black) to the last (white).

A terminal's theme may change the four greys of the sixteen colours; these are the Linux console's.
Without colours the terminal's background stands for black and its foreground for white.
"""

_FIRST_OF_PALETTE: Final = 16
"""Palette numbers below this are the sixteen colours."""


def _nearest_levels(brightness: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The nearest level for each of the 256 values of brightness."""
    distance = np.abs(np.arange(256)[:, None] - brightness.astype(np.int16))
    return np.asarray(distance.argmin(axis=1), np.uint8)


_NEAREST: Final = {depth: _nearest_levels(levels) for depth, levels in BRIGHTNESS.items()}


def quantise(pixels: npt.NDArray[np.uint8], depth: Depth = "greys") -> npt.NDArray[np.uint8]:
    """The nearest level for each 8-bit brightness; any shape."""
    return _NEAREST[depth][pixels]


def colors(depth: Depth = "greys") -> tuple[Color, ...]:
    """The colour of each level; empty without colours.

    Each has both a palette number and a triplet: Textual turns a palette colour without a triplet
    into 24-bit colour, at twice the bytes.
    """
    return tuple(
        _color(number, grey)
        for number, grey in zip(_NUMBERS[depth], BRIGHTNESS[depth].tolist(), strict=False)
    )


@functools.cache
def styles(depth: Depth = "greys") -> tuple[tuple[Style, ...], ...]:
    """The style of every pair, as `styles(depth)[foreground][background]`.

    If both levels are equal the foreground is invisible and is not set. Without colours no style
    sets anything.
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
    """A palette colour with its grey as a triplet, or the terminal's own without one."""
    if number == _OWN:
        return Color.default()
    kind = ColorType.STANDARD if number < _FIRST_OF_PALETTE else ColorType.EIGHT_BIT
    return Color(f"color({number})", kind, number, ColorTriplet(grey, grey, grey))
