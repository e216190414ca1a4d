"""Dropout whose mask is computed from numbers that it is given.

Keras's own layer keeps its generator's state in a variable, which makes the mask depend on how
often the layer was called. A run must repeat itself bit for bit from any step, so the random
numbers come from outside, keyed by the step.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class KeyedDropout(keras.layers.Layer):
    """Inverted dropout (Srivastava et al. 2014): kept values are scaled by 1 / (1 - rate)."""

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate

    def call(self, inputs: Any, uniform: Any | None = None) -> Any:
        """Drop and scale; without numbers, as in inference, nothing is dropped.

        Args:
            inputs: Float tensor, batch x features.
            uniform: Draws from [0, 1) of the same shape, or none.
        """
        if uniform is None:
            return inputs
        scaled = inputs * (1.0 / (1.0 - self.rate))
        return tf.where(uniform >= self.rate, scaled, tf.zeros_like(inputs))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as Keras keeps them."""
        return {**super().get_config(), "rate": self.rate}
