"""The grid player: what is shown in place of the newest samples, and animations of the run.

An interpolation while it plays, else an earlier grid read back from disk; real images alongside the
samples if the view asks for them. An animation steps through the run's grids on a timer.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.errors import GanTuiError
from gan.events import GRID_SIDE, IMAGE_SIDE, SAMPLES
from gan.text.safe_text import safe_text
from tui.model.interpolation import FILM_RATES, FRAMES_PER_SECOND, Interpolation, next_rate
from tui.model.view import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.timer import Timer

    from gan.events import Images, LatentsInterpolated
    from tui.app.painter import Painter
    from tui.model.run_state import RunState
    from tui.model.view import View

_GRIDS_KEPT: Final = 256
"""Grids of 12.5 kB each: a few megabytes, so an animation plays from memory the second time."""


class GridPlayer:
    """Opens and plays grids. Its picture is the same object until there is a new one."""

    def __init__(
        self,
        app: App[None],
        read: Callable[[str], Images],
        painter: Painter,
        next_grid: Callable[[], bool],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin with nothing to show.

        Args:
            app: Whose timers, workers and toasts are used.
            read: Returns a grid's images from its path; may wait, and raise `GanTuiError`.
            painter: Draws what has been opened, and the frames of an interpolation.
            next_grid: Shows the run's next grid; returns whether there was one.
            clock: Seconds from any moment on.
        """
        self._app, self._painter, self._read_from_disk = app, painter, read
        self._read = lru_cache(_GRIDS_KEPT)(read)
        self._next_grid, self._clock = next_grid, clock
        self._interpolation: Interpolation | None = None
        self._frames: Timer | None = None
        self._film: Timer | None = None
        self._film_rate = FILM_RATES[2]
        self._opened: Picture | None = None
        self._mixed: Picture | None = None
        """Samples and real images side by side."""

        self._mixed_of: tuple[Images | None, Images | None] = (None, None)
        """The samples and the real images in it."""

    def picture(self, run: RunState, view: View) -> Picture | None:
        """What to show now; `None` for the newest samples."""
        if self._interpolation is not None:
            picture = self._interpolation.picture(self._clock())
            if picture is not None:
                return picture
        earlier = None if view.grid is None else self._opened
        return self._with_real(run, earlier) if view.real else earlier

    def open(self, run: RunState, place: int) -> None:
        """Have the grid at this place of `run.grids` read in another thread, and drawn."""
        # A callable: a coroutine that is cancelled before it begins warns of itself.
        opening: Any = partial(self.load, run, place)
        self._app.run_worker(opening, group="grid", exclusive=True)

    async def load(self, run: RunState, place: int) -> None:
        """As `open`, but returns when it is drawn. An unreadable grid is shown in a toast."""
        grid, count = run.grids[place], len(run.grids)
        try:
            images = await asyncio.to_thread(self._read, grid.path)
        except GanTuiError as error:
            self._app.notify(str(error), title="Grid", severity="error")
            if self._film is not None:
                self.toggle()
        else:
            words = f"step {grid.step:,}, grid {place + 1} of {count}"
            self._opened = Picture(images=images, words=words, step=grid.step)
        self._painter.paint()

    def forget(self) -> None:
        """Drop every grid that was read: after a rollback others are drawn at the same steps."""
        self._opened = None
        # A new cache: a read in another thread may still put an old grid into the former one.
        self._read = lru_cache(_GRIDS_KEPT)(self._read_from_disk)

    @property
    def is_interpolating(self) -> bool:
        """Whether an interpolation is playing."""
        return self._interpolation is not None

    def interpolate(self, event: LatentsInterpolated) -> None:
        """Play this interpolation from now on."""
        self._interpolation = Interpolation.of(event, self._clock())
        if self._frames is None:
            self._frames = self._app.set_interval(1 / FRAMES_PER_SECOND, self._play_frame)

    def stop_interpolation(self) -> None:
        """Draw what was there before it."""
        self._interpolation = None
        self._painter.paint()

    def _play_frame(self) -> None:
        """Draw the frame that is due; once the interpolation is over, what was there before it."""
        if self._interpolation is not None and self._interpolation.picture(self._clock()) is None:
            self._interpolation = None
            # Not `paint_frame`, which may skip it: no later frame would follow.
            self._painter.owe()
        if self._interpolation is not None:
            self._painter.paint_frame()
        elif self._frames is not None:
            self._frames.stop()
            self._frames = None

    @property
    def is_playing(self) -> bool:
        """Whether an animation of the run is playing."""
        return self._film is not None

    def toggle(self) -> None:
        """Play the run's grids from now on, or stop at the current one."""
        if self._film is None:
            self._film = self._app.set_interval(1 / self._film_rate, self._play_grid)
        else:
            self._film.stop()
            self._film = None

    def change_rate(self, by: int) -> None:
        """Play animations slower or faster, and show how fast."""
        self._film_rate = next_rate(self._film_rate, by)
        words = f"{self._film_rate:g} grids a second"
        self._app.notify(words, title="Animation", timeout=2)
        if self._film is not None:
            self.toggle()
            self.toggle()

    def _play_grid(self) -> None:
        if not self._painter.is_waiting and not self._next_grid():
            self.toggle()

    def _with_real(self, run: RunState, earlier: Picture | None) -> Picture | None:
        """Samples at the left, real images at the right; a new picture if either has changed."""
        samples = run.images if earlier is None else earlier.images
        if run.examples is None or len(run.examples) < SAMPLES or samples is None:
            return earlier
        mixed_of = (samples, run.examples)
        if self._mixed is None or any(
            a is not b for a, b in zip(mixed_of, self._mixed_of, strict=True)
        ):
            step = run.images_step if earlier is None else earlier.step
            self._mixed_of = mixed_of
            self._mixed = Picture(
                images=_side_by_side(*mixed_of),
                words=f"step {step:,} | real images of {safe_text(run.progress.data)}",
            )
        return self._mixed


def _side_by_side(left: Images, right: Images) -> Images:
    """The left half of one grid and the first images of another, 16 x 28 x 28."""
    image, half = (IMAGE_SIDE, IMAGE_SIDE), GRID_SIDE // 2
    left = left.reshape(GRID_SIDE, GRID_SIDE, *image)[:, :half]
    right = right[: GRID_SIDE * half].reshape(GRID_SIDE, half, *image)
    return np.concatenate([left, right], axis=1).reshape(SAMPLES, *image)
