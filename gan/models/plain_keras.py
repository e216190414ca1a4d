"""Networks made of Keras's own layers alone, with the weights and the outputs of ours.

Keras opens them without this program, on any of its backends. Patches and a Dense layer become the
convolution that they are (`gan.models.convolution`), whose sums are added in another order: outputs
are the same to the rounding of float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras

from gan.errors import GanTuiError
from gan.models.convolution import Interleaved, NeighbourPatches, StridedPatches
from gan.models.keras_settings import own_keras_settings
from gan.models.layer_names import layer_names
from gan.models.layers import STEEPNESS, BatchNormalization, Dense, KeyedDropout, SmoothSigns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_KERNEL: Final = 4
"""Rows and columns of the kernel of a strided convolution, forwards and transposed."""


@own_keras_settings()
def plain(network: Any) -> Any:
    """The same network of Keras's layers.

    Args:
        network: A `keras.Sequential` of a preset.

    Returns:
        A `keras.Model` with the same name, inputs and outputs. Its layers are named after those of
        the network, as `layer_names` does, with the network's name before: `generator_dense_1`.
        One that needs several of Keras's has a word after it for all but the one with its weights.

    Raises:
        GanTuiError: Keras has no layers for one of the network's.
    """
    inputs = outputs = keras.Input(network.input_shape[1:], name="inputs")
    names = [f"{network.name}_{name}" for name in layer_names(network)]
    layers = iter(zip(network.layers, names, strict=True))
    for layer, name in layers:
        outputs = _applied(layer, name, layers, outputs)
    return keras.Model(inputs, outputs, name=network.name)


def _applied(layer: Any, name: str, following: Iterator[tuple[Any, str]], inputs: Any) -> Any:
    """The outputs of a layer, and of those after it that make one of Keras's with it."""
    if isinstance(layer, SmoothSigns):
        scaled = keras.layers.Rescaling(STEEPNESS, name=f"{name}_scaled")(inputs)
        signs = keras.layers.Activation("tanh", name=f"{name}_tanh")(scaled)
        return keras.layers.Concatenate(name=name)([inputs, signs])
    if isinstance(layer, StridedPatches):
        return _convolution(*_dense_of(layer, following), inputs)
    if isinstance(layer, NeighbourPatches):
        dense, dense_name = _dense_of(layer, following)
        shuffled, _ = next(following, (None, ""))
        if dense.use_bias or not isinstance(shuffled, Interleaved):
            raise _inexpressible(layer)
        return _transposed_convolution(dense, dense_name, inputs)
    return _with_weights(_alike(layer, name), inputs, layer.get_weights())


def _alike(layer: Any, name: str) -> Any:
    """Keras's layer of the same kind."""
    if isinstance(layer, Dense):
        return keras.layers.Dense(
            layer.units, activation=layer.activation, use_bias=layer.use_bias, name=name
        )
    if isinstance(layer, BatchNormalization):
        return keras.layers.BatchNormalization(
            momentum=layer.momentum, epsilon=layer.epsilon, name=name
        )
    if isinstance(layer, KeyedDropout):
        return keras.layers.Dropout(layer.rate, name=name)
    if type(layer).__module__.partition(".")[0] == "keras":
        return type(layer).from_config({**layer.get_config(), "name": name})
    raise _inexpressible(layer)


def _convolution(dense: Any, name: str, inputs: Any) -> Any:
    """The patches of `StridedPatches` and a Dense layer."""
    channels = inputs.shape[-1]
    kernel, *bias = dense.get_weights()
    # Axes of a patch: 2 x 2 blocks of 2 x 2 pixels.
    parts = kernel.reshape(2, 2, 2, 2, channels, dense.units)
    convolution = keras.layers.Conv2D(
        dense.units,
        _KERNEL,
        strides=2,
        activation=dense.activation,
        use_bias=dense.use_bias,
        name=name,
    )
    weights = [
        parts.transpose(0, 2, 1, 3, 4, 5).reshape(_KERNEL, _KERNEL, channels, dense.units),
        *bias,
    ]
    padded = keras.layers.ZeroPadding2D(1, name=f"{name}_padding")(inputs)
    return _with_weights(convolution, padded, weights)


def _transposed_convolution(dense: Any, name: str, inputs: Any) -> Any:
    """The patches of `NeighbourPatches`, a Dense layer without bias, and `Interleaved`."""
    channels, filters = inputs.shape[-1], dense.units // 4
    (kernel,) = dense.get_weights()
    # Axes: a patch's 2 x 2 pixels, their channels, the 2 x 2 pixels that are made, theirs.
    parts = kernel.reshape(2, 2, channels, 2, 2, filters)
    # A pixel reaches those before it by the end of a kernel, and those after it by the beginning.
    turned = parts[::-1, ::-1].transpose(0, 3, 1, 4, 5, 2)
    convolution = keras.layers.Conv2DTranspose(
        filters,
        _KERNEL,
        strides=2,
        padding="same",
        activation=dense.activation,
        use_bias=False,
        name=name,
    )
    weights = [turned.reshape(_KERNEL, _KERNEL, filters, channels)]
    return _with_weights(convolution, inputs, weights)


def _with_weights(layer: Any, inputs: Any, weights: list[np.ndarray]) -> Any:
    outputs = layer(inputs)
    layer.set_weights(weights)
    return outputs


def _dense_of(patches: Any, following: Iterator[tuple[Any, str]]) -> tuple[Any, str]:
    """The Dense layer after some patches, and its name."""
    dense, name = next(following, (None, ""))
    if not isinstance(dense, Dense):
        raise _inexpressible(patches)
    return dense, name


def _inexpressible(layer: Any) -> GanTuiError:
    return GanTuiError(
        f"the layer {layer.name} ({type(layer).__name__}) has no equivalent among Keras's own "
        "layers where it stands. Export --safetensors instead."
    )
