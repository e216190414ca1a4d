"""Matrix multiplications in every precision are the textbook's, and so are their gradients."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan.models.bfloat16 import differentiable, matmul_for

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
    matmul = matmul_for(precision, xla_compiles=True, on_cpu=on_cpu)
    return tf.function(matmul, jit_compile=True)


@pytest.mark.parametrize("transposed", TRANSPOSED)
@pytest.mark.parametrize("on_cpu", [True, False])
@pytest.mark.parametrize("inner", [64, 24, 20], ids=["strips of 32", "strips of 8", "padded"])
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
    matmul = matmul_for("bfloat16", xla_compiles=False, on_cpu=True)
    received = matmul(*factors, **transposed)
    assert received.dtype == tf.float32
    np.testing.assert_array_equal(received, rounded(received))
    expected = tf.matmul(*map(rounded, factors), **transposed)
    np.testing.assert_allclose(received, expected, rtol=2**-7, atol=1e-2)


def test_the_gradient_is_that_of_a_matrix_multiplication() -> None:
    left, right = matrices(rows=64)
    weights = tf.random.stateless_normal((64, 12), [5, 6])
    matmul = matmul_for("bfloat16", xla_compiles=True, on_cpu=True)

    def gradients(matmul: Any, *inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(matmul(*inputs) * tf.cast(weights, inputs[0].dtype))
        return tape.gradient(total, inputs)

    received = tf.function(lambda *inputs: gradients(matmul, *inputs), jit_compile=True)(
        left, right
    )
    by = rounded(weights)
    expected = by @ tf.transpose(rounded(right)), tf.transpose(rounded(left)) @ by
    for gradient, wanted in zip(received, expected, strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-4)


def derivatives(matmul: Any, transposed: dict[str, bool], left: Any, right: Any) -> list[Any]:
    """The gradients of a product, and those of their squares, as a gradient penalty takes them."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((left, right))
        with tf.GradientTape() as inner:
            inner.watch((left, right))
            total = tf.reduce_sum(tf.tanh(matmul(left, right, **transposed) / 8))
        first = inner.gradient(total, (left, right))
        penalties = [tf.reduce_sum(gradient**2) for gradient in first]
    second = [tape.gradient(penalty, (left, right)) for penalty in penalties]
    return [*first, *second[0], *second[1]]


@pytest.mark.parametrize("transposed", TRANSPOSED)
def test_first_and_second_derivatives_are_tensorflows_own(transposed: dict[str, bool]) -> None:
    """Of the same multiplication, whatever of it is transposed."""
    factors = matrices(**transposed)
    received = derivatives(differentiable(tf.matmul), transposed, *factors)
    expected = derivatives(tf.matmul, transposed, *factors)
    assert len(received) == 6
    for gradient, wanted in zip(received, expected, strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("on_cpu", "transposed"), [*((True, transposed) for transposed in TRANSPOSED), (False, {})]
)
def test_first_and_second_derivatives_in_bfloat16_are_nearly_those_of_float32(
    on_cpu: bool, transposed: dict[str, bool]
) -> None:
    factors = matrices(**transposed)
    matmul = matmul_for("bfloat16", xla_compiles=True, on_cpu=on_cpu)
    run = tf.function(lambda *pair: derivatives(matmul, transposed, *pair), jit_compile=True)
    for gradient, wanted in zip(
        run(*factors), derivatives(tf.matmul, transposed, *factors), strict=True
    ):
        assert gradient.dtype == tf.float32
        np.testing.assert_allclose(gradient, wanted, atol=0.02 * np.abs(wanted).max())


@pytest.mark.parametrize("inner", [32, 20])
def test_on_a_cpu_no_first_factor_is_transposed_by_the_multiplication(inner: int) -> None:
    """XLA would do it in float32. Rows are padded to whole strips of eight."""
    matmul = matmul_for("bfloat16", xla_compiles=True, on_cpu=True)
    transposed = tf.function(lambda a, b: matmul(a, b, transpose_a=True), jit_compile=True)
    factors = matrices(inner=inner, transpose_a=True)
    program = transposed.experimental_get_compiler_ir(*factors)(stage="optimized_hlo")
    (line,) = [line for line in program.splitlines() if " dot(" in line]
    assert "lhs_contracting_dims={1}, rhs_contracting_dims={0}" in line


def test_a_precision_that_the_device_has_to_decide_is_refused() -> None:
    """It would be float32 without a word."""
    with pytest.raises(ValueError, match="received precision auto"):
        matmul_for("auto", xla_compiles=True, on_cpu=True)


@pytest.mark.parametrize("precision", ["float32", "tf32"])
def test_the_others_are_tensorflows(precision: str) -> None:
    for xla_compiles, on_cpu in itertools.product((False, True), repeat=2):
        assert matmul_for(precision, xla_compiles=xla_compiles, on_cpu=on_cpu) is tf.matmul
