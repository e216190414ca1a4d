"""Draws images from latents that stay the same, so that the same digits are watched all along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tensorflow as tf

from gan.models.networks import forward
from gan.randomness import fixed_latents

if TYPE_CHECKING:
    import numpy.typing as npt

SAMPLES: Final = 16
"""A grid of 4 x 4."""


class Sampler:
    """The fixed latents and the compiled generator. The trainer's alone."""

    def __init__(self, generator: Any, *, latent_dim: int, seed: int) -> None:
        """Draw the run's own latents; nothing is compiled until the first images."""
        self._latent_dim = latent_dim
        self._seed = seed
        self._generate = tf.function(lambda latents: forward(generator, latents, training=False))
        self.draw = 0
        """How many times the latents were drawn anew."""
        self.latents = self._latents()
        """Float32, 16 x latent_dim."""

    def images(self) -> npt.NDArray[np.uint8]:
        """Sixteen images from the latents, uint8, 16 x 28 x 28, read-only."""
        return to_pixels(self._generate(tf.constant(self.latents)).numpy())

    def resample(self, draw: int | None = None) -> None:
        """Draw the next latents, or those of a given draw (0 is the run's own)."""
        self.draw = self.draw + 1 if draw is None else draw
        self.latents = self._latents()

    def _latents(self) -> npt.NDArray[np.float32]:
        return fixed_latents(self._seed, self.draw, SAMPLES, self._latent_dim)


def to_pixels(images: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Scale [-1, 1] to 0..255, rounded; what lies outside is clipped, NaN is black."""
    # Clipped before it is scaled: what a generator gone wild gives would overflow.
    within = np.clip(np.nan_to_num(images, nan=-1.0), -1.0, 1.0)
    pixels: npt.NDArray[np.uint8] = np.rint((within + 1.0) * 127.5).astype(np.uint8)
    pixels.setflags(write=False)
    return pixels
