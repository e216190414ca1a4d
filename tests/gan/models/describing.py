"""A network as a table that can be compared with the one it should be."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from gan.models.layers import KeyedDropout

Row = tuple[Any, ...]

NORMALISATION: Row = ("BatchNormalization", 0.99, 0.001, True, True)
"""Keras's defaults: momentum, epsilon, centred, scaled."""

LEAKY: Row = ("LeakyReLU", 0.3)
DROPOUT: Row = ("KeyedDropout", 0.3)


def dense(units: int, *, bias: bool = False, activation: str = "linear") -> Row:
    """A Dense layer: its units, whether it has a bias, and its activation."""
    return ("Dense", units, bias, activation)


def describe(network: Any) -> list[Row]:
    """Every layer that computes something, in order."""
    return [_row(layer) for layer in network.layers]


def _row(layer: Any) -> Row:
    kind = type(layer).__name__
    if isinstance(layer, keras.layers.Dense):
        return (kind, layer.units, layer.use_bias, layer.activation.__name__)
    if isinstance(layer, keras.layers.BatchNormalization):
        return (kind, layer.momentum, layer.epsilon, layer.center, layer.scale)
    if isinstance(layer, keras.layers.LeakyReLU):
        return (kind, round(float(layer.negative_slope), 6))
    if isinstance(layer, KeyedDropout):
        return (kind, layer.rate)
    if isinstance(layer, keras.layers.Reshape):
        return (kind, *layer.target_shape)
    return (kind,)


def all_parameters(network: Any) -> int:
    """Every number in a network, moving statistics included."""
    return sum(int(np.prod(weight.shape)) for weight in network.weights)
