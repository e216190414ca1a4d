"""The losses are the formulas, at any logit."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan.models.losses import NonSaturatingLoss, score

LOSS = NonSaturatingLoss()
ORDINARY = np.random.default_rng(0).normal(0, 3, (256, 1)).astype(np.float32)
EXTREME = np.array([[-1e30], [-1e4], [-90.0], [0.0], [90.0], [1e4], [1e30]], np.float32)


def bce(label: int, logits: np.ndarray) -> float:
    """Binary cross-entropy in float64: -log sigmoid(x) for 1, -log(1 - sigmoid(x)) for 0."""
    signed = logits.astype(np.float64) * (1 if label == 0 else -1)
    return float(np.mean(np.logaddexp(0, signed)))


LOGITS = [
    pytest.param(ORDINARY, -0.5 * ORDINARY + 1, id="ordinary"),
    pytest.param(EXTREME, EXTREME[::-1], id="extreme"),
    pytest.param(EXTREME * 0, EXTREME * 0, id="undecided"),
]


@pytest.mark.parametrize(("real", "fake"), LOGITS)
def test_the_discriminators_loss_is_the_formula(real: np.ndarray, fake: np.ndarray) -> None:
    expected = bce(1, real) + bce(0, fake)
    computed = LOSS.discriminator(tf.constant(real), tf.constant(fake))
    np.testing.assert_allclose(computed, expected, rtol=1e-6)


@pytest.mark.parametrize(("_real", "fake"), LOGITS)
def test_the_generators_loss_is_the_non_saturating_formula(
    _real: np.ndarray, fake: np.ndarray
) -> None:
    np.testing.assert_allclose(LOSS.generator(tf.constant(fake)), bce(1, fake), rtol=1e-6)


def test_the_formula_in_logarithms_agrees() -> None:
    """The reference itself, as the paper writes it, for logits that overflow nothing."""
    probability = 1 / (1 + np.exp(-ORDINARY.astype(np.float64)))
    assert bce(1, ORDINARY) == pytest.approx(-np.mean(np.log(probability)), rel=1e-6)
    assert bce(0, ORDINARY) == pytest.approx(-np.mean(np.log1p(-probability)), rel=1e-6)


def test_an_undecided_discriminator_loses_two_logarithms_of_two() -> None:
    zeros = tf.zeros((4, 1))
    assert float(LOSS.discriminator(zeros, zeros)) == pytest.approx(2 * np.log(2))
    assert float(LOSS.generator(zeros)) == pytest.approx(np.log(2))


def test_gradients_are_finite_at_extreme_logits() -> None:
    real, fake = tf.Variable(EXTREME), tf.Variable(EXTREME)
    with tf.GradientTape(persistent=True) as tape:
        d_loss, g_loss = LOSS.discriminator(real, fake), LOSS.generator(fake)
    count = len(EXTREME)
    sigmoid = np.array([[0], [0], [0], [0.5], [1], [1], [1]]) / count
    np.testing.assert_allclose(tape.gradient(d_loss, real), sigmoid - 1 / count, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(d_loss, fake), sigmoid, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(g_loss, fake), sigmoid - 1 / count, atol=1e-7)


@pytest.mark.parametrize("logits", [ORDINARY, EXTREME], ids=["ordinary", "extreme"])
def test_the_score_is_the_mean_probability(logits: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        expected = np.mean(1 / (1 + np.exp(-logits.astype(np.float64))))
    assert float(score(tf.constant(logits))) == pytest.approx(expected, rel=1e-6)
