"""One step of a GAN: both networks updated from one batch and one forward pass on the fakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gan.models.randomness import Algorithm, Draws, Purpose
from gan.training.gradients import Gradients, plain_gradients
from gan.training.losses import score

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.networks import Networks, Random


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

    gradients: Callable[..., Gradients] = plain_gradients
    """How they are computed: in the plain way, or in a faster one to the same numbers."""

    def train_step(self, real_images: Any, step: Any, branch: Any = 0) -> StepMetrics:
        """Update both networks once.

        Args:
            real_images: Float32, batch x 28 x 28 in [-1, 1]; the batch size is static.
            step: Steps completed before this one, a scalar int64; it keys the noise and dropout.
            branch: How many times the run was rolled back, a scalar int64; it keys them too.
        """
        draws = Draws(self.seed, step, self.algorithm, branch)
        latents = draws.normal(Purpose.LATENTS, (real_images.shape[0], self.latent_dim))

        def dropout(alone: bool) -> Random:
            first = Purpose.FAKE_DROPOUT if alone else Purpose.REAL_DROPOUT
            return lambda layer, shape: draws.random_bytes(first + layer, shape)

        # Forward and backward: each network's own loss, before either is updated.
        gradients = self.gradients(self.networks, real_images, latents, dropout)

        # Updates.
        generator, discriminator = self.networks.generator, self.networks.discriminator
        self.discriminator_optimizer.apply(
            gradients.discriminator, discriminator.trainable_variables
        )
        self.generator_optimizer.apply(gradients.generator, generator.trainable_variables)
        scores = score(gradients.real_logits), score(gradients.fake_logits)
        return StepMetrics(gradients.d_loss, gradients.g_loss, *scores)
