"""The look: both losses over the whole run, with what the colours mean above them.

Its own widget because it reads every step so far: it draws at most four times a second, whatever
the rate of the screen.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from tui.render.chart import D_BAND, D_COLOR, G_BAND, G_COLOR, Series, loss_chart, sticky_range
from tui.render.palette import D_BAND_256, G_BAND_256
from tui.theme import D_STYLE, FAINT, G_STYLE, QUIET
from tui.widgets.rows import Piece, length, row
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from rich.color import Color
    from textual.strip import Strip
    from textual.timer import Timer

    from tui.view import Scene

_SECONDS_BETWEEN: Final = 0.25

_NOTES: Final = (
    "log, average of 50, band least to greatest",
    "log, average of 50",
    "log",
)
"""How the chart is drawn, as fully as fits; a smoothing of 0.98 weighs about fifty steps."""

_SMOOTHING: Final = 0.98


class LossChart(SceneView):
    """A legend in the first row, the chart in the others."""

    _drawn_at = float("-inf")
    _due: Timer | None = None
    _range: tuple[float, float] | None = None

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """Every loss, and what happened at which step."""
        return (scene.run.losses, scene.run.marks)

    def show(self, scene: Scene) -> None:
        """Draw this scene now, or when the time has come; the newest is always drawn."""
        wait = self._drawn_at + _SECONDS_BETWEEN - monotonic()
        if wait <= 0:
            super().show(scene)
        elif self.changed(scene):
            self._scene = scene
            if self._due is None:
                self._due = self.set_timer(wait, self.redraw)

    def redraw(self) -> None:
        """Draw anew, and have the rows that changed sent."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        if self.size:
            self._drawn_at = monotonic()
        super().redraw()

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The legend and the chart."""
        losses = scene.run.losses
        d_loss, g_loss = losses.d_loss.values, losses.g_loss.values
        self._range = sticky_range(self._range, d_loss, g_loss, log=True)
        d_band, g_band = self._bands()
        chart = loss_chart(
            [
                Series("D", d_loss, D_COLOR, d_band),
                Series("G", g_loss, G_COLOR, g_band),
            ],
            width,
            height - 1,
            first_step=losses.first_step,
            smoothing=_SMOOTHING,
            y_range=self._range,
            marks=scene.run.marks,
        )
        return [legend(width), *chart]

    def _bands(self) -> tuple[str | Color, str | Color]:
        """The colours behind D and G; the nearest of 256 to the dim ones would be loud."""
        if self.app.console.color_system == "truecolor":
            return D_BAND, G_BAND
        return D_BAND_256, G_BAND_256


def legend(width: int) -> Strip:
    """What the two colours are, and how the chart is drawn."""
    names: list[Piece] = [
        (" ━ ", D_STYLE),
        ("D loss", QUIET),
        ("  ━ ", G_STYLE),
        ("G loss", QUIET),
    ]
    room = width - length(names) - 3
    note = next((note for note in _NOTES if len(note) <= room), "")
    return row([*names, (f"  {note}", FAINT)], width)
