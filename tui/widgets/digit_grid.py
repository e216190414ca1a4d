"""The samples: sixteen digits from the same latents, from noise to shape, and their caption.

The same widget draws what is shown in their place, such as an earlier grid, real images or an
animation; the caption says which it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from gan.events import SAMPLES
from tui.render.digits import render_digits
from tui.render.fitting import fit
from tui.style.styles import QUIET, RAW_BADGE, STRONG, black
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import Scene, SceneView, shown_images

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style
    from textual.events import Click

    from tui.render.digit_layout import DigitLayout
    from tui.render.greys import Depth


_BYTES_PER_SEGMENT: Final = 27
"""Two colours of 256, a block and the end of both."""


_PART: Final = re.compile(r", | \(| \| ")
"""What begins another part of a picture's words."""


class DigitGrid(SceneView):
    """Images in the layout that the screen found for them, centred in the widget."""

    _digit_layout: DigitLayout | None = None
    depth: Depth = "greys"
    """The greys of the terminal."""

    class Clicked(Message):
        """A digit was clicked on."""

        def __init__(self, digit: int | None) -> None:
            super().__init__()
            self.digit = digit
            """The index of the digit; `None` if a single one is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.part_bytes: Callable[[], int] = lambda: 1 << 20
        """About how many bytes may be sent when the grid is drawn; the rest waits for a call."""

        self._wanted: list[Strip] = []
        """The rows as they were last drawn; `_rows` are those that were sent."""

    def on_resize(self) -> None:
        """A new size changes every row."""
        self.redraw_whole()

    def on_show(self) -> None:
        """Draw what changed while it was hidden."""
        self.redraw_whole()

    def redraw_whole(self) -> None:
        """Draw anew, on black: halves of two layouts would not be digits."""
        self._rows = []
        self.refresh()
        self.redraw()

    def redraw(self) -> None:
        """Draw anew, and have as many of the changed rows sent as `part_bytes` allows."""
        width, height = self.size
        self._wanted = self.draw(self._scene, width, height)[:height] if width and height else []
        self.send_rows(self.part_bytes())

    @property
    def is_incomplete(self) -> bool:
        """Whether some rows of the newest drawing have not been sent."""
        return self._rows != self._wanted

    def send_rows(self, most_bytes: int) -> None:
        """Have more of the changed rows sent, from the top.

        Args:
            most_bytes: About how many bytes at once; a whole grid of noise is a lot on a slow link.
        """
        # While the app closes, the painter's timer can fire once more for a widget that is gone.
        if not self.is_attached or not self._is_painted():
            return
        if len(self._rows) != len(self._wanted):
            self._rows = [Strip.blank(self.size.width, self._black)] * len(self._wanted)
        sent = 0
        for y, (row_before, wanted) in enumerate(zip(self._rows, self._wanted, strict=True)):
            if row_before is wanted:
                continue
            if row_before != wanted:
                if sent * _BYTES_PER_SEGMENT >= most_bytes:
                    return
                sent += len(list(wanted))
                self._finished.pop(y, None)
                self.refresh(Region(0, y, self.size.width, 1))
            self._rows[y] = wanted

    def _is_painted(self) -> bool:
        """Whether Textual has painted the last part, so that the next goes into another frame.

        Textual paints nothing of a covered screen, so there the next part does not wait.
        """
        return len(self._finished) >= len(self._rows) or not self.screen.is_current

    @property
    def digit_layout(self) -> DigitLayout | None:
        """The layout of the digits; it must fit into the widget's size."""
        return self._digit_layout

    @digit_layout.setter
    def digit_layout(self, layout: DigitLayout | None) -> None:
        if layout != self._digit_layout:
            self._digit_layout = layout
            self.redraw_whole()

    @property
    def is_opaque_drawing(self) -> bool:
        """White on black, or ink on the terminal's own background; without colours it has none."""
        return self._shown_depth != "mono"

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The images and which of them, so that the grid is not drawn between two samples."""
        return (shown_images(scene), scene.view.enlarged, scene.view.digit)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The digits surrounded by black, or only black if there are none yet."""
        images, layout = shown_images(scene), self._digit_layout
        if layout is None or images is None:
            return [Strip.blank(width, self._black)] * height
        if scene.view.enlarged:
            images = images[scene.view.digit :][:1]
        return self._centred(
            render_digits(images, layout, self._shown_depth), layout, width, height
        )

    def on_click(self, event: Click) -> None:
        """Report which digit was clicked on."""
        layout = self._digit_layout
        if layout is None:
            return
        left, top = self._margins(layout, *self.size)
        across = (event.x - left) // layout.digit_columns
        down = (event.y - top) // layout.digit_rows
        if 0 <= across < layout.across and 0 <= down < layout.down:
            alone = self._scene.view.enlarged
            self.post_message(self.Clicked(None if alone else down * layout.across + across))

    @property
    def _black(self) -> Style:
        return black(self._shown_depth)

    @property
    def _shown_depth(self) -> Depth:
        return self._color_theme.digits_in(self.depth)

    def _centred(
        self, strips: list[Strip], layout: DigitLayout, width: int, height: int
    ) -> list[Strip]:
        """The strips with black on all sides if the widget is larger."""
        left, top = self._margins(layout, width, height)
        right = max(width - left - layout.columns, 0)
        sides = [Strip.blank(cells, self._black) if cells else None for cells in (left, right)]
        rows = [Strip.join([sides[0], strip, sides[1]]) for strip in strips]
        blank = Strip.blank(width, self._black)
        return [*[blank] * top, *rows, *[blank] * (height - top - len(rows))]

    @staticmethod
    def _margins(layout: DigitLayout, width: int, height: int) -> tuple[int, int]:
        return max((width - layout.columns) // 2, 0), max((height - layout.rows) // 2, 0)


class Caption(SceneView):
    """The row below the digits: what they are and when they were drawn."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The step changes with the images."""
        view = scene.view
        return (shown_images(scene), scene.picture, view.enlarged, view.digit, is_raw(scene))

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [row(caption(scene, width), width)]


def is_raw(scene: Scene) -> bool:
    """Whether digits from the raw generator are shown; the grids on disk have none."""
    return scene.run.progress.shows_raw and scene.view.grid is None


def _beginnings(words: str) -> list[str]:
    """The words without their last parts, and whole: no part is cut in the middle."""
    ends = [found.start() for found in _PART.finditer(words)]
    return [*(words[:end] for end in ends), words]


def caption(scene: Scene, width: int) -> list[Piece]:
    """What is shown in place of the newest samples, or the step of the samples."""
    digit = f" digit {scene.view.digit + 1} of {SAMPLES}:" if scene.view.enlarged else ""
    step = f"step {scene.run.images_step:,}"
    shown: list[list[Piece]] = [[(f" {step}", QUIET)], [(f" samples at {step}", QUIET)]]
    if scene.picture is not None:
        shown = [[(f" {words}", STRONG)] for words in _beginnings(scene.picture.words)]
    elif scene.run.images is None:
        shown = [[(" no samples yet", QUIET)]]
    names = ("RAW", "RAW GENERATOR") if is_raw(scene) else ()
    badges: list[list[Piece]] = [[(f" {name} ", RAW_BADGE)] for name in names]
    parts = [shown, [[(digit, QUIET)]], badges or [[]]]
    what, of, badge = fit(parts, width, length)
    return [*badge, *of, *what]
