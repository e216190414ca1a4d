"""What one replica computes of its share of a batch, and what it exchanges for that with others.

Losses and gradients are means over the share, so their mean over replicas is that of the whole
batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tensorflow as tf

from gan.events import IMAGE_SIDE
from gan.models.randomness import Purpose
from gan.training.execution import real_batch
from gan.training.pieces import SCALAR, PiecewisePass, in_lockstep
from gan.training.step import Computed, Judged, StepMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.training.feed import Feed
    from gan.training.pieces import Compiler, Reduce
    from gan.training.step import Gan

_LOGIT: Final = 1
"""Features of the discriminator's outputs."""


class Halves(NamedTuple):
    """The two halves of what a replica computes, the second once it is asked for."""

    judged: Judged
    g_gradients: Callable[[], list[Any]]
    """Computes those of g_loss by the generator's trainable variables. Meanwhile the first half can
    be on its way to other replicas."""


class Batch(NamedTuple):
    """A replica's share of the real images of a step, and the step."""

    images: Any
    """Uint8, m x 28 x 28."""

    order: Any
    """Indices into `images`, batch after batch: int64, m."""

    number: Any
    """Number of the batch in the order, a scalar int64."""

    step: Any
    """Steps completed before it, a scalar int64."""

    branch: Any
    """How many times the run was rolled back, a scalar int64."""


class OwnStatistics:
    """Each replica normalises its share alone: one compiled function, and nothing is exchanged.

    It is training with ghost batches (Hoffer et al. 2017, "Train longer, generalize better").
    """

    tracks_own = True
    """Whether the moving statistics that it leaves are this replica's own."""

    def __init__(self, gan: Gan, feed: Feed, compiled: Compiler) -> None:
        """Trace it.

        Args:
            gan: Its networks and objective.
            feed: Its real images.
            compiled: Traces the function.
        """

        def computed(*parts: Any) -> Computed:
            batch = Batch(*parts)
            return gan.computed(_real(batch, feed), gan.draws(batch.step, batch.branch))

        self._computed = compiled(computed, *_signature(feed))

    def __call__(self, batch: Batch, reduce: Reduce) -> Halves:
        """Compute both halves.

        Args:
            batch: The replica's share.
            reduce: Sums over replicas.
        """
        del reduce  # nothing is exchanged
        computed = self._computed(*batch)
        judged = Judged(computed.metrics, computed.d_gradients, by_fakes=None)
        return Halves(judged, lambda: computed.g_gradients)


class WholeStatistics:
    """All replicas normalise by the statistics of the whole batch, as one device does."""

    tracks_own = False

    def __init__(self, gan: Gan, feed: Feed, compiled: Compiler) -> None:
        """Trace its functions; `OwnStatistics` describes the arguments."""
        self._generator = gan.networks.generator

        def latents(step: Any, branch: Any) -> Any:
            return gan.latents(gan.draws(step, branch), feed.batch_size)

        latents_of_batch = tf.TensorSpec((feed.batch_size, gan.latent_dim), tf.float32)
        self._latents = compiled(latents, SCALAR, SCALAR)
        self._pass = PiecewisePass(self._generator, [latents_of_batch], compiled, gan.draws)
        judge = _PiecewiseJudge if gan.networks.normalises_batches else _Judge
        self._judge = judge(gan, feed, compiled)

    def __call__(self, batch: Batch, reduce: Reduce) -> Halves:
        """Compute both halves.

        Args:
            batch: The replica's share.
            reduce: Sums over replicas.
        """
        with tf.GradientTape() as tape:
            latents = self._latents(batch.step, batch.branch)
            (fake_images,) = in_lockstep([self._pass], [latents], reduce, batch.step, batch.branch)
        judged = self._judge(batch, fake_images, reduce)

        def g_gradients() -> list[Any]:
            variables = [variable.value for variable in self._generator.trainable_variables]
            found: list[Any] = tape.gradient(
                fake_images, variables, output_gradients=judged.by_fakes
            )
            return found

        return Halves(judged, g_gradients)


class _Judge:
    """A discriminator that judges each image alone: one compiled function."""

    def __init__(self, gan: Gan, feed: Feed, compiled: Compiler) -> None:
        def judged(fake_images: Any, *parts: Any) -> Judged:
            batch = Batch(*parts)
            draws = gan.draws(batch.step, batch.branch)
            return gan.judged(_real(batch, feed), fake_images, draws)

        self._judged = compiled(judged, _images_of_batch(feed), *_signature(feed))

    def __call__(self, batch: Batch, fake_images: Any, reduce: Reduce) -> Judged:
        del reduce
        judged: Judged = self._judged(fake_images, *batch)
        return judged


class _PiecewiseJudge:
    """A discriminator that normalises batches, real and fake ones apart but exchanged together."""

    def __init__(self, gan: Gan, feed: Feed, compiled: Compiler) -> None:
        self._gan = gan
        images = _images_of_batch(feed)
        logits = tf.TensorSpec((feed.batch_size, _LOGIT), tf.float32)

        def seen(fake_images: Any, *parts: Any) -> tuple[Any, Any]:
            batch = Batch(*parts)
            draws = gan.draws(batch.step, batch.branch)
            return gan.objective.seen(_real(batch, feed), fake_images, draws)

        def metrics(real_logits: Any, fake_logits: Any) -> StepMetrics:
            loss = gan.objective.loss
            return StepMetrics(
                loss.discriminator(real_logits, fake_logits),
                loss.generator(real_logits, fake_logits),
                *loss.scores(real_logits, fake_logits),
            )

        self._seen = compiled(seen, images, *_signature(feed))
        self._passes = [
            PiecewisePass(gan.networks.discriminator, [images], compiled, gan.draws, dropout)
            for dropout in (Purpose.REAL_DROPOUT, Purpose.FAKE_DROPOUT)
        ]
        self._metrics = compiled(metrics, logits, logits)
        self._penalised = self._penalty_added(compiled, images)

    def _penalty_added(self, compiled: Compiler, images: Any) -> Any:
        """A function of gradients and what they are of; `None` if there is no penalty."""
        networks, share = self._gan.networks, self._gan.share
        penalty = self._gan.objective.penalty
        if penalty is None:
            return None

        def added(d_gradients: list[Any], real: Any, fake: Any, step: Any) -> list[Any]:
            by_penalty = penalty.gradients(networks, real, fake, step, share)
            return [a + b for a, b in zip(d_gradients, by_penalty, strict=True)]

        variables = networks.discriminator.trainable_variables
        gradients = [tf.TensorSpec(variable.shape, tf.float32) for variable in variables]
        return compiled(added, gradients, images, images, SCALAR)

    def __call__(self, batch: Batch, fake_images: Any, reduce: Reduce) -> Judged:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake_images)
            seen = self._seen(fake_images, *batch)
            logits = in_lockstep(self._passes, seen, reduce, batch.step, batch.branch)
            metrics = self._metrics(*logits)
        variables = self._gan.networks.discriminator.trainable_variables
        d_gradients = tape.gradient(metrics.d_loss, [variable.value for variable in variables])
        by_fakes = tape.gradient(metrics.g_loss, fake_images)
        if self._penalised is not None:
            d_gradients = self._penalised(d_gradients, *seen, batch.step)
        return Judged(metrics, d_gradients, by_fakes)


def _signature(feed: Feed) -> Batch:
    images = tf.TensorSpec(feed.images.shape, feed.images.dtype)
    return Batch(images, tf.TensorSpec(feed.order.shape, tf.int64), SCALAR, SCALAR, SCALAR)


def _images_of_batch(feed: Feed) -> Any:
    return tf.TensorSpec((feed.batch_size, IMAGE_SIDE, IMAGE_SIDE), tf.float32)


def _real(batch: Batch, feed: Feed) -> Any:
    return real_batch(batch.images, batch.order, batch.number, feed.batch_size)
