"""What is shown in the digits' place when it is not the newest samples.

A way between latents while it plays, else an earlier grid; and beside samples real images.
Apart from the application, which only asks for the picture of the moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gan.text.safe_text import safe_text
from tui.model.interpolation import Interpolation
from tui.model.view import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images, LatentsInterpolated
    from tui.app.grid_cache import GridCache
    from tui.model.run_state import RunState
    from tui.model.view import View

_IMAGE: Final = (28, 28)
_COUNT: Final = 16


class GridPlayer:
    """Holds what was opened. The same picture is the same object until there is another."""

    def __init__(self, album: GridCache, clock: Callable[[], float]) -> None:
        """Begin with nothing to show.

        Args:
            album: Where earlier grids are read.
            clock: Seconds from any moment on.
        """
        self._album = album
        self._clock = clock
        self._walk: Interpolation | None = None
        self._opened: Picture | None = None
        self._real: Picture | None = None
        self._made_of: tuple[Images | None, Images | None] = (None, None)
        """The samples and the real images that it shows."""

    @property
    def is_interpolating(self) -> bool:
        """Whether a way between latents is being played."""
        return self._walk is not None

    def walk(self, event: LatentsInterpolated) -> None:
        """Play this way from now on."""
        self._walk = Interpolation.of(event, self._clock())

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
        earlier = None if view.grid is None else self._opened
        return self._beside_real(run, earlier) if view.real else earlier

    def _beside_real(self, run: RunState, earlier: Picture | None) -> Picture | None:
        """Samples at the left, real images at the right; made anew where either is another."""
        samples = run.images if earlier is None else earlier.images
        if run.examples is None or len(run.examples) < _COUNT or samples is None:
            return earlier
        made_of = (samples, run.examples)
        if self._real is None or any(
            a is not b for a, b in zip(made_of, self._made_of, strict=True)
        ):
            step = run.images_step if earlier is None else earlier.step
            self._made_of = made_of
            self._real = Picture(
                images=_side_by_side(*made_of),
                words=f"step {step:,} | real images of {safe_text(run.progress.data)}",
            )
        return self._real


def _side_by_side(left: Images, right: Images) -> Images:
    """Two columns of four of each, 16 x 28 x 28; of the right ones the first eight."""
    halves = left.reshape(4, 4, *_IMAGE)[:, :2], right[:8].reshape(4, 2, *_IMAGE)
    return np.concatenate(halves, axis=1).reshape(_COUNT, *_IMAGE)
