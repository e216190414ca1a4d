"""The losses are the formulas, at any logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tensorflow as tf

from gan.models.losses import NonSaturatingLoss, RelativisticLoss
from gan.models.presets import LOSSES, loss

if TYPE_CHECKING:
    from gan.models.losses import GanLoss

CLASSIC = NonSaturatingLoss()
RELATIVISTIC = RelativisticLoss()
ORDINARY = np.random.default_rng(0).normal(0, 3, (256, 1)).astype(np.float32)
EXTREME = np.array([[-1e30], [-1e4], [-90.0], [0.0], [90.0], [1e4], [1e30]], np.float32)


def bce(label: int, logits: np.ndarray) -> float:
    """Binary cross-entropy in float64: -log sigmoid(x) for 1, -log(1 - sigmoid(x)) for 0."""
    signed = logits.astype(np.float64) * (1 if label == 0 else -1)
    return float(np.mean(np.logaddexp(0, signed)))


def paired(better: np.ndarray, worse: np.ndarray) -> float:
    """The mean of -log sigmoid(better - worse), image by image, in float64."""
    difference = better.astype(np.float64) - worse.astype(np.float64)
    return float(np.mean(np.logaddexp(0, -difference)))


LOGITS = [
    pytest.param(ORDINARY, -0.5 * ORDINARY + 1, id="ordinary"),
    pytest.param(EXTREME, EXTREME[::-1], id="extreme"),
    pytest.param(EXTREME * 0, EXTREME * 0, id="undecided"),
]


@pytest.mark.parametrize(("real", "fake"), LOGITS)
def test_the_discriminators_loss_is_the_formula(real: np.ndarray, fake: np.ndarray) -> None:
    expected = bce(1, real) + bce(0, fake)
    computed = CLASSIC.discriminator(tf.constant(real), tf.constant(fake))
    np.testing.assert_allclose(computed, expected, rtol=1e-6)


@pytest.mark.parametrize(("real", "fake"), LOGITS)
def test_the_generators_loss_is_the_non_saturating_formula(
    real: np.ndarray, fake: np.ndarray
) -> None:
    computed = CLASSIC.generator(tf.constant(real), tf.constant(fake))
    np.testing.assert_allclose(computed, bce(1, fake), rtol=1e-6)


@pytest.mark.parametrize(("real", "fake"), LOGITS)
def test_the_relativistic_losses_are_the_formulas_over_pairs(
    real: np.ndarray, fake: np.ndarray
) -> None:
    logits = tf.constant(real), tf.constant(fake)
    np.testing.assert_allclose(RELATIVISTIC.discriminator(*logits), paired(real, fake), rtol=1e-6)
    np.testing.assert_allclose(RELATIVISTIC.generator(*logits), paired(fake, real), rtol=1e-6)


def test_the_formula_in_logarithms_agrees() -> None:
    """The references themselves, as the papers write them, for logits that overflow nothing."""
    probability = 1 / (1 + np.exp(-ORDINARY.astype(np.float64)))
    assert bce(1, ORDINARY) == pytest.approx(-np.mean(np.log(probability)), rel=1e-6)
    assert bce(0, ORDINARY) == pytest.approx(-np.mean(np.log1p(-probability)), rel=1e-6)
    assert paired(ORDINARY, ORDINARY * 0) == pytest.approx(bce(1, ORDINARY), rel=1e-6)


def test_an_undecided_discriminator_loses_logarithms_of_two() -> None:
    zeros = tf.zeros((4, 1))
    assert float(CLASSIC.discriminator(zeros, zeros)) == pytest.approx(2 * np.log(2))
    for undecided in (CLASSIC.generator, RELATIVISTIC.discriminator, RELATIVISTIC.generator):
        assert float(undecided(zeros, zeros)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("name", LOSSES)
def test_the_generators_loss_falls_as_the_discriminator_takes_its_images_for_real(
    name: str,
) -> None:
    """And the discriminator's falls as it tells them apart."""
    chosen = loss(name)
    real, fake = tf.Variable(ORDINARY), tf.Variable(ORDINARY[::-1].copy())
    with tf.GradientTape(persistent=True) as tape:
        d_loss, g_loss = chosen.discriminator(real, fake), chosen.generator(real, fake)
    assert (np.asarray(tape.gradient(d_loss, real)) < 0).all()
    assert (np.asarray(tape.gradient(d_loss, fake)) > 0).all()
    assert (np.asarray(tape.gradient(g_loss, fake)) < 0).all()


def test_gradients_are_finite_at_extreme_logits() -> None:
    real, fake = tf.Variable(EXTREME), tf.Variable(EXTREME)
    with tf.GradientTape(persistent=True) as tape:
        d_loss, g_loss = CLASSIC.discriminator(real, fake), CLASSIC.generator(real, fake)
    count = len(EXTREME)
    sigmoid = np.array([[0], [0], [0], [0.5], [1], [1], [1]]) / count
    np.testing.assert_allclose(tape.gradient(d_loss, real), sigmoid - 1 / count, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(d_loss, fake), sigmoid, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(g_loss, fake), sigmoid - 1 / count, atol=1e-7)


def test_relativistic_gradients_are_finite_at_extreme_logits() -> None:
    real, fake = tf.Variable(EXTREME), tf.Variable(EXTREME * 0)
    with tf.GradientTape(persistent=True) as tape:
        d_loss, g_loss = RELATIVISTIC.discriminator(real, fake), RELATIVISTIC.generator(real, fake)
    count = len(EXTREME)
    sigmoid = np.array([[0], [0], [0], [0.5], [1], [1], [1]]) / count
    np.testing.assert_allclose(tape.gradient(d_loss, real), sigmoid - 1 / count, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(d_loss, fake), 1 / count - sigmoid, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(g_loss, fake), -sigmoid, atol=1e-7)


@pytest.mark.parametrize("logits", [ORDINARY, EXTREME], ids=["ordinary", "extreme"])
def test_the_classic_scores_are_mean_probabilities(logits: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        expected = [np.mean(1 / (1 + np.exp(-x.astype(np.float64)))) for x in (logits, -logits)]
    scores = CLASSIC.scores(tf.constant(logits), tf.constant(-logits))
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_the_relativistic_scores_are_the_shares_of_pairs_ranked_rightly_and_wrongly() -> None:
    real = tf.constant([[1.0], [-5.0], [3.0], [0.0]])
    fake = tf.constant([[0.5], [-6.0], [4.0], [-1e30]])
    assert [float(share) for share in RELATIVISTIC.scores(real, fake)] == [0.75, 0.25]


def test_images_of_a_pair_with_one_logit_are_not_told_apart() -> None:
    zeros = tf.zeros((4, 1))
    assert [float(share) for share in RELATIVISTIC.scores(zeros, zeros)] == [0.0, 1.0]


@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_scores_are_float32_scalars(name: str) -> None:
    chosen: GanLoss = loss(name)
    logits = tf.constant(ORDINARY), tf.constant(-ORDINARY)
    values = [chosen.discriminator(*logits), chosen.generator(*logits), *chosen.scores(*logits)]
    assert [(value.dtype, value.shape.rank) for value in values] == [(tf.float32, 0)] * 4


def test_classic_is_the_default() -> None:
    """D(x) and D(G(z)) mean something by it."""
    assert next(iter(LOSSES)) == "classic"
    assert isinstance(loss("classic"), NonSaturatingLoss)
    assert isinstance(loss("relativistic"), RelativisticLoss)
