"""The learning rate is a function of the step and of the horizon, and of nothing else."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.training.build import build_gan
from gan.training.schedule import CONSTANT_SHARE, FLOOR, DecayToHorizon, RisingShare
from tests.gan.small import STEPS_PER_EPOCH, tiny

RATE = 0.008
HORIZON = 400


def rates(steps: np.ndarray | list[int], horizon: int = HORIZON) -> np.ndarray:
    schedule = DecayToHorizon(RATE, horizon)
    return np.array([float(schedule(tf.constant(step, tf.int64))) for step in steps])


def test_it_is_constant_for_a_quarter_of_the_horizon() -> None:
    assert CONSTANT_SHARE == 0.25
    np.testing.assert_allclose(rates([0, 1, 50, 99, 100]), RATE, rtol=1e-6)
    assert rates([101])[0] < RATE


def test_then_it_falls_in_a_straight_line_to_its_floor() -> None:
    assert FLOOR == 0.01
    np.testing.assert_allclose(
        rates([100, 175, 250, 325, 397]), RATE * np.array([1, 0.75, 0.5, 0.25, 0.01]), rtol=1e-5
    )


@pytest.mark.parametrize("step", [HORIZON, HORIZON + 1, 1000 * HORIZON, 2**40])
def test_beyond_the_horizon_it_stays_at_a_hundredth(step: int) -> None:
    np.testing.assert_allclose(rates([step]), RATE / 100, rtol=1e-6)


@pytest.mark.parametrize("horizon", [1, 3, 17, 10**9])
def test_it_never_rises_and_is_never_zero(horizon: int) -> None:
    steps = np.unique(np.linspace(0, 2 * horizon, 50).astype(np.int64))
    found = rates(steps, horizon)
    assert (np.diff(found) <= 0).all()
    assert (found > 0).all()


def test_keras_can_build_it_again_from_its_configuration() -> None:
    again = DecayToHorizon.from_config(DecayToHorizon(RATE, HORIZON).get_config())
    assert float(again(tf.constant(200))) == rates([200])[0]


@pytest.mark.parametrize("steps", [1, 30, 10**6])
def test_the_rates_of_a_run_do_not_depend_on_its_length(steps: int) -> None:
    """So that a run can be made longer on resume."""
    gan = build_gan(tiny(preset="mlp", steps=steps, horizon=10), STEPS_PER_EPOCH)
    expected = DecayToHorizon(tiny(preset="mlp").learning_rate, 10 * STEPS_PER_EPOCH)
    for adam in (gan.generator_optimizer, gan.discriminator_optimizer):
        for made in (0, 45, 46, 100, 180, 999):
            adam.iterations.assign(made)
            assert float(adam.learning_rate) == float(expected(tf.constant(made)))


def test_the_horizon_is_in_epochs_of_the_runs_own_data() -> None:
    rate = tiny(preset="mlp").learning_rate
    for steps_per_epoch in (7, 70):
        adam = build_gan(tiny(preset="mlp", horizon=2), steps_per_epoch).generator_optimizer
        adam.iterations.assign(steps_per_epoch)
        # Half-way: a quarter of the horizon at the full rate, and a third of the way down.
        assert float(adam.learning_rate) == pytest.approx(rate * 2 / 3)


def test_no_horizon_is_a_constant_rate() -> None:
    adam = build_gan(tiny(preset="mlp", horizon=0), STEPS_PER_EPOCH).generator_optimizer
    adam.iterations.assign(10**6)
    assert float(adam.learning_rate) == pytest.approx(tiny(preset="mlp").learning_rate)
    assert not math.isnan(float(adam.learning_rate))


def test_an_update_has_the_rate_of_the_steps_before_it() -> None:
    """Adam's first update is the rate, in size: the last before the floor, and the first at it."""
    for made in (0, 250, 400):
        adam = keras.optimizers.Adam(DecayToHorizon(RATE, HORIZON), beta_1=0.0, beta_2=0.0)
        variable = keras.Variable([1.0])
        adam.build([variable])
        adam.iterations.assign(made)
        adam.apply([tf.constant([3.0])], [variable])
        assert 1.0 - float(variable.numpy()[0]) == pytest.approx(rates([made])[0], rel=1e-3)


def test_a_rising_share_grows_as_the_rate_falls() -> None:
    share = RisingShare(0.4, HORIZON)
    steps = [0, 100, 250, HORIZON, 10 * HORIZON]
    values = [float(share(tf.constant(step, tf.int64))) for step in steps]
    np.testing.assert_allclose(values, [0.4, 0.4, 0.7, 1.0, 1.0], rtol=1e-6)


def test_a_share_without_a_horizon_stays() -> None:
    share = RisingShare(0.4, 0)
    assert float(share(tf.constant(10**6, tf.int64))) == pytest.approx(0.4)
