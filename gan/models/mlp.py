"""The preset `mlp`, the default: dense layers alone.

It differs from `tutorial` in five ways. The generator is half again as wide, and ends in tanh, so
that pixels stay in [-1, 1]. The discriminator has no batch normalisation: it would tell real from
fake by a batch's statistics. Hidden units are rectified without a leak: strokes have edges, and
nearly linear units blur them. And the weights that meet pixels start out smooth: dense layers don't
know which pixels are neighbours, and random weights make speckle that training removes only slowly.
`docs/quality.md` has the figures of each.
"""

from __future__ import annotations

import keras

from gan.events import IMAGE_SIDE
from gan.models.layers import PIXELS, BatchNormalization, keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose


def build(latent_dim: int, run_seed: int, width: int = 1) -> Networks:
    """Build the networks; the seed keys the initial weights, `width` multiplies hidden layers."""
    return Networks(_generator(latent_dim, run_seed, width), _discriminator(run_seed, width))


def _generator(latent_dim: int, seed: int, width: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            dense(384 * width),
            BatchNormalization(),
            keras.layers.ReLU(),
            dense(768 * width),
            BatchNormalization(),
            keras.layers.ReLU(),
            dense(PIXELS, activation="tanh", smooth=True),
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
            dense(512 * width, smooth=True),
            keras.layers.ReLU(),
            dense(256 * width),
            keras.layers.ReLU(),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
