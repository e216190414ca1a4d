"""What the two networks minimise, from logits, and the scores that are shown with it.

To add a loss: write a class here and give it a name in `gan.models.presets.LOSSES`.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import tensorflow as tf


class GanLoss(Protocol):
    """The losses of both networks; logits are float32, batch x 1, losses float32 scalars."""

    chance: float
    """The discriminator's loss if it gives every image the same score. The alarms in
    `gan.training.collapse_alarm` measure by it."""

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        """What the discriminator minimises."""

    def generator(self, real_logits: Any, fake_logits: Any) -> Any:
        """What the generator minimises. Its gradient passes through the fake logits alone."""

    def scores(self, real_logits: Any, fake_logits: Any) -> tuple[Any, Any]:
        """What the discriminator thinks of real and of fake images, float32 scalars in [0, 1]."""


class NonSaturatingLoss:
    """Binary cross-entropy (Goodfellow et al. 2014, "Generative Adversarial Networks").

    The discriminator's objective is eq. 1; the generator's is the non-saturating form of section 3
    (maximise log D(G(z))). From logits, with log1p inside, nothing overflows.
    """

    chance = 2 * math.log(2)

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        """BCE(1, D(x)) + BCE(0, D(G(z))), each a mean over its batch; a float32 scalar."""
        return _cross_entropy(1.0, real_logits) + _cross_entropy(0.0, fake_logits)

    def generator(self, real_logits: Any, fake_logits: Any) -> Any:
        """BCE(1, D(G(z))), a mean over the batch; a float32 scalar."""
        del real_logits
        return _cross_entropy(1.0, fake_logits)

    def scores(self, real_logits: Any, fake_logits: Any) -> tuple[Any, Any]:
        """D(x) and D(G(z)), each a mean over its batch: probabilities of being real."""
        return tf.reduce_mean(tf.sigmoid(real_logits)), tf.reduce_mean(tf.sigmoid(fake_logits))


class RelativisticLoss:
    """Relativistic pairing (Jolicoeur-Martineau 2018, "The relativistic discriminator", eq. 5, 6).

    The discriminator tells which image of a pair is the real one, and an image has no probability
    of its own. Huang et al. 2024 ("The GAN is dead; long live the GAN!", eq. 2) train by it with
    gradient penalties of real and fake images.
    """

    chance = math.log(2)

    def discriminator(self, real_logits: Any, fake_logits: Any) -> Any:
        """The mean of softplus(-(D(x) - D(G(z)))) over pairs; a float32 scalar."""
        return tf.reduce_mean(tf.nn.softplus(fake_logits - real_logits))

    def generator(self, real_logits: Any, fake_logits: Any) -> Any:
        """The mean of softplus(D(x) - D(G(z))) over pairs; a float32 scalar."""
        return tf.reduce_mean(tf.nn.softplus(real_logits - fake_logits))

    def scores(self, real_logits: Any, fake_logits: Any) -> tuple[Any, Any]:
        """The share of pairs whose real image has the greater logit, and that of the others."""
        right = tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32))
        return right, 1.0 - right


def _cross_entropy(label: float, logits: Any) -> Any:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
