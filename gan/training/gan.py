"""One step of a GAN: both networks updated from one batch and one forward pass on the fakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import tensorflow as tf

from gan.models.networks import Networks, forward
from gan.randomness import Algorithm, Draws, Purpose
from gan.training.losses import discriminator_loss, generator_loss, score


class StepMetrics(NamedTuple):
    """What a step measures; four float32 scalars."""

    d_loss: Any
    g_loss: Any
    real_score: Any
    fake_score: Any


@dataclass(frozen=True, slots=True)
class Gan:
    """Two networks, two optimizers, and the key of all their randomness."""

    networks: Networks
    generator_optimizer: Any
    discriminator_optimizer: Any
    latent_dim: int
    seed: int
    algorithm: Algorithm = "threefry"
    """The random generator: `philox` where XLA does not compile the step."""

    def with_algorithm(self, algorithm: Algorithm) -> Gan:
        """The same networks and optimizers with another random generator."""
        return replace(self, algorithm=algorithm)

    def train_step(self, real_images: Any, step: Any, branch: Any = 0) -> StepMetrics:
        """Update both networks once.

        Args:
            real_images: Float32, batch x 28 x 28 in [-1, 1]; the batch size is static.
            step: Steps completed before this one, a scalar int64; it keys the noise and dropout.
            branch: How many times the run was rolled back, a scalar int64; it keys them too.
        """
        generator, discriminator = self.networks.generator, self.networks.discriminator
        draws = Draws(self.seed, step, self.algorithm, branch)
        latents = draws.normal(Purpose.LATENTS, (real_images.shape[0], self.latent_dim))

        # Forward pass: one for both losses.
        with tf.GradientTape(persistent=True) as tape:
            fake_images = forward(generator, latents, training=True)
            real_logits, fake_logits = self._discriminate(real_images, fake_images, draws)
            d_loss = discriminator_loss(real_logits, fake_logits)
            g_loss = generator_loss(fake_logits)

        # Gradients: each network's own loss, before either is updated.
        d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
        g_gradients = tape.gradient(g_loss, generator.trainable_variables)
        del tape

        # Updates.
        self.discriminator_optimizer.apply(d_gradients, discriminator.trainable_variables)
        self.generator_optimizer.apply(g_gradients, generator.trainable_variables)
        return StepMetrics(d_loss, g_loss, score(real_logits), score(fake_logits))

    def _discriminate(self, real_images: Any, fake_images: Any, draws: Draws) -> tuple[Any, Any]:
        """The logits of both batches.

        A discriminator that judges each image alone sees both in one product of twice the rows,
        which keeps a CPU's or a GPU's matrix unit fuller. One that normalises batches must see
        them apart, or real and fake would share statistics.
        """
        if self.networks.normalises_batches:
            real = self._logits(real_images, draws, Purpose.REAL_DROPOUT)
            return real, self._logits(fake_images, draws, Purpose.FAKE_DROPOUT)
        both = tf.concat([real_images, fake_images], axis=0)
        real, fake = tf.split(self._logits(both, draws, Purpose.REAL_DROPOUT), 2, axis=0)
        return real, fake

    def _logits(self, images: Any, draws: Draws, dropout: Purpose) -> Any:
        return forward(
            self.networks.discriminator,
            images,
            training=True,
            uniform=lambda layer, shape: draws.uniform(dropout + layer, shape),
        )
