"""A fast path: one backward pass through the discriminator for both losses.

If the discriminator judges each image alone, a loss reaches the layers only through the image's one
logit. So everything behind the logit is the same for both losses, except for one factor per image:
it is computed once, and each loss adds its factor. `plain_gradients` computes the same numbers, and
a test compares them.

A step of `mlp-dropout` on two CPU cores takes 11 to 12 % less time with it
(`python -m tests.bench.ablation --preset mlp-dropout`).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import keras
import tensorflow as tf

from gan.models.layers import Dense
from gan.models.networks import activations
from gan.models.randomness import Purpose
from gan.training.step import Gradients

if TYPE_CHECKING:
    from gan.models.networks import Networks
    from gan.models.randomness import Draws
    from gan.training.step import Objective


_RESHAPING: Final = (keras.layers.Flatten, keras.layers.Reshape)
"""Layers that change the shape of their inputs and none of the values."""

_VECTORS: Final = 2
"""Axes of a batch of vectors."""


def can_share(networks: Networks) -> bool:
    """Whether `shared_gradients` computes what `plain_gradients` does.

    It does if the discriminator judges each image alone, if every trainable variable belongs to a
    Dense layer that takes vectors and has no activation of its own, and if nothing but reshaping
    comes before the first Dense layer: the generator's gradient passes through those layers
    unchanged.
    """
    if networks.normalises_batches:
        return False
    layers = networks.discriminator.layers
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    before = list(itertools.takewhile(lambda layer: not isinstance(layer, Dense), layers))
    return (
        bool(dense)
        and all(isinstance(layer, _RESHAPING) for layer in before)
        and all(isinstance(layer, Dense) for layer in layers if layer.trainable_variables)
        and all(map(_is_linear_on_vectors, dense))
    )


def shared_gradients(
    networks: Networks, objective: Objective, real_images: Any, fake_images: Any, draws: Draws
) -> Gradients:
    """As `plain_gradients`, for networks that `can_share`."""
    discriminator, loss = networks.discriminator, objective.loss
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake_images)
        seen = objective.seen(real_images, fake_images, draws)
        both = tf.concat(seen, axis=0)
        random_bytes = draws.dropout(Purpose.REAL_DROPOUT)
        outputs = activations(discriminator, both, training=True, random_bytes=random_bytes)
        logits = outputs[-1]
    with tf.GradientTape(persistent=True) as loss_tape:
        loss_tape.watch(logits)
        real_logits, fake_logits = tf.split(logits, 2, axis=0)
        d_loss = loss.discriminator(real_logits, fake_logits)
        g_loss = loss.generator(real_logits, fake_logits)
    d_factors = loss_tape.gradient(d_loss, logits)
    g_factors = loss_tape.gradient(g_loss, fake_logits)

    # The gradients of each image's logit by the outputs of the Dense layers, for both losses.
    dense = _applied_dense(discriminator, both, outputs)
    by_outputs = tape.gradient(logits, [applied.outputs for applied in dense])

    d_gradients = [
        gradient
        for applied, by_output in zip(dense, by_outputs, strict=True)
        for gradient in _by_variables(applied, by_output * d_factors)
    ]
    first = dense[0].layer
    by_first_outputs = by_outputs[0][-fake_images.shape[0] :] * g_factors
    by_seen = first.matmul(by_first_outputs, first.kernel.value, transpose_b=True)
    by_fakes = tape.gradient(
        seen[1], fake_images, output_gradients=tf.reshape(by_seen, fake_images.shape)
    )
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, by_fakes, seen)


class _Applied(NamedTuple):
    """A Dense layer with its inputs and outputs in one forward pass."""

    layer: Dense
    inputs: Any
    outputs: Any


def _is_linear_on_vectors(layer: Dense) -> bool:
    return layer.activation is keras.activations.linear and len(layer.input.shape) == _VECTORS


def _applied_dense(network: Any, inputs: Any, outputs: list[Any]) -> list[_Applied]:
    """The Dense layers of a network, given its inputs and the outputs of all its layers."""
    passes = zip(network.layers, [inputs, *outputs[:-1]], outputs, strict=True)
    return [_Applied(*one) for one in passes if isinstance(one[0], Dense)]


def _by_variables(applied: _Applied, by_outputs: Any) -> list[Any]:
    """The gradients by a Dense layer's variables, in their order."""
    by_kernel = applied.layer.matmul(applied.inputs, by_outputs, transpose_a=True)
    if not applied.layer.use_bias:
        return [by_kernel]
    return [by_kernel, tf.reduce_sum(by_outputs, axis=0)]
