"""The dashboard's scene, and the base of every widget that draws part of a scene as rows.

A widget redraws only if its part changed, and sends only the rows that differ. Textual itself sends
all of a refreshed region, changed or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.model.run_state import RunState
from tui.model.view import View
from tui.style.themes import THEMES

if TYPE_CHECKING:
    from textual.color import Color
    from typing_extensions import Self

    from gan.events import Images
    from gan.readings import MachineReading, WorkerReading
    from gan.run_facts.sighting import Viewing
    from tui.model.view import Picture
    from tui.style.themes import ColorTheme

AnyScene = TypeVar("AnyScene")
"""All that a screen's widgets draw from, as one immutable value."""


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

    machines: tuple[WorkerReading, ...] = ()
    """What the machines of all workers were doing; empty for one process."""

    viewing: Viewing | None = None
    """What is known of the process that trains, if it is another one."""

    phase_seconds: int | None = None
    """How long the stage of the preparation has run that is running; `None` if that is not known,
    or the run has made its first step."""


def shown_images(scene: Scene) -> Images | None:
    """The images to show; `None` before there are any."""
    return scene.run.images if scene.picture is None else scene.picture.images


def shown_step(scene: Scene) -> int:
    """The step at which the images shown were drawn."""
    picture = scene.picture
    return scene.run.images_step if picture is None or picture.step is None else picture.step


class RowsView(Widget, Generic[AnyScene]):
    """Draws rows from a scene. Subclasses say which part of it, and how."""

    ALLOW_SELECT = False

    def __init__(self, scene: AnyScene, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._scene = scene
        self._rows: list[Strip] = []
        self._color_theme = THEMES["dark"]
        self._finished: dict[int, Strip] = {}
        """The rows as they are sent, by index, once they were requested."""

    def parts(self, scene: AnyScene) -> tuple[object, ...]:
        """The parts of the scene that this widget draws; identical objects mean no change."""
        return (scene,)

    def draw(self, scene: AnyScene, width: int, height: int) -> list[Strip]:
        """The rows for a size in cells, both at least 1; missing rows are left blank."""
        raise NotImplementedError

    def show(self, scene: AnyScene) -> None:
        """Draw this scene from now on, if it differs."""
        changed = self.changed(scene)
        self._scene = scene
        if changed:
            self.redraw()

    def changed(self, scene: AnyScene) -> bool:
        """Whether this widget's part of the scene has changed."""
        before, after = self.parts(self._scene), self.parts(scene)
        return any(old is not new for old, new in zip(before, after, strict=True))

    def use_theme(self, theme: ColorTheme) -> None:
        """Draw in the colours of this theme from now on."""
        if theme is not self._color_theme:
            self._color_theme = theme
            self.redraw()
            self.refresh()

    @property
    def is_opaque_drawing(self) -> bool:
        """Whether every cell has its own colours, which no background or theme changes."""
        return False

    def redraw(self) -> None:
        """Draw again and send the rows that changed."""
        width, height = self.size
        rows = self.draw(self._scene, width, height)[:height] if width and height else []
        before, self._rows = self._rows, rows
        for y in range(max(len(before), len(rows))):
            if before[y : y + 1] != rows[y : y + 1]:
                self._finished.pop(y, None)
                self.refresh(Region(0, y, width, 1))

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Send regions again; without regions all rows, in the styles of that moment."""
        if not regions:
            self._finished.clear()
        return super().refresh(*regions, **how)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region as they are sent.

        Each is made once. Textual would look up the styles of every row for every frame, for
        borders and padding that these widgets do not have: half of the time of a frame.
        """
        known, make = self._finished.get, self.render_line
        rows = [known(y) or make(y) for y in crop.line_range]
        if crop.x == 0 and crop.width >= self.size.width:
            return rows
        return [row.crop(crop.x, crop.right) for row in rows]

    def render_line(self, y: int) -> Strip:
        """One row as last drawn, on the widget's background."""
        finished = self._finished.get(y)
        if finished is None:
            drawn = self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width)
            finished = self._finished[y] = self._finish(drawn, self.background_colors[1])
        return finished

    def _finish(self, drawn: Strip, background: Color) -> Strip:
        """A row in the theme's colours, on the background, in the colours of the terminal."""
        strip = drawn
        if not self.is_opaque_drawing:
            strip = self._color_theme.translate(strip)
            strip = strip.simplify().apply_style(Style(bgcolor=background.rich_color))
        for line_filter in self.app.get_line_filters():
            # Rows use none of the sixteen colours that a terminal's theme may change.
            if not isinstance(line_filter, ANSIToTruecolor):
                strip = strip.apply_filter(line_filter, background)
        return strip

    def on_resize(self) -> None:
        """A new size changes every row."""
        self.redraw()

    def on_show(self) -> None:
        """Draw what changed while the widget was hidden, when it had no size."""
        self.redraw()


class SceneView(RowsView[Scene]):
    """Draws part of the dashboard's scene."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(Scene(), id=id)
