"""The samples: sixteen digits from the same latents, watched from noise to shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.render import numbers
from tui.render.digits import DigitLayout, render_digits
from tui.theme import BLACK, QUIET
from tui.widgets.rows import row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from tui.view import Scene


class DigitGrid(SceneView):
    """The newest samples, drawn in the layout that the screen found for them."""

    _digit_layout: DigitLayout | None = None

    @property
    def digit_layout(self) -> DigitLayout | None:
        """How the digits lie; it must fit the widget's size."""
        return self._digit_layout

    @digit_layout.setter
    def digit_layout(self, layout: DigitLayout | None) -> None:
        if layout != self._digit_layout:
            self._digit_layout = layout
            self.redraw()

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The images alone, so that the grid rests between two draws."""
        return (scene.run.images,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The grid, or black where there is none yet."""
        if self._digit_layout is None or scene.run.images is None:
            return [Strip.blank(width, BLACK)] * height
        return render_digits(scene.run.images, self._digit_layout)


class Caption(SceneView):
    """The row under the digits: what they are and when they were drawn."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The step changes with the images."""
        return (scene.run.images,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        if scene.run.images is None:
            return [row([(" no samples yet", QUIET)], width)]
        return [row([(f" samples at step {numbers.count(scene.run.images_step)}", QUIET)], width)]
