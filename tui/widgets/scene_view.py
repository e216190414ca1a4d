"""A scene, and the base of every widget that draws part of it as rows.

A widget redraws only if its part changed, and sends only the rows that differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.model.run_state import RunState
from tui.model.view import View
from tui.widgets.rows_view import RowsView

if TYPE_CHECKING:
    from textual.strip import Strip

    from gan.events import Images
    from gan.run_facts.sighting import Viewing
    from tui.model.machine import MachineReading
    from tui.model.view import Picture


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


class SceneView(RowsView):
    """Draws rows from a `Scene`. Subclasses say which part of it, and how."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._scene = Scene()

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The parts of the scene that this widget draws; identical objects mean no change."""
        raise NotImplementedError

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The rows for a size in cells, both at least 1; missing rows are left blank."""
        raise NotImplementedError

    def drawn(self, width: int, height: int) -> list[Strip]:
        """The rows of the last scene."""
        return self.draw(self._scene, width, height)

    def show(self, scene: Scene) -> None:
        """Draw this scene from now on, if it differs."""
        changed = self.changed(scene)
        self._scene = scene
        if changed:
            self.redraw()

    def changed(self, scene: Scene) -> bool:
        """Whether this widget's part of the scene has changed."""
        before, after = self.parts(self._scene), self.parts(scene)
        return any(old is not new for old, new in zip(before, after, strict=True))
