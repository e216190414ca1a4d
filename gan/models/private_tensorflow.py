"""The parts of TensorFlow that are not its public API, and nothing else imports.

TensorFlow may change them in any release, so their test names the release that they were checked
with. Both operations exist only where XLA compiles.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.compiler.xla import xla_data_pb2


def matmul_in_float32(
    a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False
) -> Any:
    """Multiply two bfloat16 matrices into a float32 one.

    The result of `tf.matmul` always has the type of its factors.
    """
    dimensions = xla_data_pb2.DotDimensionNumbers(
        lhs_contracting_dimensions=[0 if transpose_a else 1],
        rhs_contracting_dimensions=[1 if transpose_b else 0],
    )
    return xla.dot_general(a, b, dimensions, preferred_element_type=tf.float32)


def materialised(matrix: Any) -> Any:
    """The same matrix, written to memory and not fused with what is computed from it."""
    (barrier,) = xla.optimization_barrier(matrix)
    return barrier
