"""Tensors as one vector, so that one reduction over replicas serves all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Sequence


class Flat:
    """The order and the shapes of some float32 tensors in a vector."""

    def __init__(self, shapes: Sequence[Sequence[int]]) -> None:
        """Tensors of these shapes, in this order."""
        self._shapes = [tuple(shape) for shape in shapes]
        self._sizes = [math.prod(shape) for shape in self._shapes]

    @property
    def signature(self) -> Any:
        """The vector's."""
        return tf.TensorSpec((sum(self._sizes),), tf.float32)

    @staticmethod
    def packed(tensors: Sequence[Any]) -> Any:
        """The vector of tensors."""
        return tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], axis=0)

    def unpacked(self, vector: Any) -> list[Any]:
        """The tensors of a vector."""
        parts = zip(tf.split(vector, self._sizes), self._shapes, strict=True)
        return [tf.reshape(part, shape) for part, shape in parts]
