"""The preset `dcgan`: a convolutional pair, for GPUs and patient CPUs.

After Radford et al. 2016, "Unsupervised representation learning with deep convolutional generative
adversarial networks": strided convolutions down, transposed ones up, batch normalisation in the
generator. The discriminator has none, or its gradient penalty would not be one of each image.
"""

from __future__ import annotations

from typing import Final

import keras

from gan.events import IMAGE_SIDE
from gan.models.convolution import Interleaved, NeighbourPatches, StridedPatches
from gan.models.layers import BatchNormalization, SmoothSigns, keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose

_QUARTER: Final = IMAGE_SIDE // 4
_G_CHANNELS: Final = (64, 32)
"""Channels of 7 x 7 and of 14 x 14 pixels."""

_D_CHANNELS: Final = (32, 64)
"""Channels of 14 x 14 and of 7 x 7 pixels."""

_G_UNITS: Final = 256
"""Units that plan an image as a whole, before there are pixels."""

_D_UNITS: Final = 256
"""Units that judge an image as a whole: strokes that are right can still be no digit."""


def build(latent_dim: int, run_seed: int) -> Networks:
    """Build the networks; the seed keys the initial weights."""
    return Networks(_generator(latent_dim, run_seed), _discriminator(run_seed))


def _generator(latent_dim: int, seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    first, second = _G_CHANNELS
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            SmoothSigns(),
            dense(_G_UNITS),
            BatchNormalization(),
            keras.layers.ReLU(),
            dense(_QUARTER * _QUARTER * first),
            keras.layers.Reshape((_QUARTER, _QUARTER, first)),
            BatchNormalization(),
            keras.layers.ReLU(),
            NeighbourPatches(),
            dense(4 * second),
            Interleaved(),
            BatchNormalization(),
            keras.layers.ReLU(),
            NeighbourPatches(),
            dense(4, activation="tanh"),
            Interleaved(),
            keras.layers.Reshape((IMAGE_SIDE, IMAGE_SIDE)),
        ],
        name="generator",
    )


def _discriminator(seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.DISCRIMINATOR_WEIGHTS)
    first, second = _D_CHANNELS
    return keras.Sequential(
        [
            keras.Input((IMAGE_SIDE, IMAGE_SIDE)),
            keras.layers.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1)),
            StridedPatches(),
            dense(first, use_bias=True),
            keras.layers.ReLU(),
            StridedPatches(),
            dense(second, use_bias=True),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            dense(_D_UNITS, use_bias=True),
            keras.layers.ReLU(),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
