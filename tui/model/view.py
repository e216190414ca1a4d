"""The view of a run: what a person has chosen, zoomed and opened.

It is separate from the run's state because it changes with keys, not with events.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from tui.choices import SMOOTHINGS

if TYPE_CHECKING:
    from gan.events import Images
    from tui.choices import Glyphs, History, ThemeChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The part of a view that is remembered from one run of the program to the next."""

    glyphs: Glyphs = "auto"
    """What the digits are drawn with."""

    log_axis: bool = True
    """Whether the losses' axis is logarithmic."""

    smoothing: float = SMOOTHINGS[0]
    """Decay of the losses' moving average, from 0 (none) to below 1."""

    history: History = "full"

    theme: ThemeChoice = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Preferences):
    """A view of a run. Start with `View()` and change it with `dataclasses.replace`."""

    window: tuple[int, int] | None = None
    """The first and the last step of a zoomed chart; `None` follows the run."""

    cursor: int | None = None
    """The step of the chart's cursor; `None` without a cursor."""

    series: tuple[str, ...] = ()
    """The series of a recorded run that were chosen for the chart; empty for the default ones."""

    digit: int = 0
    """Index of the selected digit, 0 to 15."""

    enlarged: bool = False
    """Whether only the selected digit is shown."""

    full_screen: bool = False
    """Whether the digits fill the screen."""

    real: bool = False
    """Whether real images of the data are shown next to the samples."""

    grid: int | None = None
    """Index of the earlier sample grid that is shown; `None` shows the newest samples."""

    @property
    def preferences(self) -> Preferences:
        """The part that is remembered."""
        return Preferences(**{one.name: getattr(self, one.name) for one in fields(Preferences)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Images to show in place of the newest samples."""

    images: Images
    """At most 16 x 28 x 28."""

    words: str
    """The caption; safe to show."""

    step: int | None = None
    """The step at which they were drawn; `None` for images that no step drew."""
