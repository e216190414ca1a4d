"""A pass in pieces over parts of a batch is a pass over the batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models.layers import BatchNormalization, Dense, KeyedDropout
from gan.models.networks import forward
from gan.models.randomness import Draws, Purpose
from gan.strategy.topology import Share
from gan.training.pieces import Compiler, PiecewisePass, cut, in_lockstep

BATCH = 12
STEP, BRANCH = tf.constant(3, tf.int64), tf.constant(0, tf.int64)


def network() -> keras.Sequential:
    layers = [
        keras.Input((5,)),
        BatchNormalization(),
        Dense(7),
        BatchNormalization(),
        keras.layers.LeakyReLU(),
        KeyedDropout(0.3),
        Dense(4),
        BatchNormalization(),
    ]
    return keras.Sequential(layers)


def draws(step: Any, branch: Any) -> Draws:
    return Draws(5, step, "philox", branch)


def summed(tables: list[Any]) -> list[Any]:
    """The parts are passes here, so a sum over replicas is one over them."""
    return [tf.add_n(tables)] * len(tables)


def test_a_network_is_cut_before_each_batch_normalisation() -> None:
    layers = network().layers
    first, second, third, last = cut(layers)
    assert (first.normalisation, first.layers, first.next_normalisation) == (None, [], layers[0])
    assert (second.normalisation, second.layers) == (layers[0], [layers[1]])
    assert (third.normalisation, third.layers) == (layers[2], layers[3:6])
    assert (last.normalisation, last.layers, last.next_normalisation) == (layers[6], [], None)


def test_one_without_is_one_piece() -> None:
    layers = [Dense(3), keras.layers.ReLU()]
    assert cut(layers) == [(None, layers, None)]


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_outputs_gradients_and_moving_statistics_are_those_of_the_batch(replicas: int) -> None:
    inputs = tf.random.stateless_normal((BATCH, 5), [1, 2]) * 3.0 + 2.0
    weights = tf.random.stateless_normal((BATCH, 4), [3, 4])
    whole, parted = network(), network()
    parted.set_weights(whole.get_weights())

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        random_bytes = draws(STEP, BRANCH).dropout(Purpose.REAL_DROPOUT)
        outputs = forward(whole, inputs, training=True, random_bytes=random_bytes)
        value = tf.reduce_sum(outputs * weights)
    expected = tape.gradient(value, [inputs, *(v.value for v in whole.trainable_variables)])

    shares = [Share(replica, replicas) for replica in range(replicas)]
    signature = [tf.TensorSpec((BATCH // replicas, 5))]
    compiled = Compiler("CPU:0", jit_compile=False)
    passes = [
        PiecewisePass(
            parted,
            signature,
            compiled,
            lambda step, branch, share=share: replace(draws(step, branch), share=share),
            Purpose.REAL_DROPOUT,
        )
        for share in shares
    ]
    parts = [inputs[share.rows] for share in shares]
    with tf.GradientTape() as tape:
        tape.watch(parts)
        found = in_lockstep(passes, parts, summed, STEP, BRANCH)
        pairs = zip(found, shares, strict=True)
        value = tf.add_n([tf.reduce_sum(one * weights[share.rows]) for one, share in pairs])
    by_parts, *by_variables = tape.gradient(
        value, [parts, *(v.value for v in parted.trainable_variables)]
    )

    for share, part, by_part in zip(shares, found, by_parts, strict=True):
        np.testing.assert_allclose(part, outputs[share.rows], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(by_part, expected[0][share.rows], rtol=1e-4, atol=1e-4)
    for received, gradient in zip(by_variables, expected[1:], strict=True):
        np.testing.assert_allclose(received, gradient, rtol=1e-4, atol=1e-4)


def test_every_replica_tracks_the_whole_batch() -> None:
    inputs = tf.random.stateless_normal((BATCH, 5), [1, 2]) * 3.0 + 2.0
    whole, replica = BatchNormalization(), BatchNormalization()
    for layer in (whole, replica):
        layer.build((None, 5))
    whole(inputs, training=True)
    moments = tf.stack([replica.batch_moments(inputs[part::3]) for part in range(3)])
    replica.normalise(inputs[1::3], moments)
    for expected, found in zip(whole.variables, replica.variables, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_large_mean_costs_the_variance_no_digits() -> None:
    """The mean of squares less the square of the mean would be off by more than a hundred."""
    inputs = tf.random.stateless_normal((BATCH, 5), [1, 2]) + 3e4
    layer = BatchNormalization()
    layer.build((None, 5))
    moments = tf.stack([layer.batch_moments(inputs[part::3]) for part in range(3)])
    variance = np.var(np.asarray(inputs, np.float64), axis=0)
    tracked = layer.moving_variance.numpy() * layer.momentum
    layer.normalise(inputs, moments)
    found = (layer.moving_variance.numpy() - tracked) / (1 - layer.momentum)
    np.testing.assert_allclose(found, variance, rtol=5e-3)
