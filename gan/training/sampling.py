"""Draws images from latents that stay the same, so that the same digits are watched all along.

And, for somebody watching, the way from these latents to others: what lies between two digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from gan.models.networks import forward
from gan.models.randomness import fixed_latents, target_latents

if TYPE_CHECKING:
    import numpy.typing as npt

SAMPLES: Final = 16
"""A grid of 4 x 4."""

INTERPOLATION_FRAMES: Final = 24
"""Two seconds at twelve a second."""

_PARALLEL: Final = 1e-3
"""Below this sine of the angle between two latents an arc and a straight line are the same."""


class Sampler:
    """The fixed latents and the compiled generator. The trainer's alone."""

    def __init__(self, generator: Any, *, latent_dim: int, seed: int) -> None:
        """Draw the run's own latents; nothing is compiled until the first images."""
        self._latent_dim = latent_dim
        self._seed = seed
        # Of any number of latents, so that an interpolation finds it compiled.
        self._generate = tf.function(
            lambda latents: forward(generator, latents, training=False),
            input_signature=[tf.TensorSpec((None, latent_dim), tf.float32)],
        )
        self._newest_draw = 0
        self._targets = 0
        """How many interpolations there were."""

        self.draw = 0
        """Which latents these are: 0 the run's own, n those of the n-th resample."""

        self.latents = self._latents()
        """Float32, 16 x latent_dim."""

    def images(self) -> npt.NDArray[np.uint8]:
        """Sixteen images from the latents, uint8, 16 x 28 x 28, read-only."""
        return self._images(self.latents)

    def resample(self, draw: int | None = None) -> None:
        """Draw the next latents, or go on from those of a given draw (0 is the run's own)."""
        self._newest_draw = self._newest_draw + 1 if draw is None else draw
        self._use(self._newest_draw)

    def restore(self) -> None:
        """Go back to the run's own latents. The next resample still draws what none drew before."""
        self._use(0)

    def interpolate(self) -> npt.NDArray[np.uint8]:
        """The way from the latents to sixteen others, each time to others; they stay as they are.

        Returns:
            uint8, `INTERPOLATION_FRAMES` x 16 x 28 x 28, read-only; the first are those of now.
        """
        target = target_latents(self._seed, self._targets, SAMPLES, self._latent_dim)
        self._targets += 1
        way = slerp(self.latents, target, INTERPOLATION_FRAMES)
        images = self._images(way.reshape(-1, self._latent_dim))
        return images.reshape(INTERPOLATION_FRAMES, SAMPLES, *images.shape[1:])

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
    """Latents on the arcs from some to others, at equal angles, both ends included.

    Spherical linear interpolation (White 2016, "Sampling Generative Networks"). A straight line
    would pass nearer to the origin than any latents that the generator was trained on.

    Args:
        start: n x latent_dim.
        end: n x latent_dim.
        count: How many on each way, at least 2.

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
    of_start = np.where(arc, np.sin((1.0 - share) * angle) / divisor, 1.0 - share)
    of_end = np.where(arc, np.sin(share * angle) / divisor, share)
    way = of_start[..., None] * start + of_end[..., None] * end
    return way.astype(np.float32)


def to_pixels(images: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Scale [-1, 1] to 0..255, rounded; what lies outside is clipped, NaN is black."""
    # Clipped before it is scaled: what a generator gone wild gives would overflow.
    within = np.clip(np.nan_to_num(images, nan=-1.0), -1.0, 1.0)
    pixels: npt.NDArray[np.uint8] = np.rint((within + 1.0) * 127.5).astype(np.uint8)
    pixels.setflags(write=False)
    return pixels
