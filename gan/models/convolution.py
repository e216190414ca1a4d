"""Convolutions as matrix products: layers that gather patches, for a Dense layer to multiply.

A strided convolution with a 4 x 4 kernel is `StridedPatches` and a Dense layer; a transposed one is
`NeighbourPatches`, a Dense layer with 4 units for each channel, and `Interleaved` (the sub-pixel
form of Shi et al. 2016, "Real-time single image and video super-resolution"). Each output pixel of
the transposed form has as many inputs as its neighbours, so it makes no checkerboard (Odena et al.
2016, "Deconvolution and checkerboard artifacts").

XLA has no fast convolution in bfloat16 for a CPU, and a product has the gradients of any order that
a gradient penalty needs.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class StridedPatches(keras.layers.Layer):
    """The 4 x 4 patches, two pixels apart, of images padded with a pixel of zeros on each side."""

    def call(self, inputs: Any) -> Any:
        """Gather the patches.

        Args:
            inputs: Float32, batch x rows x columns x channels, rows and columns even.

        Returns:
            Float32, batch x rows / 2 x columns / 2 x 16 channels.
        """
        padded = tf.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return _neighbours(tf.nn.space_to_depth(padded, 2))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the patches, for Keras."""
        batch, rows, columns, channels = input_shape
        return batch, _half(rows), _half(columns), 16 * (channels or 0)


class NeighbourPatches(keras.layers.Layer):
    """The 2 x 2 patches of images padded with a pixel of zeros on each side."""

    def call(self, inputs: Any) -> Any:
        """Gather the patches.

        Args:
            inputs: Float32, batch x rows x columns x channels.

        Returns:
            Float32, batch x (rows + 1) x (columns + 1) x 4 channels.
        """
        return _neighbours(tf.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0))))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the patches, for Keras."""
        batch, rows, columns, channels = input_shape
        return batch, (rows or 0) + 1, (columns or 0) + 1, 4 * (channels or 0)


class Interleaved(keras.layers.Layer):
    """Turns four channels into 2 x 2 pixels, and leaves out the outermost pixels."""

    def call(self, inputs: Any) -> Any:
        """Interleave the channels.

        Args:
            inputs: Float32, batch x (rows + 1) x (columns + 1) x 4 channels.

        Returns:
            Float32, batch x 2 rows x 2 columns x channels.
        """
        return tf.nn.depth_to_space(inputs, 2)[:, 1:-1, 1:-1, :]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the images, for Keras."""
        batch, rows, columns, channels = input_shape
        return batch, 2 * (rows or 0) - 2, 2 * (columns or 0) - 2, (channels or 0) // 4


def _neighbours(images: Any) -> Any:
    """Each pixel with those to its right, below, and below to the right, along the last axis."""
    return tf.concat(
        [images[:, :-1, :-1], images[:, :-1, 1:], images[:, 1:, :-1], images[:, 1:, 1:]], axis=-1
    )


def _half(size: int | None) -> int | None:
    return None if size is None else size // 2
