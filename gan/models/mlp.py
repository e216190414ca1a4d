"""The preset `mlp`, the default: the widths of `tutorial` with its two faults mended.

The generator ends in tanh, so that pixels stay in [-1, 1]. The discriminator has dropout where
`tutorial` has batch normalisation, so that it cannot tell real from fake by a batch's statistics.
"""

from __future__ import annotations

import keras

from gan.models.dropout import KeyedDropout
from gan.models.initial import keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose

DROPOUT_RATE = 0.3


def build(latent_dim: int, run_seed: int, width: int = 1) -> Networks:
    """Build the pair; the seed keys the initial weights, `width` multiplies the hidden layers'."""
    return Networks(_generator(latent_dim, run_seed, width), _discriminator(run_seed, width))


def _generator(latent_dim: int, seed: int, width: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            dense(256 * width),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(512 * width),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(784, activation="tanh"),
            keras.layers.Reshape((28, 28)),
        ],
        name="generator",
    )


def _discriminator(seed: int, width: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.DISCRIMINATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            dense(512 * width),
            keras.layers.LeakyReLU(negative_slope=0.3),
            KeyedDropout(DROPOUT_RATE),
            dense(256 * width),
            keras.layers.LeakyReLU(negative_slope=0.3),
            KeyedDropout(DROPOUT_RATE),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
