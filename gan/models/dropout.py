"""Dropout whose mask is computed from random bytes that it is given.

Keras's own layer keeps its generator's state in a variable, which makes the mask depend on how
often the layer was called. A run must repeat itself bit for bit from any step, so the random
numbers come from outside, keyed by the step. A byte a value is enough to drop by, and a quarter of
the random numbers: a rate is kept to the nearest of 256.
"""

from __future__ import annotations

from typing import Any, Final

import keras
import tensorflow as tf

_BYTES: Final = 256


class KeyedDropout(keras.layers.Layer):
    """Inverted dropout (Srivastava et al. 2014): kept values are scaled by 1 / (1 - rate)."""

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate
        self._dropped = round(rate * _BYTES)
        """How many of the 256 bytes drop a value."""

    def call(self, inputs: Any, random: Any | None = None) -> Any:
        """Drop and scale; without bytes, as in inference, nothing is dropped.

        Args:
            inputs: Float tensor, batch x features.
            random: Uint8 of the same shape, each value as likely as any other; or none.
        """
        if random is None:
            return inputs
        scaled = inputs * (_BYTES / (_BYTES - self._dropped))
        # Compared as integers of 32 bits: those of 8 are not vectorised.
        kept = tf.cast(random, tf.int32) >= self._dropped
        return tf.where(kept, scaled, tf.zeros_like(inputs))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as Keras keeps them."""
        return {**super().get_config(), "rate": self.rate}
