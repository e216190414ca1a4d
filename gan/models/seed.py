"""The preset `seed`: the tutorial's networks, exact, as the reference.

Its two warts are kept on purpose: batch normalisation after the generator's tanh, and in the
discriminator, where real and fake batches are normalised apart. `mlp` mends both.
"""

from __future__ import annotations

import keras

from gan.models.initial import initializer
from gan.models.networks import Networks
from gan.randomness import Purpose


def build(latent_dim: int, run_seed: int) -> Networks:
    """Build the pair; the seed keys the initial weights."""
    return Networks(_generator(latent_dim, run_seed), _discriminator(run_seed))


def _generator(latent_dim: int, seed: int) -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            keras.layers.Dense(
                256,
                use_bias=False,
                kernel_initializer=initializer(seed, Purpose.GENERATOR_WEIGHTS, 0),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            keras.layers.Dense(
                512,
                use_bias=False,
                kernel_initializer=initializer(seed, Purpose.GENERATOR_WEIGHTS, 1),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            keras.layers.Dense(
                784,
                use_bias=False,
                activation="tanh",
                kernel_initializer=initializer(seed, Purpose.GENERATOR_WEIGHTS, 2),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.Reshape((28, 28)),
        ],
        name="generator",
    )


def _discriminator(seed: int) -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(
                512,
                use_bias=False,
                kernel_initializer=initializer(seed, Purpose.DISCRIMINATOR_WEIGHTS, 0),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            keras.layers.Dense(
                256,
                use_bias=False,
                kernel_initializer=initializer(seed, Purpose.DISCRIMINATOR_WEIGHTS, 1),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            keras.layers.Dense(
                1, kernel_initializer=initializer(seed, Purpose.DISCRIMINATOR_WEIGHTS, 2)
            ),
        ],
        name="discriminator",
    )
