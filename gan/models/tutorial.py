"""The preset `tutorial`: the networks of TensorFlow's GAN tutorial, exact, as the reference.

Its two faults are kept on purpose: batch normalisation after the generator's tanh, and in the
discriminator, where real and fake batches are normalised separately. `mlp` fixes both.
"""

from __future__ import annotations

import keras

from gan.events import IMAGE_SIDE
from gan.models.layers import BatchNormalization, keyed_dense
from gan.models.networks import Networks
from gan.models.randomness import Purpose


def build(latent_dim: int, run_seed: int) -> Networks:
    """Build the networks; the seed keys the initial weights."""
    return Networks(_generator(latent_dim, run_seed), _discriminator(run_seed))


def _generator(latent_dim: int, seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.GENERATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            dense(256),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(512),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(IMAGE_SIDE * IMAGE_SIDE, activation="tanh"),
            BatchNormalization(),
            keras.layers.Reshape((IMAGE_SIDE, IMAGE_SIDE)),
        ],
        name="generator",
    )


def _discriminator(seed: int) -> keras.Sequential:
    dense = keyed_dense(seed, Purpose.DISCRIMINATOR_WEIGHTS)
    return keras.Sequential(
        [
            keras.Input((IMAGE_SIDE, IMAGE_SIDE)),
            keras.layers.Flatten(),
            dense(512),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(256),
            BatchNormalization(),
            keras.layers.LeakyReLU(negative_slope=0.3),
            dense(1, use_bias=True),
        ],
        name="discriminator",
    )
