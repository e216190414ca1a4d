"""Tensors as one vector and back."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gan.training.flat import Flat


def test_what_was_packed_is_unpacked() -> None:
    tensors = [tf.random.stateless_normal(shape, [1, 2]) for shape in ((), (3,), (2, 5))]
    flat = Flat([tensor.shape for tensor in tensors])
    vector = flat.packed(tensors)
    assert vector.shape == flat.signature.shape == (14,)
    for found, tensor in zip(flat.unpacked(vector), tensors, strict=True):
        np.testing.assert_array_equal(found, tensor)
