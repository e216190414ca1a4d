"""The colours of the drawings: one for each loss, its dim band, and the quiet parts.

Apart from the charts, because the widgets beside them use the same colours for the same things.
Blue and orange stay apart under every common colour blindness, and the nearest of 256 colours to
each is as clear. There is no dim blue or brown among those 256, so a terminal of so few colours
gets bands of two greys.
"""

from __future__ import annotations

from typing import Final

from rich.color import Color, blend_rgb

from tui.render import greys

D_COLOR: Final = "#4fb3e8"
"""The discriminator's loss."""

G_COLOR: Final = "#f0942e"
"""The generator's loss."""

D_BAND: Final = "#152e3f"
"""Behind the least to the greatest discriminator loss."""

G_BAND: Final = "#3d2817"
"""Behind the least to the greatest generator loss."""

D_BAND_256: Final[Color] = greys.colors()[4]
"""`D_BAND` where the terminal has 256 colours."""

G_BAND_256: Final[Color] = greys.colors()[6]
"""`G_BAND` where the terminal has 256 colours."""

OVERLAP_BAND: Final = "#423844"
"""Where both bands lie, as `overlap_of` has it."""

ALERT_COLOR: Final = "#f2545b"
"""What is not a finite number."""

MARK_COLOR: Final = "#e8e6e3"
"""Something that happened, on an axis."""

AXIS_COLOR: Final[Color] = greys.colors()[13]
"""Axes and their labels."""

_BAND_STRENGTH: Final = 0.26
"""How much of a colour its band keeps where none is given."""


_OVERLAP_SHARE: Final = 4
"""The darker of two bands adds a fourth of its light where they overlap."""


def band_of(color: str | Color) -> Color:
    """The dim form of a colour, for behind a line of it."""
    black = Color.from_rgb(0, 0, 0).get_truecolor()
    mixed = blend_rgb(black, as_color(color).get_truecolor(), _BAND_STRENGTH)
    return Color.from_triplet(mixed)


def overlap_of(bands: list[Color]) -> Color:
    """The colour where bands lie over each other: the brightest of them and a little of the rest.

    One band is its own overlap, and keeps the form it has.
    """
    if len(bands) == 1:
        return bands[0]
    channels = zip(*(band.get_truecolor() for band in bands), strict=True)
    return Color.from_rgb(*(max(channel) + min(channel) // _OVERLAP_SHARE for channel in channels))


def as_color(color: str | Color) -> Color:
    """A colour by name, by `#rrggbb`, or as it is."""
    return Color.parse(color) if isinstance(color, str) else color
