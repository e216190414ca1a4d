"""The layers that the presets are made of, besides Keras's own.

Each is a Keras layer with the same variables and the same inference as Keras's layer of that kind.
They differ in training: a run must repeat bit for bit from any step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np
import tensorflow as tf

from gan.events import IMAGE_SIDE
from gan.models.randomness import weights_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.randomness import Purpose, RandomBytes

    Matmul = Callable[..., Any]
    """Multiplies two float32 matrices as `tf.matmul` does, with `transpose_a` and `transpose_b`."""

PIXELS: Final = IMAGE_SIDE * IMAGE_SIDE

_BYTE_VALUES: Final = 256
_ROWS: Final = 2
"""Axes of a matrix."""

_SMOOTHING_PIXELS: Final = 1.5
"""Standard deviation of the Gaussian that smooths weights over pixels."""

STEEPNESS: Final = 4.0
"""Slope of a latent's smooth sign at 0."""


class Dense(keras.layers.Dense):
    """A Dense layer whose matrix multiplication in training can be replaced by a faster one."""

    matmul: Matmul = staticmethod(tf.matmul)
    """How it multiplies while it trains; see `gan.models.bfloat16`."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Multiply by the kernel, add the bias if there is one, activate.

        Args:
            inputs: Float32, batch x ... x features.
            training: Whether `matmul` is used, and not `tf.matmul`.
        """
        matmul = self.matmul if training else tf.matmul
        rows = tf.reshape(inputs, (-1, inputs.shape[-1])) if inputs.shape.rank > _ROWS else inputs
        outputs = matmul(rows, self.kernel.value)
        if rows is not inputs:
            outputs = tf.reshape(outputs, (-1, *inputs.shape[1:-1], self.units))
        if self.use_bias:
            outputs = outputs + self.bias.value
        return self.activation(outputs)


class SmoothedGlorotUniform(keras.initializers.GlorotUniform):
    """Glorot's initial weights, smoothed over the pixels of an image.

    For a Dense layer that takes or makes an image. Each unit's weights are an image of their own,
    which is filtered by a Gaussian and scaled back to its standard deviation.
    """

    def __call__(self, shape: tuple[int, int], dtype: Any = None) -> Any:
        """A kernel with an image in its columns, or in its rows if it has none in its columns.

        Raises:
            ValueError: Neither axis of the kernel has one weight for each pixel.
        """
        kernel = keras.ops.convert_to_numpy(super().__call__(shape, dtype))
        if shape[0] == PIXELS:
            return keras.ops.convert_to_tensor(_smooth(kernel.T).T)
        if shape[1] == PIXELS:
            return keras.ops.convert_to_tensor(_smooth(kernel))
        raise ValueError(f"a kernel of {shape} has no axis of {PIXELS} pixels")


def _smooth(images: np.ndarray) -> np.ndarray:
    """Images, n x 784 float32, blurred, each with the standard deviation that it had."""
    places = np.arange(IMAGE_SIDE)
    blur = np.exp(-0.5 * ((places[:, None] - places) / _SMOOTHING_PIXELS) ** 2)
    blurred = (blur @ images.reshape(-1, IMAGE_SIDE, IMAGE_SIDE) @ blur).reshape(images.shape)
    scale = images.std(axis=1, keepdims=True) / blurred.std(axis=1, keepdims=True)
    smooth: np.ndarray = (blurred * scale).astype(np.float32)
    return smooth


class SmoothSigns(keras.layers.Layer):
    """Appends the smooth sign of each latent, tanh(4 z).

    Images fall into classes and latents don't, so a generator has to step from one class to the
    next. A network of few dense layers steps slowly and makes images in between, which belong to no
    class; with inputs that step already it has fewer of them.
    """

    def call(self, inputs: Any) -> Any:
        """Append the signs.

        Args:
            inputs: Float32, batch x latents.

        Returns:
            Float32, batch x twice as many: the latents, then their signs.
        """
        return tf.concat([inputs, tf.tanh(STEEPNESS * inputs)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, int]) -> tuple[int | None, int]:
        """The shape of latents and signs, for Keras."""
        batch, latents = input_shape
        return batch, 2 * latents


class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation over all axes but the last, with training written out.

    A batch that is spread over replicas is normalised in two halves, between which the replicas
    exchange their statistics: `batch_moments`, then `normalise`. `call` is both at once, for a
    batch on one device. The gradient is TensorFlow's.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Normalise by the batch and track its statistics (Ioffe and Szegedy 2015, algorithm 1).

        Args:
            inputs: Float32, batch x ... x features.
            training: Whether the batch's statistics are used and tracked, not the moving ones.
        """
        if not training:
            return super().call(inputs, training=False)
        centred, mean, variance = _centred(inputs)
        return self._normalised(centred, mean, variance)

    def batch_moments(self, inputs: Any) -> Any:
        """The mean and the variance of this replica's part of a batch: float32, 2 x features.

        Args:
            inputs: As in `call`.
        """
        _, mean, variance = _centred(inputs)
        return tf.stack([mean, variance])

    def normalise(self, inputs: Any, moments: Any) -> Any:
        """Normalise by the statistics of the whole batch and track them, as `call` does.

        Args:
            inputs: As in `call`, this replica's part.
            moments: What `batch_moments` gave on each replica, of equally many images: float32,
                replicas x 2 x features.
        """
        means, variances = moments[:, 0], moments[:, 1]
        mean = tf.reduce_mean(means, axis=0)
        # The variance within the parts and between them (Chan et al. 1983, "Algorithms for
        # computing the sample variance", eq. 2.1). The mean of squares less the square of the mean
        # would lose digits.
        between = tf.reduce_mean(tf.square(means - mean), axis=0)
        variance = tf.reduce_mean(variances, axis=0) + between
        return self._normalised(inputs - mean, mean, variance)

    def _normalised(self, centred: Any, mean: Any, variance: Any) -> Any:
        self._track(self.moving_mean, mean)
        self._track(self.moving_variance, variance)
        scale = tf.math.rsqrt(variance + self.epsilon) * self.gamma.value
        return centred * scale + self.beta.value

    def _track(self, moving: Any, newest: Any) -> None:
        moving.assign(moving.value * self.momentum + newest * (1.0 - self.momentum))


def _centred(inputs: Any) -> tuple[Any, Any, Any]:
    """A batch less its mean, and its mean and variance over all axes but the last."""
    axes = list(range(inputs.shape.rank - 1))
    mean = tf.reduce_mean(inputs, axes)
    centred = inputs - mean
    return centred, mean, tf.reduce_mean(tf.square(centred), axes)


class KeyedDropout(keras.layers.Layer):
    """Inverted dropout (Srivastava et al. 2014) whose random numbers are an argument.

    Keras's own layer keeps the state of its generator in a variable, so its mask depends on how
    often it was called. Here the caller keys the random numbers by the step. One byte per value is
    a quarter of the random numbers; the rate is rounded to the nearest multiple of 1/256.
    """

    def __init__(self, rate: float, place: int = 0, **options: Any) -> None:
        """Nothing is drawn here.

        Args:
            rate: The share of values to drop.
            place: Number of this dropout layer in its network, from 0. Two layers of one network
                need different places, or they would drop by the same random numbers.
            options: Keras's, such as `name`.
        """
        super().__init__(**options)
        self.rate = rate
        self.place = place
        self._dropped = round(rate * _BYTE_VALUES)
        """How many of the 256 values of a byte drop a value."""

    def call(self, inputs: Any, random_bytes: RandomBytes | None = None) -> Any:
        """Set values to 0 and scale the others by 1 / (1 - rate), so that the mean stays.

        Args:
            inputs: Float32, batch x features.
            random_bytes: The source of random numbers; with `None`, as in inference, nothing is
                dropped.
        """
        if random_bytes is None:
            return inputs
        drawn = random_bytes(self.place, tuple(inputs.shape))
        scaled = inputs * (_BYTE_VALUES / (_BYTE_VALUES - self._dropped))
        # Compared as 32-bit integers: XLA does not vectorise 8-bit comparisons.
        kept = tf.cast(drawn, tf.int32) >= self._dropped
        # Selected, not multiplied: an infinity times zero would be NaN.
        return tf.where(kept, scaled, tf.zeros_like(inputs))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for Keras."""
        return {**super().get_config(), "rate": self.rate, "place": self.place}


def keyed_dense(run_seed: int, network: Purpose) -> Callable[..., Dense]:
    """Return a function that makes the Dense layers of one network, in order.

    Initial kernels are Keras's default (Glorot and Bengio 2010, eq. 16), keyed by the run seed, the
    network and the layer's number; with `smooth`, they are `SmoothedGlorotUniform`. There is no
    bias unless `use_bias` is set.

    Args:
        run_seed: The run's seed.
        network: Whose weights they are: `GENERATOR_WEIGHTS` or `DISCRIMINATOR_WEIGHTS`.
    """
    made = 0

    def dense(units: int, *, smooth: bool = False, **options: Any) -> Dense:
        nonlocal made
        seed = weights_seed(run_seed, network, made)
        made += 1
        initializer = SmoothedGlorotUniform if smooth else keras.initializers.GlorotUniform
        options = {"use_bias": False, **options}
        return Dense(units, kernel_initializer=initializer(seed=seed), **options)

    return dense
