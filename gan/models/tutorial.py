"""The preset `tutorial`: the tutorial's networks, exact, as the reference.

Its two warts are kept on purpose: batch normalisation after the generator's tanh, and in the
discriminator, where real and fake batches are normalised apart. `mlp` mends both.
"""

from __future__ import annotations

import keras

from gan.models.initial import keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose


def build(latent_dim: int, run_seed: int) -> Networks:
    """Build the pair; the seed keys the initial weights."""
    return Networks(_generator(latent_dim, run_seed), _discriminator(run_seed))


def _generator(latent_dim: int, seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            dense(256),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(512),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(784, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Reshape((28, 28)),
        ],
        name="generator",
    )


def _discriminator(seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.DISCRIMINATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            dense(512),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(256),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
