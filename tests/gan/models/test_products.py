"""Products in every precision are the textbook's, rounded as they say, and so is their way back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan.config import PRECISIONS
from gan.models.products import product_for, turning

Matrices = tuple[Any, Any]
TRANSPOSED = (
    {},
    {"transpose_a": True},
    {"transpose_b": True},
    {"transpose_a": True, "transpose_b": True},
)


def matrices(rows: int = 64, inner: int = 20, columns: int = 12, **transposed: bool) -> Matrices:
    left = (inner, rows) if transposed.get("transpose_a") else (rows, inner)
    right = (columns, inner) if transposed.get("transpose_b") else (inner, columns)
    return (
        tf.random.stateless_normal(left, [1, 2]),
        tf.random.stateless_normal(right, [3, 4]),
    )


def rounded(matrix: Any) -> Any:
    return tf.cast(tf.cast(matrix, tf.bfloat16), tf.float64)


def compiled(precision: str, *, on_cpu: bool = True) -> Any:
    product = product_for(precision, xla_compiles=True, on_cpu=on_cpu) or tf.matmul
    return tf.function(product, jit_compile=True)


@pytest.mark.parametrize("transposed", TRANSPOSED)
@pytest.mark.parametrize("on_cpu", [True, False])
@pytest.mark.parametrize("inner", [64, 24, 20], ids=["strips of 32", "strips of 8", "filled up"])
def test_bfloat16_rounds_the_factors_and_sums_in_float32(
    inner: int, on_cpu: bool, transposed: dict[str, bool]
) -> None:
    factors = matrices(inner=inner, **transposed)
    received = compiled("bfloat16", on_cpu=on_cpu)(*factors, **transposed)
    expected = tf.matmul(*map(rounded, factors), **transposed)
    assert received.dtype == tf.float32
    np.testing.assert_allclose(received, expected, atol=1e-5)


@pytest.mark.parametrize("transposed", TRANSPOSED)
def test_bfloat16_without_xla_rounds_the_result_too(transposed: dict[str, bool]) -> None:
    factors = matrices(**transposed)
    product = product_for("bfloat16", xla_compiles=False, on_cpu=True)
    assert product is not None
    received = product(*factors, **transposed)
    assert received.dtype == tf.float32
    np.testing.assert_array_equal(received, rounded(received))
    expected = tf.matmul(*map(rounded, factors), **transposed)
    np.testing.assert_allclose(received, expected, rtol=2**-7, atol=1e-2)


@pytest.mark.parametrize("transposed", TRANSPOSED)
@pytest.mark.parametrize("inner", [64, 24, 20])
@pytest.mark.parametrize("precision", ["float32", "tf32"])
def test_float32_is_not_rounded_on_a_cpu(
    precision: str, inner: int, transposed: dict[str, bool]
) -> None:
    factors = matrices(inner=inner, **transposed)
    received = compiled(precision)(*factors, **transposed)
    np.testing.assert_allclose(received, tf.matmul(*factors, **transposed), atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_way_back_is_that_of_a_product(precision: str) -> None:
    left, right = matrices(rows=64)
    weights = tf.random.stateless_normal((64, 12), [5, 6])
    product = product_for(precision, xla_compiles=True, on_cpu=True)
    assert product is not None

    def gradients(product: Any, *inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(product(*inputs) * tf.cast(weights, inputs[0].dtype))
        return tape.gradient(total, inputs)

    received = tf.function(lambda *inputs: gradients(product, *inputs), jit_compile=True)(
        left, right
    )
    kind = rounded if precision == "bfloat16" else lambda matrix: tf.cast(matrix, tf.float64)
    by = kind(weights)
    expected = by @ tf.transpose(kind(right)), tf.transpose(kind(left)) @ by
    for gradient, wanted in zip(received, expected, strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-4)


def test_what_is_given_to_a_product_that_turns_is_turned_once() -> None:
    asked: list[tuple[Any, ...]] = []

    def product(a: Any, b: Any, **transposed: bool) -> Any:
        asked.append((a.shape, a.dtype, transposed))
        return tf.matmul(a, b, **transposed)

    multiply = tf.function(turning(product, tf.float32), jit_compile=True)
    for inner, filled_up in ((32, 32), (20, 24)):
        multiply(*matrices(inner=inner, transpose_a=True), transpose_a=True)
        assert asked.pop() == (
            (64, filled_up),
            tf.float32,
            {"transpose_a": False, "transpose_b": False},
        )
    assert asked == []


def test_a_gpu_and_a_plain_graph_multiply_float32_as_keras_does() -> None:
    for precision in ("float32", "tf32"):
        assert product_for(precision, xla_compiles=True, on_cpu=False) is None
        assert product_for(precision, xla_compiles=False, on_cpu=True) is None
