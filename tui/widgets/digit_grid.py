"""The samples: sixteen digits from the same latents, watched from noise to shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.strip import Strip

from tui.render import numbers
from tui.render.digits import DigitLayout, render_digits
from tui.theme import BLACK, QUIET
from tui.widgets.rows import row
from tui.widgets.state_view import StateView

if TYPE_CHECKING:
    from tui.state import RunState


class DigitGrid(StateView):
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

    def parts(self, state: RunState) -> tuple[object, ...]:
        """The images alone, so that the grid rests between two draws."""
        return (state.images,)

    def draw(self, state: RunState, width: int, height: int) -> list[Strip]:
        """The grid, or black where there is none yet."""
        if self._digit_layout is None or state.images is None:
            return [Strip.blank(width, BLACK)] * height
        return render_digits(state.images, self._digit_layout)


class Caption(StateView):
    """The row under the digits: what they are and when they were drawn."""

    def parts(self, state: RunState) -> tuple[object, ...]:
        """The step changes with the images."""
        return (state.images,)

    def draw(self, state: RunState, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        if state.images is None:
            return [row([(" no samples yet", QUIET)], width)]
        return [row([(f" samples at step {numbers.count(state.images_step)}", QUIET)], width)]
