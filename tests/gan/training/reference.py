"""The training step as a textbook writes it, slowly: plain Keras layers, eager, two tapes.

It shares no code with the program; the keys of the random numbers are written out here.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

LATENTS, REAL_SHIFTS, FAKE_SHIFTS, REAL_DROPOUT = 1, 7, 8, 256
REAL_SHIFTED, FAKE_SHIFTED = 10, 11


def _hidden(network: Any) -> list[tuple[int, Any]]:
    """The units of each hidden layer of another implementation, and a rectifier like its own."""
    rectifiers = (keras.layers.ReLU, keras.layers.LeakyReLU)
    units = [x.units for x in network.layers if isinstance(x, keras.layers.Dense)][:-1]
    like = [x for x in network.layers if isinstance(x, rectifiers)]
    own = [type(layer).from_config(layer.get_config()) for layer in like]
    return list(zip(units, own, strict=True))


def _generator(preset: str, hidden: list[tuple[int, Any]]) -> list[Any]:
    layers: list[Any] = []
    for units, rectifier in hidden:
        layers.append(keras.layers.Dense(units, use_bias=False))
        layers += [keras.layers.BatchNormalization(), rectifier]
    layers.append(keras.layers.Dense(784, use_bias=False, activation="tanh"))
    if preset == "tutorial":
        layers.append(keras.layers.BatchNormalization())
    return [*layers, keras.layers.Reshape((28, 28))]


def _discriminator(preset: str, hidden: list[tuple[int, Any]]) -> list[Any]:
    """Its layers; a number stands for dropout at that rate."""
    layers: list[Any] = [keras.layers.Flatten()]
    for units, rectifier in hidden:
        layers.append(keras.layers.Dense(units, use_bias=False))
        if preset == "tutorial":
            layers.append(keras.layers.BatchNormalization())
        layers.append(rectifier)
        if preset == "mlp-dropout":
            layers.append(0.3)
    return [*layers, keras.layers.Dense(1)]


def _variables(layers: list[Any], kind: str) -> list[Any]:
    return [v for layer in layers if not isinstance(layer, float) for v in getattr(layer, kind)]


def _shifted(images: Any, shifts: Any) -> Any:
    """Each image moved by its own rows and columns, by cutting it out of a black frame."""
    frame = tf.pad(images, ((0, 0), (28, 28), (28, 28)), constant_values=-1.0)
    tops, lefts = (28 - by for by in shifts)
    return tf.stack(
        [frame[n, tops[n] : tops[n] + 28, lefts[n] : lefts[n] + 28] for n in range(len(tops))]
    )


class Reference:
    """Both networks and their training, for a configuration."""

    def __init__(self, config: Any, steps_per_epoch: int, networks: Any) -> None:
        """Start with the sizes, the rectifiers and the weights of another implementation."""
        self._seed, self._config = config.seed, config
        self._horizon_steps = config.horizon * steps_per_epoch
        hidden = _hidden(networks.discriminator)
        self._dropped = [units for units, _ in hidden]
        self.generator = _generator(config.preset, _hidden(networks.generator))
        self.discriminator = _discriminator(config.preset, hidden)
        self._run(self.generator, tf.zeros((2, config.latent_dim)), [])
        self._run(self.discriminator, tf.zeros((2, 28, 28)), [])
        pairs = (self.generator, networks.generator), (self.discriminator, networks.discriminator)
        for layers, network in pairs:
            own = _variables(layers, "variables")
            for variable, value in zip(own, network.variables, strict=True):
                variable.assign(value)
        self.generator_optimizer = keras.optimizers.Adam(beta_1=config.beta_1)
        self.discriminator_optimizer = keras.optimizers.Adam(beta_1=config.beta_1)

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
        latents = self._normal((count, self._config.latent_dim), step)
        masks = [
            self._bytes(REAL_DROPOUT + n, (2 * count, units), step)
            for n, units in enumerate(self._dropped)
        ]
        with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
            fakes = self._run(self.generator, latents, [])
            reals, fakes = self._seen(real_images, fakes, step)
            real = self._run(self.discriminator, reals, [mask[:count] for mask in masks])
            fake = self._run(self.discriminator, fakes, [mask[count:] for mask in masks])
            d_loss, g_loss = self._losses(real, fake)
            d_total = d_loss + self._penalty(reals, fakes, step)
        d_variables = _variables(self.discriminator, "trainable_variables")
        g_variables = _variables(self.generator, "trainable_variables")
        d_gradients = d_tape.gradient(d_total, d_variables)
        g_gradients = g_tape.gradient(g_loss, g_variables)
        for optimizer in (self.discriminator_optimizer, self.generator_optimizer):
            optimizer.learning_rate = self._rate(step)
        self.discriminator_optimizer.apply(d_gradients, d_variables)
        self.generator_optimizer.apply(g_gradients, g_variables)
        return [float(value) for value in (d_loss, g_loss, *self._scores(real, fake))]

    def _seen(self, reals: Any, fakes: Any, step: int) -> tuple[Any, Any]:
        """Both batches, each image shifted by up to so many pixels."""
        most = self._config.max_shift
        if not most:
            return reals, fakes
        shape = (2, len(reals))
        pairs = (reals, REAL_SHIFTS, REAL_SHIFTED), (fakes, FAKE_SHIFTS, FAKE_SHIFTED)
        seen = []
        for images, how_far, whether in pairs:
            halves = self._words(how_far, shape, step) >> 16
            shifts = (halves.astype(np.int64) * (2 * most + 1) >> 16) - most
            part = self._words(whether, (1, len(reals)), step) >> 24
            seen.append(_shifted(images, shifts * (part < 256 * self._shifted_share(step))))
        return seen[0], seen[1]

    def _shifted_share(self, step: int) -> float:
        """The share of images that are shifted: to all of them as the rates fall to nothing."""
        first = float(self._config.shift_share)
        if not self._horizon_steps:
            return first
        fallen = (step / self._horizon_steps - 0.25) / 0.75
        return first + (1 - first) * min(max(fallen, 0.0), 1.0)

    def _losses(self, real: Any, fake: Any) -> tuple[Any, Any]:
        if self._config.loss == "relativistic":
            d_loss = tf.reduce_mean(tf.nn.softplus(fake - real))
            return d_loss, tf.reduce_mean(tf.nn.softplus(tf.stop_gradient(real) - fake))
        d_loss = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))
        return d_loss, tf.reduce_mean(tf.nn.softplus(-fake))

    def _scores(self, real: Any, fake: Any) -> list[Any]:
        if self._config.loss == "relativistic":
            right = np.mean(np.asarray(real) > np.asarray(fake))
            return [right, 1 - right]
        return [tf.reduce_mean(tf.sigmoid(logits)) for logits in (real, fake)]

    def _penalty(self, reals: Any, fakes: Any, step: int) -> Any:
        """R1 and R2 of sixteen images each, every second step and doubled, without dropout."""
        gamma, total = self._config.gradient_penalty, tf.zeros(())
        if not gamma or step % 2:
            return total
        for images in (tf.stop_gradient(reals[:16]), tf.stop_gradient(fakes[:16])):
            with tf.GradientTape() as tape:
                tape.watch(images)
                logits = self._run(self.discriminator, images, [], training=False)
            gradient = tape.gradient(logits, images)
            norms = tf.reduce_sum(gradient**2, axis=[1, 2])
            total += 2 * gamma / 2 * tf.reduce_mean(norms)
        return total

    def _rate(self, step: int) -> float:
        """Constant for a quarter of the horizon, then down to a hundredth in a straight line."""
        rate, horizon = self._config.learning_rate, self._horizon_steps
        if not horizon:
            return float(rate)
        left = 1 - (step / horizon - 0.25) / 0.75
        return float(rate) * min(max(left, 0.01), 1.0)

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

    def _run(
        self, layers: list[Any], inputs: Any, masks: list[Any], *, training: bool = True
    ) -> Any:
        outputs, left = inputs, list(masks)
        for layer in layers:
            if isinstance(layer, float):
                if not left:
                    continue
                dropping = round(256 * layer)
                kept = tf.cast(left.pop(0) >= dropping, tf.float32)
                outputs = outputs * kept / (1 - dropping / 256)
            elif isinstance(layer, keras.layers.BatchNormalization):
                outputs = layer(outputs, training=training)
            else:
                outputs = layer(outputs)
        return outputs
