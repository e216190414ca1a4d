"""Samples of a run in training: images from fixed latents, and when grids of them are drawn.

The latents are fixed so that the same digits can be followed. Grids are written to disk when they
are due, and drawn as previews for a viewer. A disk that refuses a grid stops nothing.
Interpolations are images between these digits and others, for a viewer only.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from gan import events
from gan.cadence import Cadence
from gan.events import IMAGE_SIDE, SAMPLES
from gan.models.randomness import fixed_latents, target_latents
from gan.run.faults import FaultReporter
from gan.training.due import Due

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.config import RunConfig
    from gan.run.recorder import Recorder
    from gan.training.stopwatch import Stopwatch

INTERPOLATION_FRAMES: Final = 24
"""Two seconds at 12 frames a second."""

_PARALLEL: Final = 1e-3
"""Below this sine of the angle between two latents, the arc between them is a straight line."""


class Sampler:
    """The fixed latents and the compiled generator. Not thread-safe; belongs to the trainer."""

    def __init__(
        self, generator: Any, *, latent_dim: int, seed: int, raw_generator: Any = None
    ) -> None:
        """Draw the run's own latents; nothing is compiled until the first images.

        Args:
            generator: Makes the samples.
            latent_dim: Length of a latent vector.
            seed: The run's.
            raw_generator: The one that is trained, if `generator` is its average.
        """
        self._latent_dim = latent_dim
        self._seed = seed
        self._samples_from = self._generate = _compiled(generator, latent_dim)
        self._raw = None if raw_generator is None else _compiled(raw_generator, latent_dim)
        self._newest_draw = 0
        self._targets = 0
        """Interpolations made so far."""

        self.draw = 0
        """Number of the current latents: 0 for the run's own, n for those of resample n."""

        self.latents = self._latents()
        """Float32, 16 x latent_dim."""

    def images(self) -> npt.NDArray[np.uint8]:
        """Images from the current latents: uint8, 16 x 28 x 28, read-only."""
        return self._images(self.latents)

    def generate(self, latents: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Images from any latents, whichever generator is shown: uint8, n x 28 x 28, read-only."""
        return _fetched(self._samples_from(tf.constant(latents)))

    def resample(self, draw: int | None = None) -> None:
        """Draw the next latents, or return to those of a given draw and count on from there."""
        self._newest_draw = self._newest_draw + 1 if draw is None else draw
        self._use(self._newest_draw)

    def restore(self) -> None:
        """Return to the run's own latents. The next resample still draws new ones."""
        self._use(0)

    def interpolate(self) -> npt.NDArray[np.uint8]:
        """Images on the path from the current latents to 16 new ones; the latents stay as they are.

        Each call has another target.

        Returns:
            uint8, `INTERPOLATION_FRAMES` x 16 x 28 x 28, read-only; the first frame shows the
            current samples.
        """
        target = target_latents(self._seed, self._targets, SAMPLES, self._latent_dim)
        self._targets += 1
        path = slerp(self.latents, target, INTERPOLATION_FRAMES)
        images = self._images(path.reshape(-1, self._latent_dim))
        return images.reshape(INTERPOLATION_FRAMES, SAMPLES, IMAGE_SIDE, IMAGE_SIDE)

    @property
    def has_raw(self) -> bool:
        """Whether there is a raw generator besides the averaged one."""
        return self._raw is not None

    def show_raw(self, raw: bool) -> None:
        """Draw images from the raw generator from now on, or from the averaged one."""
        self._generate = self._raw if raw and self._raw is not None else self._samples_from

    def _use(self, draw: int) -> None:
        self.draw = draw
        self.latents = self._latents()

    def _images(self, latents: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        return _fetched(self._generate(tf.constant(latents)))

    def _latents(self) -> npt.NDArray[np.float32]:
        return fixed_latents(self._seed, self.draw, SAMPLES, self._latent_dim)


def _compiled(generator: Any, latent_dim: int) -> Any:
    """Makes pixels of any number of latents: one trace serves samples and interpolations."""
    return tf.function(
        lambda latents: to_pixels(generator(latents, training=False)),
        input_signature=[tf.TensorSpec((None, latent_dim), tf.float32)],
    )


def _fetched(pixels: Any) -> npt.NDArray[np.uint8]:
    """A tensor's values on the host, read-only."""
    images: npt.NDArray[np.uint8] = pixels.numpy()
    images.setflags(write=False)
    return images


class GridDrawer:
    """Draws grids from the current latents. Used by the trainer thread only."""

    def __init__(
        self,
        config: RunConfig,
        steps_per_epoch: int,
        sampler: Sampler,
        emit: events.Listener,
        recorder: Recorder,
        stopwatch: Stopwatch,
        preview_seconds: float | None,
    ) -> None:
        """Begin with nothing drawn.

        Args:
            config: Sets how often grids are written to disk.
            steps_per_epoch: Steps in one pass over the data.
            sampler: Generates the images.
            emit: Called with an event for every grid, and for every disk fault.
            recorder: Writes grids to disk.
            stopwatch: Measures the time that drawing takes.
            preview_seconds: Seconds between two previews, or `None` if nobody watches. A preview is
                a grid that is not written to disk.
        """
        self._sampler = sampler
        self._emit = emit
        self._recorder = recorder
        self._stopwatch = stopwatch
        self._preview_seconds = preview_seconds
        self._shows_raw = False
        self._drawn_at = stopwatch.now()
        self._faults = FaultReporter(emit)
        self._due = Due(Cadence.parse(config.sample_every), steps_per_epoch)

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches the run."""
        return self._preview_seconds is not None

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
        if self.is_watched:
            self._draw(step, to_disk=False)

    def draw_interpolation(self, step: int) -> bool:
        """Draw the interpolation to other latents for a viewer; the run's latents stay.

        Returns:
            Whether it was drawn: it isn't if nobody watches.
        """
        if not self.is_watched:
            return False
        with self._stopwatch.measure("sampling"):
            self._sampler.show_raw(self._shows_raw)
            frames = self._sampler.interpolate()
        self._emit(events.LatentsInterpolated(time=time.time(), step=step, frames=frames))
        return True

    def resample(self, step: int) -> None:
        """Draw new latents for the grids that follow, and preview their images."""
        self._sampler.resample()
        self._show_latents(step)

    def restore_latents(self, step: int) -> None:
        """Use the run's own latents again, and preview their images."""
        self._sampler.restore()
        self._show_latents(step)

    def show_raw(self, step: int, *, raw: bool) -> bool:
        """Draw previews from the raw generator, or from the averaged one again.

        Returns:
            Whether it did: it can't if there is no averaged generator.
        """
        if not self._sampler.has_raw:
            return False
        self._shows_raw = raw
        # First, so that no other image stands under the name of this generator for a while.
        self.draw_preview(step)
        self._emit(events.GeneratorShown(time=time.time(), step=step, raw=raw))
        return True

    def watch(self, step: int, preview_seconds: float | None) -> None:
        """Draw previews this often from now on; the first at once if nobody watched before.

        Args:
            step: Steps completed.
            preview_seconds: Seconds between two previews, or `None` if nobody watches any more.
        """
        was_watched, self._preview_seconds = self.is_watched, preview_seconds
        if not was_watched:
            self.draw_preview(step)

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


def slerp(
    start: npt.NDArray[np.float32], end: npt.NDArray[np.float32], count: int
) -> npt.NDArray[np.float32]:
    """Latents on the arcs between pairs of latents, at equal angles, both ends included.

    Spherical linear interpolation (White 2016, "Sampling Generative Networks"). A straight line
    would pass closer to the origin than any latents that the generator was trained on.

    Args:
        start: n x latent_dim.
        end: n x latent_dim.
        count: Latents on each arc, at least 2.

    Returns:
        Float32, count x n x latent_dim.
    """
    share = np.linspace(0.0, 1.0, count)[:, None]
    lengths = np.linalg.norm(start, axis=1) * np.linalg.norm(end, axis=1)
    cosine = np.sum(start * end, axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    sine = np.sin(angle)
    arc = sine > _PARALLEL
    divisor = np.where(arc, sine, 1.0)
    start_weight = np.where(arc, np.sin((1.0 - share) * angle) / divisor, 1.0 - share)
    end_weight = np.where(arc, np.sin(share * angle) / divisor, share)
    path = start_weight[..., None] * start + end_weight[..., None] * end
    return path.astype(np.float32)


def to_pixels(images: Any) -> Any:
    """Scale [-1, 1] to 0..255, rounded; values outside are clipped, NaN is black.

    In the graph: a device converts faster than the host, and a quarter of the bytes comes over.

    Args:
        images: Float32, of any shape.

    Returns:
        uint8, of the same shape.
    """
    # Clipped before scaling, or the values of a generator that diverged could overflow.
    within = tf.clip_by_value(tf.where(tf.math.is_nan(images), -1.0, images), -1.0, 1.0)
    return tf.cast(tf.round((within + 1.0) * 127.5), tf.uint8)
