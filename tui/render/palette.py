"""The colours of what the charts show: the losses, their bands, alerts, marks and axes.

`tui.style.styles` holds all other colours of the dashboard and takes these for whatever else stands
for the discriminator, the generator or an alert; `tui.style.themes` maps both to other themes.

Blue and orange stay distinct under every common colour blindness, and so do their nearest of 256
colours. Those have no dim blue or brown, so a terminal of 256 colours gets bands of two greys.
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
"""Behind the range from the minimum to the maximum discriminator loss."""

G_BAND: Final = "#3d2817"
"""Behind the range from the minimum to the maximum generator loss."""

D_BAND_256: Final[Color] = greys.colors()[4]
"""`D_BAND` on a terminal of 256 colours."""

G_BAND_256: Final[Color] = greys.colors()[6]
"""`G_BAND` on a terminal of 256 colours."""

OVERLAP_BAND: Final = "#423844"
"""`overlap_of` both bands."""

RUN_COLORS: Final = (
    *("#5fafff", "#ffaf5f", "#5fd787", "#ff87d7"),
    *("#ffff87", "#af87ff", "#ff5f5f", "#5fffff"),
)
"""Each of several runs. All are among the 256 colours; a letter on each line says the same."""

SERIES_COLORS: Final = (D_COLOR, G_COLOR, *RUN_COLORS[2:6])
"""Each of several series of one run, those of D's and G's losses first."""

ALERT_COLOR: Final = "#f2545b"
"""Non-finite values, errors and failures."""

MARK_COLOR: Final = "#e8e6e3"
"""Marks of events on an axis, and the cursor."""

AXIS_COLOR: Final[Color] = greys.colors()[13]
"""Axes and their labels."""

_BAND_STRENGTH: Final = 0.26
"""Share of a line's colour in its default band, the rest being black."""

_OVERLAP_DIVISOR: Final = 4
"""Overlapping bands add a quarter of the darker channel to the brighter."""


def band_of(color: str | Color) -> Color:
    """The default band behind a line of this colour."""
    black = Color.from_rgb(0, 0, 0).get_truecolor()
    mixed = blend_rgb(black, as_color(color).get_truecolor(), _BAND_STRENGTH)
    return Color.from_triplet(mixed)


def overlap_of(bands: list[Color]) -> Color:
    """The colour where bands overlap: in each channel the brightest, plus a little of the darkest.

    A single band is returned unchanged.
    """
    if len(bands) == 1:
        return bands[0]
    channels = zip(*(band.get_truecolor() for band in bands), strict=True)
    return Color.from_rgb(
        *(max(channel) + min(channel) // _OVERLAP_DIVISOR for channel in channels)
    )


def as_color(color: str | Color) -> Color:
    """A colour given by name, as `#rrggbb` or as a `Color`."""
    return Color.parse(color) if isinstance(color, str) else color
