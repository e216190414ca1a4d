"""The preset `mlp-dropout`: what `mlp` was before recipes, kept for its runs and as a reference.

The generator ends in tanh, so that pixels stay in [-1, 1]. The discriminator has dropout where
`tutorial` has batch normalisation, so that it can't tell real from fake by a batch's statistics.
"""

from __future__ import annotations

from typing import Final

import keras

from gan.events import IMAGE_SIDE
from gan.models.layers import BatchNormalization, KeyedDropout, keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose

DROPOUT_RATE: Final = 0.3


def build(latent_dim: int, run_seed: int, width: int = 1) -> Networks:
    """Build the networks; the seed keys the initial weights, `width` multiplies hidden layers."""
    return Networks(_generator(latent_dim, run_seed, width), _discriminator(run_seed, width))


def _generator(latent_dim: int, seed: int, width: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            dense(256 * width),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(512 * width),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(IMAGE_SIDE * IMAGE_SIDE, activation="tanh"),
            keras.layers.Reshape((IMAGE_SIDE, IMAGE_SIDE)),
        ],
        name="generator",
    )


def _discriminator(seed: int, width: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.DISCRIMINATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((IMAGE_SIDE, IMAGE_SIDE)),
            keras.layers.Flatten(),
            dense(512 * width),
            keras.layers.LeakyReLU(negative_slope=0.3),
            KeyedDropout(DROPOUT_RATE, place=0),
            dense(256 * width),
            keras.layers.LeakyReLU(negative_slope=0.3),
            KeyedDropout(DROPOUT_RATE, place=1),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
