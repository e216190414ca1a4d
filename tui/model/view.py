"""How a person looks at a run: what they have cycled, zoomed and opened. State apart from the run.

Separate from the run's state because two people may look at one run in two ways, and because it
changes by keys and not by events. `Scene` is both together: all that a widget draws from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from tui.model.run_state import RunState

if TYPE_CHECKING:
    from gan.events import Images
    from tui.model.machine import MachineReading
    from tui.render.digits import Glyphs

History = Literal["full", "recent", "epoch"]
"""Which steps the chart spans: all of them, the newest, or all with one value an epoch."""

SMOOTHINGS: Final = (0.98, 0.995, 0.9, 0.0)
"""What `m` goes through; 0 is none."""


_CHOICES: Final = ("glyphs", "log_axis", "smoothing", "history", "look")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One way to look. Begin with `View()`, go on with `dataclasses.replace`."""

    glyphs: Glyphs = "auto"
    """What the digits are drawn with."""

    log_axis: bool = True
    """Whether the losses' axis is logarithmic."""

    smoothing: float = SMOOTHINGS[0]
    """Of the losses' moving average: 0 (none) to below 1."""

    history: History = "full"

    look: str = "dark"
    """The name of the colours, one of `tui.style.themes.THEMES`."""

    window: tuple[int, int] | None = None
    """The first and the last step of a zoomed chart; none follows the run."""

    cursor: int | None = None
    """The step that the chart is read at; none without a cursor."""

    digit: int = 0
    """The digit that is chosen, 0 to 15."""

    enlarged: bool = False
    """Whether the chosen digit alone is shown."""

    full_screen: bool = False
    """Whether the digits have the whole screen."""

    real: bool = False
    """Whether real images of the data are shown beside the samples."""

    grid: int | None = None
    """Which of the run's grids is looked at again, 0 the first; none follows the run."""

    @property
    def choices(self) -> dict[str, Any]:
        """What of it holds for the next time too, by name."""
        return {name: getattr(self, name) for name in _CHOICES}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Images to show in place of the newest samples."""

    images: Images
    """At most 16 x 28 x 28."""

    words: str
    """What they are; safe to show."""

    step: int | None = None
    """The step that they were drawn at; none for what no step drew."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """All that a widget draws from: a run, the view of it, and what only this process knows."""

    run: RunState = field(default_factory=RunState)
    view: View = field(default_factory=View)
    picture: Picture | None = None
    """What is shown in place of the newest samples."""

    is_stopping: bool = False
    """Whether the run has been asked to stop."""

    reading: MachineReading | None = None
    """What the machine was doing at the last reading."""


def shown_images(scene: Scene) -> Images | None:
    """What stands in the digits' place; none before there is anything."""
    return scene.run.images if scene.picture is None else scene.picture.images


def shown_step(scene: Scene) -> int:
    """The step that what stands in the digits' place was drawn at."""
    picture = scene.picture
    return scene.run.images_step if picture is None or picture.step is None else picture.step
