"""Gathered patches and a Dense layer are Keras's convolutions, with the same weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models.convolution import Interleaved, NeighbourPatches, StridedPatches
from gan.models.layers import Dense

CHANNELS = 3
UNITS = 5
SIZES = [(2, 2), (6, 8), (28, 28)]


def images(rows: int, columns: int) -> Any:
    return tf.random.stateless_normal((4, rows, columns, CHANNELS), [rows, columns])


def dense_of(matrix: np.ndarray) -> Dense:
    layer = Dense(matrix.shape[1], use_bias=False)
    layer.build((None, matrix.shape[0]))
    layer.kernel.assign(matrix)
    return layer


def halving() -> tuple[Any, list[Any]]:
    """Keras's strided convolution, and ours with its weights.

    A patch has the 2 x 2 blocks of pixels in order, and in each block its 2 x 2 pixels.
    """
    plain = keras.layers.Conv2D(UNITS, 4, strides=2, padding="same", use_bias=False)
    plain.build((None, None, None, CHANNELS))
    kernel = plain.kernel.numpy().reshape(2, 2, 2, 2, CHANNELS, UNITS)
    matrix = kernel.transpose(0, 2, 1, 3, 4, 5).reshape(16 * CHANNELS, UNITS)
    return plain, [StridedPatches(), dense_of(matrix)]


def doubling() -> tuple[Any, list[Any]]:
    """Keras's transposed convolution, and ours with its weights.

    The pixel before meets the far half of the kernel, and the pixel after the near half.
    """
    plain = keras.layers.Conv2DTranspose(UNITS, 4, strides=2, padding="same", use_bias=False)
    plain.build((None, None, None, CHANNELS))
    kernel = plain.kernel.numpy().reshape(2, 2, 2, 2, UNITS, CHANNELS)[::-1, :, ::-1]
    matrix = kernel.transpose(0, 2, 5, 1, 3, 4).reshape(4 * CHANNELS, 4 * UNITS)
    return plain, [NeighbourPatches(), dense_of(matrix), Interleaved()]


def through(layers: list[Any], inputs: Any) -> Any:
    for layer in layers:
        inputs = layer(inputs)
    return inputs


@pytest.mark.parametrize("pair", [halving, doubling])
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_outputs_and_the_gradient_are_keras(pair: Any, rows: int, columns: int) -> None:
    plain, ours = pair()
    inputs = images(rows, columns)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        expected, received = plain(inputs), through(ours, inputs)
        squares = [tf.reduce_sum(outputs**2) for outputs in (expected, received)]

    np.testing.assert_allclose(received, expected, atol=1e-5)
    by_expected, by_received = (tape.gradient(total, inputs) for total in squares)
    np.testing.assert_allclose(by_received, by_expected, atol=1e-4)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([StridedPatches()], (None, 14, 7, 16 * CHANNELS)),
        ([NeighbourPatches()], (None, 29, 15, 4 * CHANNELS)),
        ([NeighbourPatches(), Dense(4 * UNITS), Interleaved()], (None, 56, 28, UNITS)),
    ],
    ids=["halving", "neighbours", "doubling"],
)
def test_keras_knows_the_shapes_before_there_are_images(
    layers: list[Any], shape: tuple[int | None, ...]
) -> None:
    network = keras.Sequential([keras.Input((28, 14, CHANNELS)), *layers])
    assert network.output_shape == shape
    assert network(images(28, 14)).shape == (4, *shape[1:])


def test_every_output_pixel_has_as_many_inputs_as_its_neighbours() -> None:
    """So there is no checkerboard: of ones, ones come out, apart from the edges."""
    layers = [NeighbourPatches(), dense_of(np.ones((4, 4), np.float32) / 4), Interleaved()]
    outputs = through(layers, tf.ones((1, 7, 7, 1)))
    np.testing.assert_array_equal(outputs[0, 1:-1, 1:-1, 0], np.ones((12, 12)))
