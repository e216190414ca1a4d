"""Draws the sample grids of a run: to disk when they are due, and as previews for a viewer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gan import events
from gan.cadence import Cadence
from gan.run.faults import FaultReporter
from gan.training.due import Due

if TYPE_CHECKING:
    from gan.config import RunConfig
    from gan.run.recorder import Recorder
    from gan.training.build import Program
    from gan.training.stopwatch import Stopwatch


class GridDrawer:
    """Draws grids from the current latents. Used by the trainer thread only."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        emit: events.Listener,
        recorder: Recorder,
        stopwatch: Stopwatch,
        preview_seconds: float | None,
    ) -> None:
        """Begin with nothing drawn.

        Args:
            config: Sets how often grids are written to disk.
            program: Its sampler draws the images.
            emit: Called with an event for every grid, and for every disk fault.
            recorder: Writes grids to disk.
            stopwatch: Measures the time that drawing takes.
            preview_seconds: Seconds between two previews, or `None` if nobody watches. A preview is
                a grid that is not written to disk.
        """
        self._sampler = program.sampler
        self._emit = emit
        self._recorder = recorder
        self._stopwatch = stopwatch
        self._preview_seconds = preview_seconds
        self._shows_raw = False
        self._drawn_at = stopwatch.now()
        self._faults = FaultReporter(emit)
        self._due = Due(Cadence.parse(config.sample_every), program.execution.steps_per_epoch)

    def restored(self, step: int) -> None:
        """Note that the run now stands at a checkpoint's step, whose grid exists already."""
        self._due.done(step, self._stopwatch.seconds("training"))

    def steps_until_due(self, step: int) -> int | None:
        """Steps until a grid is due, or `None` if steps do not decide."""
        return self._due.steps_until_due(step)

    def draw_first(self, step: int) -> None:
        """Write the first grid of a new run, or preview that of a resumed one."""
        if step == 0 and not self._due.is_off:
            self._try_to_save(step)
        else:
            self.draw_preview(step)

    def draw_if_due(self, step: int) -> None:
        """Write a grid or draw a preview if it is time. A disk that refuses stops nothing."""
        if self._due.is_due(step, self._stopwatch.seconds("training")):
            self._try_to_save(step)
        elif self._is_preview_due():
            self.draw_preview(step)

    def draw_last(self, step: int) -> None:
        """Write the grid of the run's last step, unless it exists already."""
        if self._shows_raw:
            # Nobody can ask for the averaged generator once the run has ended.
            self.show_raw(step, raw=False)
        if self._due.last_step != step and not self._due.is_off:
            self._try_to_save(step)

    def draw_preview(self, step: int) -> None:
        """Draw a grid for a viewer, without writing it to disk."""
        if self._preview_seconds is not None:
            self._draw(step, to_disk=False)

    def draw_interpolation(self, step: int) -> None:
        """Draw the interpolation to other latents for a viewer; the run's latents stay."""
        if self._preview_seconds is None:
            return
        with self._stopwatch.measure("sampling"):
            self._sampler.show_raw(self._shows_raw)
            frames = self._sampler.interpolate()
        self._emit(events.LatentsInterpolated(time=time.time(), step=step, frames=frames))

    def resample(self, step: int) -> None:
        """Draw new latents for the grids that follow, and preview their images."""
        self._sampler.resample()
        self._show_latents(step)

    def restore_latents(self, step: int) -> None:
        """Use the run's own latents again, and preview their images."""
        self._sampler.restore()
        self._show_latents(step)

    def show_raw(self, step: int, *, raw: bool) -> None:
        """Draw previews from the raw generator, or from the averaged one again."""
        if not self._sampler.has_raw:
            text = "this preset has no averaged generator: every image comes from the raw one"
            self._emit(events.Noted(time=time.time(), text=text, warning=True))
            return
        self._shows_raw = raw
        # First, so that no other image stands under the name of this generator for a while.
        self.draw_preview(step)
        self._emit(events.GeneratorShown(time=time.time(), step=step, raw=raw))

    def stop_previews(self) -> None:
        """Draw no more previews: nobody watches any more."""
        self._preview_seconds = None

    def _show_latents(self, step: int) -> None:
        """Report which latents are in use, and preview their images."""
        self._emit(events.Resampled(time=time.time(), step=step, draw=self._sampler.draw))
        self.draw_preview(step)

    def _is_preview_due(self) -> bool:
        if self._preview_seconds is None:
            return False
        return self._stopwatch.now() - self._drawn_at >= self._preview_seconds

    def _try_to_save(self, step: int) -> None:
        with self._faults.reporting("samples"):
            self._draw(step, to_disk=True)
        self._due.done(step, self._stopwatch.seconds("training"))

    def _draw(self, step: int, *, to_disk: bool) -> None:
        path = None
        with self._stopwatch.measure("sampling"):
            # What is kept comes from the averaged generator, whatever somebody looks at.
            self._sampler.show_raw(self._shows_raw and not to_disk)
            images = self._sampler.images()
            if to_disk:
                path = self._recorder.save_samples(step, images, self._sampler.latents)
        self._drawn_at = self._stopwatch.now()
        self._emit(events.SamplesDrawn(time=time.time(), step=step, images=images, path=path))
