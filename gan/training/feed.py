"""Where an execution finds its real images: all of them on the device, or its own alone.

Both follow the same order, drawn anew for each epoch, so a run has the same batches with either.
What is traced is the same too: images to gather from, and numbers of images in the order in which
batches take them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import tensorflow as tf

from gan.models.randomness import permutation

if TYPE_CHECKING:
    from gan.events import Images

_WINDOW_BYTES: Final = 1 << 24
"""The most that an execution's own images take on the device, unless one batch takes more."""


class Feed(Protocol):
    """The real images of a run, batch after batch."""

    batch_size: int
    steps_per_epoch: int
    window_steps: int
    """The most steps that one call of `ready` can prepare."""

    def ready(self, step: int, steps: int) -> int:
        """Have the device hold the images of `steps` steps after the first `step` ones.

        Args:
            step: Steps completed before.
            steps: At most `window_steps`, and at most what is left of the epoch.

        Returns:
            The number of the first of their batches, in `order`.
        """

    @property
    def images(self) -> Any:
        """Images on the device, uint8, m x 28 x 28."""

    @property
    def order(self) -> Any:
        """Which of `images` follow each other, a tensor of int32, m: batch after batch."""


class DeviceImages:
    """All images on the device: an execution is brought their order alone."""

    def __init__(self, images: Images, *, batch_size: int, seed: int) -> None:
        """Put the images on the device.

        Args:
            images: n x 28 x 28, uint8, n at least `batch_size`.
            batch_size: Images in a step.
            seed: The run's.

        Raises:
            tf.errors.OpError: The device's memory does not hold them.
        """
        self.batch_size = batch_size
        self.window_steps = self.steps_per_epoch = len(images) // batch_size
        self.images = tf.constant(images)
        self._count = len(images)
        self._seed = seed
        self._epoch: int | None = None
        # No variable: TensorFlow has none of int32 on a GPU.
        self.order = tf.zeros(self._count, tf.int32)

    def ready(self, step: int, steps: int) -> int:  # noqa: ARG002 - all images are there
        """Shuffle them, where an epoch begins."""
        epoch, first = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self.order = tf.constant(permutation(self._seed, epoch, self._count))
            self._epoch = epoch
        return first


class HostImages:
    """Only an execution's own images on the device, copied there before it begins."""

    def __init__(
        self, images: Images, *, batch_size: int, seed: int, window_bytes: int = _WINDOW_BYTES
    ) -> None:
        """Make room for the images of one execution.

        Args:
            images: n x 28 x 28, uint8, n at least `batch_size`.
            batch_size: Images in a step.
            seed: The run's.
            window_bytes: What the images of an execution may take, if that is a batch at least.

        Raises:
            tf.errors.OpError: The device's memory does not hold even these.
        """
        self.batch_size = batch_size
        self.steps_per_epoch = len(images) // batch_size
        batch_bytes = batch_size * images[0].nbytes
        self.window_steps = max(1, min(window_bytes // batch_bytes, self.steps_per_epoch))
        self._host_images = images
        self._seed = seed
        self._epoch: int | None = None
        self._order = np.empty(0, np.int32)
        room = (self.window_steps * batch_size, *images.shape[1:])
        self.images = tf.zeros(room, tf.uint8)
        # They are put in order on their way.
        self.order = tf.range(self.window_steps * batch_size)

    def ready(self, step: int, steps: int) -> int:
        """Copy the images of these steps to the device, in their order."""
        epoch, first = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = permutation(self._seed, epoch, len(self._host_images))
            self._epoch = epoch
        chosen = self._order[first * self.batch_size : (first + steps) * self.batch_size]
        # What lies behind them is never looked at.
        window = np.empty(self.images.shape, np.uint8)
        # They are all within bounds; "clip" alone writes in place.
        np.take(self._host_images, chosen, axis=0, out=window[: len(chosen)], mode="clip")
        self.images = tf.constant(window)
        return 0
