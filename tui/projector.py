"""What is shown in the digits' place when it is not the newest samples.

A way between latents while it plays, real images, or an earlier grid: one at a time, in this order.
Apart from the application, which only asks for the picture of the moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.safe_text import safe_text
from tui.films import Walk
from tui.view import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import LatentsInterpolated
    from tui.album import Album
    from tui.state import RunState
    from tui.view import View


class Projector:
    """Holds what was opened. The same picture is the same object until there is another."""

    def __init__(self, album: Album, clock: Callable[[], float]) -> None:
        """Begin with nothing to show.

        Args:
            album: Where earlier grids are read.
            clock: Seconds from any moment on.
        """
        self._album = album
        self._clock = clock
        self._walk: Walk | None = None
        self._opened: Picture | None = None
        self._real: Picture | None = None

    @property
    def is_walking(self) -> bool:
        """Whether a way between latents is being played."""
        return self._walk is not None

    def walk(self, event: LatentsInterpolated) -> None:
        """Play this way from now on."""
        self._walk = Walk.of(event, self._clock())

    def end_walk(self) -> None:
        """Stop playing."""
        self._walk = None

    async def open(self, run: RunState, place: int) -> None:
        """Have the grid at this place of the run at hand.

        Raises:
            GanTuiError: It cannot be read.
        """
        self._opened = await self._album.open(run, place)

    def forget(self) -> None:
        """Drop what was read: the run has gone back, and draws other grids."""
        self._opened = None
        self._album.forget()

    def picture(self, run: RunState, view: View) -> Picture | None:
        """What to show now; none for the newest samples."""
        if self._walk is not None:
            picture = self._walk.picture(self._clock())
            if picture is not None:
                return picture
            self._walk = None
        if view.real:
            return self._real_images(run)
        return None if view.grid is None else self._opened

    def _real_images(self, run: RunState) -> Picture | None:
        if run.examples is None:
            return None
        if self._real is None or self._real.images is not run.examples:
            words = f"real images of {safe_text(run.progress.data)}"
            self._real = Picture(images=run.examples, words=words)
        return self._real
