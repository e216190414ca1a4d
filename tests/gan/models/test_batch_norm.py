"""Our passes over a batch are Keras's layer, in outputs, statistics and gradients."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models.batch_norm import normalise_batch


def layer_over(features: int) -> keras.layers.BatchNormalization:
    """A layer whose weights are not those it is born with."""
    layer = keras.layers.BatchNormalization()
    layer.build((None, features))
    chance = np.random.default_rng(features)
    layer.gamma.assign(chance.uniform(0.5, 1.5, features))
    layer.beta.assign(chance.normal(size=features))
    return layer


@pytest.mark.parametrize(("batch", "features"), [(2, 1), (7, 3), (256, 784)])
def test_it_is_keras_in_outputs_statistics_and_gradients(batch: int, features: int) -> None:
    chance = np.random.default_rng(0)
    inputs = tf.constant(chance.normal(3.0, 2.0, (batch, features)), tf.float32)
    by_outputs = tf.constant(chance.normal(size=(batch, features)), tf.float32)

    measured = []
    for way in (
        lambda layer: layer(inputs, training=True),
        lambda layer: normalise_batch(layer, inputs),
    ):
        layer = layer_over(features)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = way(layer)
        asked = [inputs, *layer.trainable_variables]
        gradients = tape.gradient(outputs, asked, output_gradients=by_outputs)
        measured.append([outputs, *gradients, layer.moving_mean, layer.moving_variance])

    for expected, received in zip(*measured, strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-4)


def test_a_feature_that_never_changes_stays_finite() -> None:
    layer = layer_over(4)
    inputs = tf.fill((8, 4), 5.0)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = normalise_batch(layer, inputs)
    np.testing.assert_allclose(outputs[0], layer.beta.value, atol=1e-6)
    assert np.isfinite(tape.gradient(outputs, inputs)).all()
