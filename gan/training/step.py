"""One training step of a GAN: latents, forward, two losses, two gradients, two updates.

Both networks learn from one batch of real images and one of fakes, and neither is updated before
both gradients are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from gan.models.losses import score
from gan.models.networks import forward
from gan.models.randomness import Algorithm, Draws, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.networks import Networks


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
    algorithm: Algorithm
    """The random generator: `threefry`, or `philox` if XLA doesn't compile the step."""

    gradients: Callable[[Networks, Any, Any, Draws], Gradients]
    """`plain_gradients`, or the faster `gan.training.shared_gradients.shared_gradients`."""

    def train_step(self, real_images: Any, step: Any, branch: Any = 0) -> StepMetrics:
        """Update both networks once.

        Args:
            real_images: Float32, batch x 28 x 28 in [-1, 1]; the batch size is static.
            step: Steps completed before this one, a scalar int64; it keys latents and dropout.
            branch: How many times the run was rolled back, a scalar int64; it keys them too.
        """
        generator, discriminator = self.networks.generator, self.networks.discriminator
        draws = Draws(self.seed, step, self.algorithm, branch)
        latents = draws.normal(Purpose.LATENTS, (real_images.shape[0], self.latent_dim))

        # Forward, two losses, two gradients.
        computed = self.gradients(self.networks, real_images, latents, draws)

        # Two updates.
        self.discriminator_optimizer.apply(computed.d_gradients, discriminator.trainable_variables)
        self.generator_optimizer.apply(computed.g_gradients, generator.trainable_variables)
        scores = score(computed.real_logits), score(computed.fake_logits)
        return StepMetrics(computed.d_loss, computed.g_loss, *scores)


class Gradients(NamedTuple):
    """The result of one forward and backward pass."""

    d_loss: Any
    g_loss: Any
    real_logits: Any
    fake_logits: Any
    d_gradients: list[Any]
    """Of d_loss, by the discriminator's trainable variables."""

    g_gradients: list[Any]
    """Of g_loss, by the generator's trainable variables."""


def plain_gradients(networks: Networks, real_images: Any, latents: Any, draws: Draws) -> Gradients:
    """Forward, two losses, and the gradient of each by its own network's variables.

    Args:
        networks: The networks; their batch normalisation tracks the batches.
        real_images: Float32, batch x 28 x 28.
        latents: Float32, batch x latent_dim.
        draws: Random numbers for dropout.
    """
    generator, discriminator, loss = networks.generator, networks.discriminator, networks.loss
    with tf.GradientTape(persistent=True) as tape:
        fake_images = forward(generator, latents, training=True)
        real_logits, fake_logits = discriminate(networks, real_images, fake_images, draws)
        d_loss = loss.discriminator(real_logits, fake_logits)
        g_loss = loss.generator(fake_logits)
    d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = tape.gradient(g_loss, generator.trainable_variables)
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, g_gradients)


def discriminate(
    networks: Networks, real_images: Any, fake_images: Any, draws: Draws
) -> tuple[Any, Any]:
    """The logits of real images and of fake ones, float32, batch x 1 each.

    One pass over both keeps the matrix unit of a CPU or GPU busier. A discriminator that normalises
    batches needs two passes, or real and fake images would share their statistics.
    """

    def logits_of(images: Any, dropout: Purpose) -> Any:
        random_bytes = draws.dropout(dropout)
        return forward(networks.discriminator, images, training=True, random_bytes=random_bytes)

    if networks.normalises_batches:
        real_logits = logits_of(real_images, Purpose.REAL_DROPOUT)
        return real_logits, logits_of(fake_images, Purpose.FAKE_DROPOUT)
    both = tf.concat([real_images, fake_images], axis=0)
    real_logits, fake_logits = tf.split(logits_of(both, Purpose.REAL_DROPOUT), 2, axis=0)
    return real_logits, fake_logits
