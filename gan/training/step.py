"""One training step of a GAN: latents, forward, two losses, two gradients, two updates.

Both networks learn from one batch of real images and one of fakes, and neither is updated before
both gradients are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from gan.models.networks import forward
from gan.models.randomness import Algorithm, Draws, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.losses import GanLoss
    from gan.models.networks import Networks
    from gan.models.regularisers import GradientPenalty, RandomShifts
    from gan.training.averaging import Averaging


class StepMetrics(NamedTuple):
    """What a step measures; four float32 scalars."""

    d_loss: Any
    g_loss: Any
    real_score: Any
    fake_score: Any


@dataclass(frozen=True, slots=True)
class Objective:
    """What the networks are trained towards."""

    loss: GanLoss
    shifts: RandomShifts | None
    """Shifts images before the discriminator, or `None`."""

    penalty: GradientPenalty | None
    """Added to the discriminator's loss, or `None`."""

    def seen(self, real_images: Any, fake_images: Any, draws: Draws) -> tuple[Any, Any]:
        """The images as the discriminator sees them."""
        if self.shifts is None:
            return real_images, fake_images
        return (
            self.shifts(real_images, draws, Purpose.REAL_SHIFTS, Purpose.REAL_SHIFTED),
            self.shifts(fake_images, draws, Purpose.FAKE_SHIFTS, Purpose.FAKE_SHIFTED),
        )


@dataclass(frozen=True, slots=True)
class Gan:
    """Two networks, what they are trained towards, two optimizers, and the key of all draws."""

    networks: Networks
    objective: Objective
    generator_optimizer: Any
    discriminator_optimizer: Any
    latent_dim: int
    seed: int
    algorithm: Algorithm
    """The random generator: `threefry` on a CPU, `fused_threefry` on a GPU, or `philox` if XLA
    doesn't compile the step."""

    gradients: Callable[[Networks, Objective, Any, Any, Draws], Gradients]
    """`plain_gradients`, or the faster `gan.training.shared_gradients.shared_gradients`."""

    averaging: Averaging | None = None
    """Follows the generator, or `None`."""

    for_gpu: bool = False
    """Whether the step is for a GPU, where launching kernels is what small ones cost."""

    @property
    def sampled_generator(self) -> Any:
        """The generator that samples come from: the averaged one if there is one."""
        return self.averaging.averaged if self.averaging else self.networks.generator

    def train_step(self, real_images: Any, step: Any, branch: Any = 0) -> StepMetrics:
        """Update both networks once.

        Args:
            real_images: Float32, batch x 28 x 28 in [-1, 1]; the batch size is static.
            step: Steps completed before this one, a scalar int64; it keys latents and dropout.
            branch: How many times the run was rolled back, a scalar int64; it keys them too.
        """
        generator, discriminator = self.networks.generator, self.networks.discriminator
        draws = Draws(self.seed, step, self.algorithm, branch)
        batch_size = real_images.shape[0]
        latents = draws.normal(Purpose.LATENTS, (batch_size, self.latent_dim))

        # Forward, two losses, two gradients.
        computed = self.gradients(self.networks, self.objective, real_images, latents, draws)
        d_gradients = computed.d_gradients
        if penalty := self.objective.penalty:
            by_penalty = penalty.gradients(self.networks, *computed.seen, step)
            d_gradients = [a + b for a, b in zip(d_gradients, by_penalty, strict=True)]

        # Two updates.
        self.discriminator_optimizer.apply(d_gradients, discriminator.trainable_variables)
        self.generator_optimizer.apply(computed.g_gradients, generator.trainable_variables)
        if self.averaging:
            self.averaging.update(generator, step, batch_size)
        scores = self.objective.loss.scores(computed.real_logits, computed.fake_logits)
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

    seen: tuple[Any, Any]
    """Real and fake images as the discriminator saw them."""


def plain_gradients(
    networks: Networks, objective: Objective, real_images: Any, latents: Any, draws: Draws
) -> Gradients:
    """Forward, two losses, and the gradient of each by its own network's variables.

    Args:
        networks: The networks; their batch normalisation tracks the batches.
        objective: The loss, and what happens to images before the discriminator.
        real_images: Float32, batch x 28 x 28.
        latents: Float32, batch x latent_dim.
        draws: Random numbers for dropout and shifts.
    """
    generator, discriminator, loss = networks.generator, networks.discriminator, objective.loss
    with tf.GradientTape(persistent=True) as tape:
        fake_images = forward(generator, latents, training=True)
        seen = objective.seen(real_images, fake_images, draws)
        real_logits, fake_logits = discriminate(networks, *seen, draws)
        d_loss = loss.discriminator(real_logits, fake_logits)
        g_loss = loss.generator(real_logits, fake_logits)
    d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = tape.gradient(g_loss, generator.trainable_variables)
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, g_gradients, seen)


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
