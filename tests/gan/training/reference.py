"""The training step as a textbook writes it, slowly: plain Keras layers, eager, two tapes.

It shares no code with the program; the keys of the random numbers are written out here.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

LATENTS, REAL_DROPOUT = 1, 256


def _leaky() -> Any:
    return keras.layers.LeakyReLU(negative_slope=0.3)


def _generator(preset: str) -> list[Any]:
    hidden = [
        layer
        for units in (256, 512)
        for layer in (
            keras.layers.Dense(units, use_bias=False),
            keras.layers.BatchNormalization(),
            _leaky(),
        )
    ]
    last = [keras.layers.BatchNormalization()] if preset == "tutorial" else []
    tanh = keras.layers.Dense(784, use_bias=False, activation="tanh")
    return [*hidden, tanh, *last, keras.layers.Reshape((28, 28))]


def _discriminator(preset: str) -> list[Any]:
    """Its layers; a number stands for dropout at that rate."""
    layers: list[Any] = [keras.layers.Flatten()]
    for units in (512, 256):
        layers.append(keras.layers.Dense(units, use_bias=False))
        if preset == "tutorial":
            layers += [keras.layers.BatchNormalization(), _leaky()]
        else:
            layers += [_leaky(), 0.3]
    return [*layers, keras.layers.Dense(1)]


def _variables(layers: list[Any], kind: str) -> list[Any]:
    return [v for layer in layers if not isinstance(layer, float) for v in getattr(layer, kind)]


class Reference:
    """Both networks and their training, for a preset."""

    def __init__(self, preset: str, seed: int) -> None:
        self._preset, self._seed = preset, seed
        self.generator, self.discriminator = _generator(preset), _discriminator(preset)
        self._run(self.generator, tf.zeros((2, 100)), [])
        self._run(self.discriminator, tf.zeros((2, 28, 28)), [tf.ones((2, 512)), tf.ones((2, 256))])
        rate, beta_1 = {"tutorial": (1e-4, 0.9), "mlp": (2e-4, 0.5)}[preset]
        self.generator_optimizer = keras.optimizers.Adam(rate, beta_1=beta_1)
        self.discriminator_optimizer = keras.optimizers.Adam(rate, beta_1=beta_1)

    def take_weights(self, networks: Any) -> None:
        """Start with the weights of another implementation."""
        pairs = (self.generator, networks.generator), (self.discriminator, networks.discriminator)
        for layers, network in pairs:
            own = _variables(layers, "variables")
            for variable, value in zip(own, network.variables, strict=True):
                variable.assign(value)

    @property
    def weights(self) -> list[Any]:
        """Every variable of both networks, the generator's first."""
        return [
            *_variables(self.generator, "variables"),
            *_variables(self.discriminator, "variables"),
        ]

    def train_step(self, real_images: Any, step: int) -> list[float]:
        """Update both once; returns d_loss, g_loss, mean D(x), mean D(G(z))."""
        count = real_images.shape[0]
        latents = self._normal((count, 100), step)
        masks = [
            self._bytes(REAL_DROPOUT + n, (2 * count, units), step)
            for n, units in enumerate((512, 256))
        ]
        with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
            fakes = self._run(self.generator, latents, [])
            real = self._run(self.discriminator, real_images, [mask[:count] for mask in masks])
            fake = self._run(self.discriminator, fakes, [mask[count:] for mask in masks])
            d_loss = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
            g_loss = tf.reduce_mean(tf.nn.softplus(-fake))
        d_variables = _variables(self.discriminator, "trainable_variables")
        g_variables = _variables(self.generator, "trainable_variables")
        d_gradients = d_tape.gradient(d_loss, d_variables)
        g_gradients = g_tape.gradient(g_loss, g_variables)
        self.discriminator_optimizer.apply(d_gradients, d_variables)
        self.generator_optimizer.apply(g_gradients, g_variables)
        scores = [tf.reduce_mean(tf.sigmoid(logits)) for logits in (real, fake)]
        return [float(value) for value in (d_loss, g_loss, *scores)]

    def _words(self, purpose: int, shape: tuple[int, ...], step: int) -> Any:
        key = tf.constant([self._seed * 65_536 + purpose, step], tf.int64)
        whole = {"minval": None, "maxval": None, "dtype": tf.uint32}
        return tf.random.stateless_uniform(shape, key, alg="philox", **whole).numpy()

    def _normal(self, shape: tuple[int, int], step: int) -> Any:
        """From the upper 23 bits of a word, by the inverse distribution function in float64."""
        shares = ((self._words(LATENTS, shape, step) >> 9) + 0.5) / 2**23
        return tf.cast(tf.math.ndtri(tf.constant(shares, tf.float64)), tf.float32)

    def _bytes(self, purpose: int, shape: tuple[int, int], step: int) -> Any:
        """The bytes of as many whole words as they fill."""
        words = self._words(purpose, (shape[0] * shape[1] // 4,), step)
        return words.view(np.uint8).reshape(shape)

    def _run(self, layers: list[Any], inputs: Any, masks: list[Any]) -> Any:
        outputs, left = inputs, list(masks)
        for layer in layers:
            if isinstance(layer, float):
                dropping = round(256 * layer)
                kept = tf.cast(left.pop(0) >= dropping, tf.float32)
                outputs = outputs * kept / (1 - dropping / 256)
            elif isinstance(layer, keras.layers.BatchNormalization):
                outputs = layer(outputs, training=True)
            else:
                outputs = layer(outputs)
        return outputs
