"""What the two networks minimise, from logits, and the score that is shown with it.

To add a loss: write a class here and have a preset's `build` choose it.
"""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf


class GanLoss(Protocol):
    """The losses of both networks; logits are float32, batch x 1, losses float32 scalars."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        """What the discriminator minimises."""

    def generator(self, fake_logits: Any) -> Any:
        """What the generator minimises."""


class NonSaturatingLoss:
    """Binary cross-entropy (Goodfellow et al. 2014, "Generative Adversarial Networks").

    The discriminator's objective is eq. 1; the generator's is the non-saturating form of section 3
    (maximise log D(G(z))). From logits, with log1p inside, nothing overflows.
    """

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        """BCE(1, D(x)) + BCE(0, D(G(z))), each a mean over its batch; a float32 scalar."""
        return _cross_entropy(1.0, real_logits) + _cross_entropy(0.0, fake_logits)

    def generator(self, fake_logits: Any) -> Any:
        """BCE(1, D(G(z))), a mean over the batch; a float32 scalar."""
        return _cross_entropy(1.0, fake_logits)


def score(logits: Any) -> Any:
    """The mean over the batch of sigmoid(logits), a float32 scalar in [0, 1]."""
    return tf.reduce_mean(tf.sigmoid(logits))


def _cross_entropy(label: float, logits: Any) -> Any:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
