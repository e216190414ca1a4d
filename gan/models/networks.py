"""What every preset is: a generator and a discriminator, and how one is run.

A network is a plain `keras.Sequential`, so that it can be read, summarised and exported like any
other; `forward` runs it, giving each dropout layer random bytes of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np

from gan.models.batch_norm import normalise_batch
from gan.models.dropout import KeyedDropout

if TYPE_CHECKING:
    from gan.models.bfloat16 import Product

Random = Callable[[int, tuple[int, ...]], Any]
"""Gives the n-th dropout layer (from 0) its random bytes of a shape."""


class Applied(NamedTuple):
    """A Dense layer as it was applied."""

    layer: Any
    inputs: Any
    outputs: Any


@dataclass(frozen=True, slots=True)
class Networks:
    """A pair of networks, built."""

    generator: Any
    """`keras.Sequential`: batch x latent_dim float32 to batch x 28 x 28 float32, about [-1, 1]."""

    discriminator: Any
    """`keras.Sequential`: batch x 28 x 28 float32 to batch x 1 float32, a logit."""

    product: Product | None = None
    """How Dense layers multiply while they train; none for as Keras does it."""

    @property
    def normalises_batches(self) -> bool:
        """Whether the discriminator's answer for an image depends on the others in its batch."""
        layers = self.discriminator.layers
        return any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)


def forward(
    network: Any,
    inputs: Any,
    *,
    training: bool,
    random: Random | None = None,
    product: Product | None = None,
    dense: Callable[[Applied], None] = lambda _: None,
) -> Any:
    """Run a network layer by layer.

    Args:
        network: A `keras.Sequential`.
        inputs: The first layer's input.
        training: Whether batch normalisation uses (and tracks) the batch's own statistics.
        random: Random bytes for dropout; none switches it off.
        product: How Dense layers multiply; none for as Keras does it.
        dense: Told of every Dense layer that was applied.
    """
    dropouts = 0
    outputs = inputs
    for layer in network.layers:
        before = outputs
        if isinstance(layer, KeyedDropout):
            outputs = layer(before, random and random(dropouts, tuple(before.shape)))
            dropouts += 1
        elif isinstance(layer, keras.layers.BatchNormalization):
            outputs = normalise_batch(layer, before) if training else layer(before, training=False)
        elif product is not None and isinstance(layer, keras.layers.Dense):
            outputs = _apply_dense(layer, before, product)
        else:
            outputs = layer(before)
        if isinstance(layer, keras.layers.Dense):
            dense(Applied(layer, before, outputs))
    return outputs


def _apply_dense(layer: Any, inputs: Any, product: Product) -> Any:
    """What `layer(inputs)` is."""
    outputs = product(inputs, layer.kernel.value)
    if layer.use_bias:
        outputs = outputs + layer.bias.value
    return layer.activation(outputs)


def parameter_count(network: Any) -> int:
    """How many numbers training changes by gradient."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
