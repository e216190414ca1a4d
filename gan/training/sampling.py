"""Samples: images generated from fixed latents, so that the same digits can be followed.

Also interpolations: images between these digits and others, for somebody who watches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from gan.events import IMAGE_SIDE, SAMPLES
from gan.models.randomness import fixed_latents, target_latents

if TYPE_CHECKING:
    import numpy.typing as npt

INTERPOLATION_FRAMES: Final = 24
"""Two seconds at 12 frames a second."""

_PARALLEL: Final = 1e-3
"""Below this sine of the angle between two latents, the arc between them is a straight line."""


class Sampler:
    """The fixed latents and the compiled generator. Not thread-safe; belongs to the trainer."""

    def __init__(self, generator: Any, *, latent_dim: int, seed: int) -> None:
        """Draw the run's own latents; nothing is compiled until the first images."""
        self._latent_dim = latent_dim
        self._seed = seed
        # For any number of latents, so that one trace serves samples and interpolations.
        self._generate = tf.function(
            lambda latents: generator(latents, training=False),
            input_signature=[tf.TensorSpec((None, latent_dim), tf.float32)],
        )
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

    # TO BE MERGED: these two come with the averaged generator.
    @property
    def has_raw(self) -> bool:
        """Whether there is a raw generator besides the averaged one."""
        return False

    def show_raw(self, raw: bool) -> None:
        """Draw images from the raw generator from now on, or from the averaged one."""
        del raw

    def _use(self, draw: int) -> None:
        self.draw = draw
        self.latents = self._latents()

    def _latents(self) -> npt.NDArray[np.float32]:
        return fixed_latents(self._seed, self.draw, SAMPLES, self._latent_dim)

    def _images(self, latents: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        return to_pixels(self._generate(tf.constant(latents)).numpy())


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


def to_pixels(images: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Scale [-1, 1] to 0..255, rounded; values outside are clipped, NaN is black."""
    # Clipped before scaling, or the values of a generator that diverged could overflow.
    within = np.clip(np.nan_to_num(images, nan=-1.0), -1.0, 1.0)
    pixels: npt.NDArray[np.uint8] = np.rint((within + 1.0) * 127.5).astype(np.uint8)
    pixels.setflags(write=False)
    return pixels
