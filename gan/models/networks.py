"""A generator and a discriminator as every preset builds them, and how one is run."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from gan.models.layers import Dense

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.models.randomness import RandomBytes


@dataclass(frozen=True, slots=True)
class Networks:
    """A generator and a discriminator, built."""

    generator: Any
    """`keras.Sequential`: batch x latent_dim float32 to batch x 28 x 28 float32, about [-1, 1]."""

    discriminator: Any
    """`keras.Sequential`: batch x 28 x 28 float32 to batch x 1 float32, a logit."""

    @property
    def normalises_batches(self) -> bool:
        """Whether the discriminator's logit for an image depends on the others in its batch."""
        layers = self.discriminator.layers
        return any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)


def forward(
    network: Any, inputs: Any, *, training: bool, random_bytes: RandomBytes | None = None
) -> Any:
    """Run a network; `activations` describes the arguments.

    Returns:
        The last layer's outputs.
    """
    return activations(network, inputs, training=training, random_bytes=random_bytes)[-1]


def activations(
    network: Any, inputs: Any, *, training: bool, random_bytes: RandomBytes | None = None
) -> list[Any]:
    """Run a network layer by layer, as Keras would, and pass random numbers to its dropout.

    A layer receives `training` and `random_bytes` only if its `call` accepts them, because Keras
    refuses other arguments.

    Args:
        network: A `keras.Sequential`.
        inputs: The first layer's inputs.
        training: Whether layers that behave differently in training, such as batch normalisation,
            do so.
        random_bytes: The source of random numbers for `KeyedDropout`; with `None` nothing is
            dropped.

    Returns:
        The outputs of every layer, in order.
    """
    return through(network.layers, inputs, training=training, random_bytes=random_bytes)


def through(
    layers: Sequence[Any],
    inputs: Any,
    *,
    training: bool,
    random_bytes: RandomBytes | None = None,
) -> list[Any]:
    """Run some consecutive layers of a network; `activations` describes the rest."""
    arguments = {"training": training, "random_bytes": random_bytes}
    outputs = []
    for layer in layers:
        inputs = layer(inputs, **_accepted(layer, arguments))
        outputs.append(inputs)
    return outputs


def _accepted(layer: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a layer's `call` names, or all if it takes any keyword."""
    parameters = inspect.signature(layer.call).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return arguments
    return {name: value for name, value in arguments.items() if name in parameters}


def dense_layers(network: Any) -> list[Dense]:
    """The Dense layers of a network, in order."""
    return [layer for layer in network.layers if isinstance(layer, Dense)]


def parameter_count(network: Any) -> int:
    """How many numbers training changes by gradient."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
