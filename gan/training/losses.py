"""The two losses of a GAN and the two scores that are watched beside them, from logits.

Goodfellow et al. 2014, "Generative Adversarial Networks": the discriminator's objective of eq. 1
as binary cross-entropy, and for the generator the non-saturating form of section 3 (maximise
log D(G(z))). From logits, with log1p inside, nothing overflows.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """BCE(1, D(x)) + BCE(0, D(G(z))), each a mean over its batch; a float32 scalar."""
    return _cross_entropy(1.0, real_logits) + _cross_entropy(0.0, fake_logits)


def generator_loss(fake_logits: Any) -> Any:
    """BCE(1, D(G(z))), a mean over the batch; a float32 scalar."""
    return _cross_entropy(1.0, fake_logits)


def score(logits: Any) -> Any:
    """The mean over the batch of sigmoid(logits), a float32 scalar in [0, 1]."""
    return tf.reduce_mean(tf.sigmoid(logits))


def _cross_entropy(label: float, logits: Any) -> Any:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
