"""Words drawn where they are used are the words that XLA draws."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan.models.randomness import Draws, Purpose
from gan.models.threefry import threefry

KEY = (123_456_789_012, -3)
"""More than 32 bits, and fewer than none: the low 32 count."""


def both(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The words by `threefry`, and by XLA's own generator."""

    @tf.function(jit_compile=True)
    def drawn(key: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        whole = {"minval": None, "maxval": None, "dtype": tf.uint32}
        return threefry(key, shape), tf.random.stateless_uniform(
            shape, key, alg="threefry", **whole
        )

    words, expected = drawn(tf.constant(KEY, tf.int64))
    return words.numpy(), expected.numpy()


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((64, 32), id="latents"),
        pytest.param((2, 64), id="shifts"),
        pytest.param((1000,), id="bytes"),
        pytest.param((7, 4), id="the second axis is even"),
        pytest.param((7,), id="odd: the last word has no partner"),
        pytest.param((3, 5, 7), id="all odd: pairs along the longest axis"),
        pytest.param((1,), id="one word"),
    ],
)
def test_the_words_are_those_of_xla(shape: tuple[int, ...]) -> None:
    words, expected = both(shape)
    assert words.dtype == np.uint32
    np.testing.assert_array_equal(words, expected)


def test_a_gpu_draws_what_a_cpu_draws() -> None:
    """So a run can go on on the other, from the same numbers."""

    def drawn(algorithm: str) -> list[np.ndarray]:
        @tf.function(jit_compile=True)
        def compiled(step: tf.Tensor, branch: tf.Tensor) -> list[tf.Tensor]:
            draws = Draws(2**31 - 1, step, algorithm, branch)
            return [
                draws.normal(Purpose.LATENTS, (64, 100)),
                draws.integers(Purpose.REAL_SHIFTS, (2, 64), 5),
                draws.random_bytes(Purpose.REAL_DROPOUT, (33, 7)),
            ]

        found = compiled(tf.constant(2**40 + 7, tf.int64), tf.constant(3, tf.int64))
        return [one.numpy() for one in found]

    for cpu, gpu in zip(drawn("threefry"), drawn("fused_threefry"), strict=True):
        np.testing.assert_array_equal(cpu, gpu)
