"""How the Dense layers multiply while they train: from factors of float32, or of bfloat16.

Mixed precision (Micikevicius et al. 2018): the factors of a product are rounded to bfloat16, its
sums are kept in float32, and so is everything else, the weights, the batch normalisation, the
losses and the optimizer among it. bfloat16 has the range of float32, so that no loss is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.compiler.xla import xla_data_pb2

Product = Callable[..., Any]
"""Multiplies two float32 matrices as `tf.matmul` does, with its `transpose_a` and `transpose_b`."""

_STRIP: Final = 32
"""Rows that are turned together: a strip of them stays in a CPU's nearest cache."""

_LEAST_STRIP: Final = 8
"""Rows are filled up to a multiple of this, so that there are no thinner strips."""


def product_for(precision: str, *, xla_compiles: bool, on_cpu: bool) -> Product | None:
    """The product for a precision, one of `gan.config.PRECISIONS`; none for the layers' own.

    Args:
        precision: How factors are rounded. `tf32` is a mode of a GPU, and nothing else here.
        xla_compiles: Whether it is compiled by XLA, or runs as a plain graph.
        on_cpu: Whether it runs on a CPU.
    """
    if precision != "bfloat16":
        return None
    if not xla_compiles:
        return differentiable(of_bfloat16_in_a_plain_graph)
    return differentiable(of_bfloat16_turned if on_cpu else of_bfloat16)


def of_bfloat16(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """The product of matrices rounded to bfloat16, summed in float32. Only XLA compiles it.

    `tf.matmul` has no result of another type than its factors': XLA makes a product in float32 of
    that, and rounds, which on a CPU is slower than to leave all as it was.
    """
    dimensions = xla_data_pb2.DotDimensionNumbers(
        lhs_contracting_dimensions=[0 if transpose_a else 1],
        rhs_contracting_dimensions=[1 if transpose_b else 0],
    )
    a, b = tf.cast(a, tf.bfloat16), tf.cast(b, tf.bfloat16)
    return xla.dot_general(a, b, dimensions, preferred_element_type=tf.float32)


def of_bfloat16_in_a_plain_graph(a: Any, b: Any, **transposed: bool) -> Any:
    """The same but for its result, which is rounded to bfloat16 too."""
    product = tf.matmul(tf.cast(a, tf.bfloat16), tf.cast(b, tf.bfloat16), **transposed)
    return tf.cast(product, tf.float32)


def of_bfloat16_turned(
    a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False
) -> Any:
    """The same with its first factor turned beforehand, where that alone is to be transposed.

    XLA knows no product of bfloat16 with a transposed first factor for a CPU: it falls back to
    float32. That factor is in every gradient of weights. 784x512 times 512x512, on two cores with
    AVX-512 BF16: 2.1 ms as it is, 1.1 ms turned, its turning included. Rows that fill no strip are
    filled up with zeros, which add nothing.
    """
    if transpose_a and not transpose_b:
        missing = -a.shape[0] % _LEAST_STRIP
        a, b = _with_zeros_below(tf.cast(a, tf.bfloat16), missing), _with_zeros_below(b, missing)
        return of_bfloat16(_turned(a), b)
    return of_bfloat16(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def differentiable(product: Product) -> Product:
    """The product with a way back by products of the same kind, where nothing is transposed."""

    def forward(a: Any, b: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
        def back(by: Any) -> tuple[Any, Any]:
            return product(by, b, transpose_b=True), product(a, by, transpose_a=True)

        return product(a, b), back

    as_they_are = tf.custom_gradient(forward)

    def multiply(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
        if transpose_a or transpose_b:
            return product(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
        return as_they_are(a, b)

    return multiply


def _with_zeros_below(matrix: Any, rows: int) -> Any:
    return tf.pad(matrix, ((0, rows), (0, 0))) if rows else matrix


def _turned(matrix: Any) -> Any:
    """The transpose, in two passes that both move whole runs of memory, kept apart.

    One pass, as XLA would make of it, goes through memory in strides, a number at a time: it takes
    as long as the product that it is for.
    """
    rows, columns = matrix.shape
    strip = math.gcd(rows, _STRIP)
    strips = tf.reshape(matrix, (rows // strip, strip, columns))
    turned = _as_it_is(tf.transpose(strips, (0, 2, 1)))
    return _as_it_is(tf.reshape(tf.transpose(turned, (1, 0, 2)), (columns, rows)))


def _as_it_is(matrix: Any) -> Any:
    """The matrix, made before anything is made of it."""
    (held,) = xla.optimization_barrier(matrix)
    return held
