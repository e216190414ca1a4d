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
from gan.strategy.topology import WHOLE, Share

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


class Computed(NamedTuple):
    """What a step computes from its batch before it updates anything."""

    metrics: StepMetrics
    d_gradients: list[Any]
    """Of d_loss and of the gradient penalty, by the discriminator's trainable variables."""

    g_gradients: list[Any]
    """Of g_loss, by the generator's trainable variables."""


class Judged(NamedTuple):
    """What the discriminator's half of a step computes."""

    metrics: StepMetrics
    d_gradients: list[Any]
    """As in `Computed`."""

    by_fakes: Any
    """The gradient of g_loss by the fake images, float32, batch x 28 x 28."""


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

    share: Share = WHOLE
    """The part of every batch that it trains on."""

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
        computed = self.computed(real_images, self.draws(step, branch))
        self.update_discriminator(computed.d_gradients)
        self.update_generator(computed.g_gradients, step, real_images.shape[0])
        return computed.metrics

    def draws(self, step: Any, branch: Any = 0) -> Draws:
        """The random numbers of a step; `train_step` describes the arguments."""
        return Draws(self.seed, step, self.algorithm, branch, self.share)

    def latents(self, draws: Draws, batch_size: int) -> Any:
        """The generator's inputs in a step: float32, batch x latent_dim, standard normal."""
        return draws.normal(Purpose.LATENTS, (batch_size, self.latent_dim))

    def computed(self, real_images: Any, draws: Draws) -> Computed:
        """Both losses of a batch and the gradient of each by its own network's variables.

        Batch normalisation tracks the batch; nothing else changes.
        """
        generator = self.networks.generator
        with tf.GradientTape() as tape:
            latents = self.latents(draws, real_images.shape[0])
            fake_images = forward(generator, latents, training=True)
        judged = self.judged(real_images, fake_images, draws)
        g_gradients = tape.gradient(
            fake_images, generator.trainable_variables, output_gradients=judged.by_fakes
        )
        return Computed(judged.metrics, judged.d_gradients, g_gradients)

    def judged(self, real_images: Any, fake_images: Any, draws: Draws) -> Judged:
        """What `computed` does between the generator's forward and its backward pass."""
        found = self.gradients(self.networks, self.objective, real_images, fake_images, draws)
        d_gradients = found.d_gradients
        if penalty := self.objective.penalty:
            by_penalty = penalty.gradients(self.networks, *found.seen, draws.step, draws.share)
            d_gradients = [a + b for a, b in zip(d_gradients, by_penalty, strict=True)]
        scores = self.objective.loss.scores(found.real_logits, found.fake_logits)
        metrics = StepMetrics(found.d_loss, found.g_loss, *scores)
        return Judged(metrics, d_gradients, found.by_fakes)

    def update_discriminator(self, d_gradients: list[Any]) -> None:
        """One step of the discriminator's optimizer."""
        variables = self.networks.discriminator.trainable_variables
        self.discriminator_optimizer.apply(d_gradients, variables)

    def update_generator(self, g_gradients: list[Any], step: Any, batch_size: int) -> None:
        """One step of the generator's optimizer, and of its average.

        Args:
            g_gradients: By the generator's trainable variables.
            step: Steps completed before this one, a scalar int64.
            batch_size: Real images in the step, those of all replicas.
        """
        generator = self.networks.generator
        self.generator_optimizer.apply(g_gradients, generator.trainable_variables)
        if self.averaging:
            self.averaging.update(generator, step, batch_size)


class Gradients(NamedTuple):
    """The result of one forward and backward pass through the discriminator."""

    d_loss: Any
    g_loss: Any
    real_logits: Any
    fake_logits: Any
    d_gradients: list[Any]
    """Of d_loss, by the discriminator's trainable variables."""

    by_fakes: Any
    """Of g_loss, by the fake images: float32, batch x 28 x 28."""

    seen: tuple[Any, Any]
    """Real and fake images as the discriminator saw them."""


def plain_gradients(
    networks: Networks, objective: Objective, real_images: Any, fake_images: Any, draws: Draws
) -> Gradients:
    """Two losses, the gradient of one by the discriminator, and of the other by the fake images.

    Args:
        networks: Their discriminator is used; its batch normalisation tracks the batches.
        objective: The loss, and what happens to images before the discriminator.
        real_images: Float32, batch x 28 x 28.
        fake_images: Float32, batch x 28 x 28.
        draws: Random numbers for dropout and shifts.
    """
    loss = objective.loss
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake_images)
        seen = objective.seen(real_images, fake_images, draws)
        real_logits, fake_logits = discriminate(networks, *seen, draws)
        d_loss = loss.discriminator(real_logits, fake_logits)
        g_loss = loss.generator(real_logits, fake_logits)
    d_gradients = tape.gradient(d_loss, networks.discriminator.trainable_variables)
    by_fakes = tape.gradient(g_loss, fake_images)
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, by_fakes, seen)


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
