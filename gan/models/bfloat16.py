"""How Dense layers multiply in training: in float32, or from factors rounded to bfloat16.

Mixed precision (Micikevicius et al. 2018): the factors of a matrix multiplication are rounded to
bfloat16 and its sums are kept in float32. Weights, batch normalisation, losses and optimizers stay
float32. bfloat16 has the range of float32, so losses need no scaling.

On two CPU cores with AVX-512 BF16, `mlp-dropout` makes 1.67 times the steps of float32 and
`tutorial` 1.61 times (`python -m tests.bench.precisions --preset mlp-dropout`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

from gan.config import PRECISIONS
from gan.models.private_tensorflow import materialised, matmul_in_float32

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.layers import Matmul

_STRIP: Final = 32
"""Rows that are transposed together: a strip of them fits a CPU's first-level cache."""

_MIN_STRIP: Final = 8
"""Rows are padded to a multiple of this, so that no strip is thinner."""


def matmul_for(precision: str, *, xla_compiles: bool, on_cpu: bool) -> Matmul:
    """The matrix multiplication for a precision, one of `gan.config.PRECISIONS`.

    Args:
        precision: How factors are rounded. `tf32` is a mode of the GPU and needs nothing here.
        xla_compiles: Whether XLA compiles it, or it runs as a plain graph.
        on_cpu: Whether it runs on a CPU.

    Raises:
        ValueError: Another precision, such as `auto`, which the device has to decide.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"received precision {precision}, expected one of {PRECISIONS}")
    if precision != "bfloat16":
        return tf.matmul  # type: ignore[no-any-return]
    if not xla_compiles:
        return differentiable(plain_graph_matmul)
    return differentiable(cpu_matmul if on_cpu else bfloat16_matmul)


def bfloat16_matmul(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """Multiply matrices rounded to bfloat16, summing in float32. Only XLA compiles it.

    XLA turns `tf.matmul` of bfloat16 matrices on a CPU into a float32 multiplication whose result
    it rounds, which is slower than plain float32.
    """
    a, b = tf.cast(a, tf.bfloat16), tf.cast(b, tf.bfloat16)
    return matmul_in_float32(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def plain_graph_matmul(a: Any, b: Any, **transposed: bool) -> Any:
    """The same without XLA: the result is rounded to bfloat16 too."""
    product = tf.matmul(tf.cast(a, tf.bfloat16), tf.cast(b, tf.bfloat16), **transposed)
    return tf.cast(product, tf.float32)


def cpu_matmul(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """The same with the first factor transposed in memory, if it alone is transposed.

    XLA has no bfloat16 multiplication with a transposed first factor for a CPU and falls back to
    float32; every gradient of a kernel needs one. 784x512 times 512x512 on two cores with AVX-512
    BF16 takes 2.1 ms in float32 and 1.1 ms this way, the transposing included. Rows that fill no
    strip are padded with zeros, which add nothing to a sum.
    """
    if transpose_a and not transpose_b:
        missing = -a.shape[0] % _MIN_STRIP
        a, b = _pad_rows(tf.cast(a, tf.bfloat16), missing), _pad_rows(b, missing)
        return bfloat16_matmul(_transpose(a), b)
    return bfloat16_matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def differentiable(matmul: Matmul) -> Matmul:
    """The matrix multiplication with a gradient made of the same, to any order.

    A gradient penalty differentiates twice, so each gradient must be differentiable in its turn.
    """

    def multiply(a: Any, b: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def product(a: Any, b: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
            def gradient(by_product: Any) -> tuple[Any, Any]:
                if transpose_a:
                    by_a = multiply(b, by_product, transpose_a=transpose_b, transpose_b=True)
                else:
                    by_a = multiply(by_product, b, transpose_b=not transpose_b)
                if transpose_b:
                    by_b = multiply(by_product, a, transpose_a=True, transpose_b=transpose_a)
                else:
                    by_b = multiply(a, by_product, transpose_a=not transpose_a)
                return by_a, by_b

            return matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b), gradient

        return product(a, b)

    return multiply


def _pad_rows(matrix: Any, rows: int) -> Any:
    """Append rows of zeros."""
    return tf.pad(matrix, ((0, rows), (0, 0))) if rows else matrix


def _transpose(matrix: Any) -> Any:
    """The transpose, in two separate passes that each move contiguous runs of memory.

    XLA would make one strided pass of it, which takes as long as the multiplication that it is for.
    """
    rows, columns = matrix.shape
    strip = math.gcd(rows, _STRIP)
    strips = tf.reshape(matrix, (rows // strip, strip, columns))
    transposed = materialised(tf.transpose(strips, (0, 2, 1)))
    return materialised(tf.reshape(tf.transpose(transposed, (1, 0, 2)), (columns, rows)))
