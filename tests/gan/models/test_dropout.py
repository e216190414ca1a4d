"""Dropout that repeats itself: the same numbers drop the same values."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gan.models.dropout import KeyedDropout
from gan.models.randomness import Draws, Purpose

SHAPE = (200, 512)


def dropped(rate: float, step: int = 0) -> np.ndarray:
    """What is left of ones."""
    draws = Draws(1, tf.constant(step, tf.int64), "philox")
    random = draws.random_bytes(Purpose.REAL_DROPOUT, SHAPE)
    return KeyedDropout(rate)(tf.ones(SHAPE), random).numpy()


def test_the_rate_is_the_share_that_is_dropped_to_the_nearest_of_256() -> None:
    share = np.mean(dropped(0.3) == 0)
    assert abs(share - 77 / 256) < 5 * np.sqrt(0.3 * 0.7 / np.prod(SHAPE))


def test_what_is_kept_is_scaled_so_that_the_mean_stays() -> None:
    kept = dropped(0.3)
    np.testing.assert_allclose(kept[kept > 0], 256 / 179, rtol=1e-6)
    assert abs(kept.mean() - 1) < 0.01


def test_one_step_drops_the_same_values_each_time_and_the_next_step_others() -> None:
    np.testing.assert_array_equal(dropped(0.3), dropped(0.3))
    differing = np.mean(dropped(0.3) != dropped(0.3, step=1))
    assert abs(differing - 2 * 0.3 * 0.7) < 0.02


def test_a_draw_at_the_rate_is_kept_and_one_below_it_is_dropped() -> None:
    inputs = tf.constant([[2.0, 2.0, 2.0]])
    random = tf.constant([[0, 127, 128]], tf.uint8)
    np.testing.assert_array_equal(KeyedDropout(0.5)(inputs, random), [[0.0, 0.0, 4.0]])


def test_a_dropped_value_leaves_nothing_of_what_it_was() -> None:
    """An infinity times a mask of zeros would be NaN."""
    inputs = tf.constant([[np.inf, np.nan]])
    np.testing.assert_array_equal(
        KeyedDropout(0.5)(inputs, tf.zeros((1, 2), tf.uint8)), [[0.0, 0.0]]
    )


def test_inference_drops_nothing() -> None:
    inputs = tf.random.stateless_normal((4, 5), [1, 2])
    np.testing.assert_array_equal(KeyedDropout(0.3)(inputs), inputs)


def test_keras_can_build_the_layer_again_from_its_configuration() -> None:
    layer = KeyedDropout.from_config(KeyedDropout(0.25, name="drop").get_config())
    assert (layer.rate, layer.name) == (0.25, "drop")


def test_the_layer_has_no_state() -> None:
    layer = KeyedDropout(0.3)
    layer(tf.ones((1, 1)))
    assert layer.variables == []
