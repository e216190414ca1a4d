"""A generator and a discriminator as every preset builds them, and how one is run."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from gan.models.layers import Dense

if TYPE_CHECKING:
    from gan.models.losses import GanLoss


@dataclass(frozen=True, slots=True)
class Networks:
    """A generator and a discriminator, built, and the loss that they are trained by."""

    generator: Any
    """`keras.Sequential`: batch x latent_dim float32 to batch x 28 x 28 float32, about [-1, 1]."""

    discriminator: Any
    """`keras.Sequential`: batch x 28 x 28 float32 to batch x 1 float32, a logit."""

    loss: GanLoss
    """What both minimise."""

    @property
    def normalises_batches(self) -> bool:
        """Whether the discriminator's logit for an image depends on the others in its batch."""
        layers = self.discriminator.layers
        return any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)


def forward(network: Any, inputs: Any, **arguments: Any) -> Any:
    """Run a network; `activations` says how.

    Returns:
        The last layer's outputs.
    """
    return activations(network, inputs, **arguments)[-1]


def activations(network: Any, inputs: Any, **arguments: Any) -> list[Any]:
    """Run a network layer by layer, as Keras would, with arguments that Keras doesn't know.

    Args:
        network: A `keras.Sequential`.
        inputs: The first layer's inputs.
        arguments: Each layer receives those that its `call` names: `training` for the layers that
            train otherwise than they infer, `random_bytes` for dropout.

    Returns:
        The outputs of every layer, in order.
    """
    outputs = []
    for layer in network.layers:
        accepted = inspect.signature(layer.call).parameters
        named = {name: value for name, value in arguments.items() if name in accepted}
        inputs = layer(inputs, **named)
        outputs.append(inputs)
    return outputs


def dense_layers(network: Any) -> list[Dense]:
    """The Dense layers of a network, in order."""
    return [layer for layer in network.layers if isinstance(layer, Dense)]


def parameter_count(network: Any) -> int:
    """How many numbers training changes by gradient."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
