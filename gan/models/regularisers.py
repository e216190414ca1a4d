"""What keeps the discriminator from memorising the training images.

Each is an object that a configuration chooses, and the training step applies whichever it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

from gan.models.networks import forward
from gan.strategy.topology import WHOLE, Share

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.networks import Networks
    from gan.models.randomness import Draws, Purpose

PENALTY_IMAGES: Final = 16
"""Images of each kind that a gradient penalty is computed from, or the whole batch if smaller."""

PENALTY_STEPS: Final = 2
"""Steps from one gradient penalty to the next."""

_PARTS: Final = 256
"""The share of shifted images is a multiple of one of this many parts."""

_BLACK: Final = -1.0


@dataclass(frozen=True, slots=True)
class RandomShifts:
    """Shifts each image before the discriminator sees it (Zhao et al. 2020, "DiffAugment").

    Real and fake images are shifted alike, so what the generator learns has no shift in it. If all
    are shifted, the discriminator never learns where exactly a stroke is, nor the generator from
    it; if some are not, it learns both that and, in time, the training images by heart.
    """

    max_shift: int
    """The greatest shift in pixels, up, down, left or right; at least 1."""

    share: Callable[[Any], Any] | None = None
    """From the steps completed to the share of the images that are shifted; `None` shifts all."""

    def __call__(self, images: Any, draws: Draws, how_far: Purpose, whether: Purpose) -> Any:
        """The shifted images; black comes in at the edges, and gradients pass through.

        Args:
            images: Float32, batch x 28 x 28 in [-1, 1].
            draws: The step's random numbers.
            how_far: Which of them say how far an image is shifted.
            whether: Which of them say if it is.
        """
        shifts = draws.integers(how_far, (2, images.shape[0]), 2 * self.max_shift + 1)
        shifts -= self.max_shift
        if self.share is not None:
            drawn = tf.cast(draws.integers(whether, (1, images.shape[0]), _PARTS), tf.float32)
            shifts = tf.where(drawn < _PARTS * self.share(draws.step), shifts, 0)
        return shift(images, shifts)


def shift(images: Any, shifts: Any) -> Any:
    """Shift each image by whole pixels; black comes in at the edges.

    The gradient is that of the pixels that stayed inside, shifted back.

    Args:
        images: Float32, batch x rows x columns in [-1, 1].
        shifts: Int32, 2 x batch: rows down and columns to the right.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def shifted(images: Any) -> tuple[Any, Callable[[Any], Any]]:
        return _shift(images, shifts, _BLACK), lambda by_output: _shift(by_output, -shifts, 0.0)

    return shifted(images)


def _shift(images: Any, shifts: Any, fill: float) -> Any:
    """Gather every pixel from where it was, or `fill` if that is outside.

    TensorFlow's own gradient of a gather is a scatter, which runs on one core.
    """
    batch, rows, columns = images.shape
    row = tf.reshape(tf.range(rows), (1, rows, 1)) - tf.reshape(shifts[0], (batch, 1, 1))
    column = tf.reshape(tf.range(columns), (1, 1, columns)) - tf.reshape(shifts[1], (batch, 1, 1))
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    first = tf.reshape(tf.range(batch) * (rows * columns), (batch, 1, 1))
    index = tf.where(inside, first + row * columns + column, 0)
    return tf.where(inside, tf.gather(tf.reshape(images, (-1,)), index), fill)


@dataclass(frozen=True, slots=True)
class GradientPenalty:
    """R1 and R2: the discriminator's gradient by its images, squared, at real and fake images.

    Mescheder et al. 2018, "Which training methods for GANs do actually converge?", eq. 9 and 10.
    Computed every `PENALTY_STEPS` steps and multiplied by as many, as the lazy regularisation of
    Karras et al. 2020 ("Analyzing and improving the image quality of StyleGAN", section 3.1).
    """

    gamma: float
    """The weight: the loss is gamma / 2 times the mean squared norm."""

    def gradients(
        self,
        networks: Networks,
        real_images: Any,
        fake_images: Any,
        step: Any,
        share: Share = WHOLE,
    ) -> list[Any]:
        """The penalty's gradient by the discriminator's variables; zeros in steps without it.

        It is that of the first images of the batch. A replica computes it for those in its share,
        so that the mean over replicas is the gradient of all.

        Args:
            networks: Its discriminator is penalised, without dropout, and normalised, if at all, by
                its moving statistics.
            real_images: What the discriminator saw, float32, batch x 28 x 28.
            fake_images: The same.
            step: Steps completed, a scalar int64.
            share: Which images of the batch these are.
        """
        variables = networks.discriminator.trainable_variables
        penalised = min(PENALTY_IMAGES, real_images.shape[0] * share.replicas)
        count = share.count(penalised)

        def zeros() -> list[Any]:
            return [tf.zeros_like(variable.value) for variable in variables]

        if not count:
            return zeros()
        images = tf.concat([real_images[:count], fake_images[:count]], axis=0)
        images = tf.stop_gradient(images)
        weight = count * share.replicas / penalised
        by_variables: list[Any] = tf.cond(
            step % PENALTY_STEPS == 0,
            lambda: self._gradients(networks, images, weight),
            zeros,
        )
        return by_variables

    def _gradients(self, networks: Networks, images: Any, weight: float) -> list[Any]:
        discriminator = networks.discriminator
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(images)
                logits = forward(discriminator, images, training=not networks.normalises_batches)
            by_images = inner.gradient(logits, images)
            squared_norms = tf.reduce_sum(tf.square(by_images), axis=[1, 2])
            # The mean over real and fake images is half the sum of the two penalties' means.
            loss = weight * PENALTY_STEPS * self.gamma * tf.reduce_mean(squared_norms)
        # Keras's own variables have no zeros for TensorFlow; a bias has no part in the penalty.
        variables = [variable.value for variable in discriminator.trainable_variables]
        by_variables: list[Any] = tape.gradient(
            loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return by_variables
