"""The feed of real images: all of them on the device, or only those of one execution.

Both follow the same order, new for each epoch, so a run has the same batches with either. The
compiled program is the same too: it gathers each batch from `images` by `order`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import tensorflow as tf

from gan.models.randomness import permutation
from gan.strategy.topology import WHOLE, Share

if TYPE_CHECKING:
    from gan.events import Images

_WINDOW_BYTES: Final = 1 << 24
"""Maximum size of one execution's images on the device, unless one batch is larger."""


class Feed(Protocol):
    """The real images of a run, batch after batch, or one replica's share of each batch."""

    batch_size: int
    """Images in a step, of this replica alone."""

    steps_per_epoch: int
    window_steps: int
    """Maximum number of steps that one call of `ready` can prepare."""

    def ready(self, step: int, steps: int) -> int:
        """Put the images of the next steps on the device.

        Args:
            step: Steps completed before.
            steps: How many; at most `window_steps`, and at most the rest of the epoch.

        Returns:
            The number of their first batch in `order`.
        """

    @property
    def images(self) -> Any:
        """Images on the device, uint8, m x 28 x 28."""

    @property
    def order(self) -> Any:
        """Indices into `images`, batch after batch: int32, m."""


class DeviceImages:
    """All images on the device: an execution only needs their order."""

    def __init__(self, images: Images, *, batch_size: int, seed: int, share: Share = WHOLE) -> None:
        """Put the images on the device.

        Args:
            images: n x 28 x 28, uint8, n at least `batch_size`.
            batch_size: Images in a step, those of all replicas.
            seed: The run's seed.
            share: Which images of every batch it feeds.

        Raises:
            tf.errors.OpError: They don't fit in the device's memory.
        """
        self.batch_size = batch_size // share.replicas
        self.window_steps = self.steps_per_epoch = len(images) // batch_size
        self.images = tf.constant(images)
        self._count = len(images)
        self._seed = seed
        self._share = share
        self._epoch: int | None = None
        # Not a variable: TensorFlow has no int32 variables on a GPU.
        self.order = tf.zeros(share.count(self._count), tf.int32)

    def ready(self, step: int, steps: int) -> int:  # noqa: ARG002 - all images are there
        """Draw a new order if a new epoch begins."""
        epoch, first = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            # Every batch begins at a multiple of the number of replicas.
            order = permutation(self._seed, epoch, self._count)[self._share.rows]
            self.order = tf.constant(order)
            self._epoch = epoch
        return first


class HostImages:
    """Only one execution's images on the device, copied there before it begins."""

    def __init__(
        self,
        images: Images,
        *,
        batch_size: int,
        seed: int,
        share: Share = WHOLE,
        window_bytes: int = _WINDOW_BYTES,
    ) -> None:
        """Allocate space for the images of one execution.

        Args:
            images: n x 28 x 28, uint8, n at least `batch_size`.
            batch_size: Images in a step, those of all replicas.
            seed: The run's seed.
            share: Which images of every batch it feeds.
            window_bytes: Maximum size of an execution's images; less than a batch counts as one.

        Raises:
            tf.errors.OpError: Not even these fit in the device's memory.
        """
        self.batch_size = batch_size // share.replicas
        self.steps_per_epoch = len(images) // batch_size
        batch_bytes = self.batch_size * images[0].nbytes
        self.window_steps = max(1, min(window_bytes // batch_bytes, self.steps_per_epoch))
        self._host_images = images
        self._seed = seed
        self._share = share
        self._epoch: int | None = None
        self._order = np.empty(0, np.int32)
        window_shape = (self.window_steps * self.batch_size, *images.shape[1:])
        self.images = tf.zeros(window_shape, tf.uint8)
        # The copy is already in order.
        self.order = tf.range(self.window_steps * self.batch_size)

    def ready(self, step: int, steps: int) -> int:
        """Copy the images of these steps to the device, in their order."""
        epoch, first = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = permutation(self._seed, epoch, len(self._host_images))
            self._order = order[self._share.rows]
            self._epoch = epoch
        chosen = self._order[first * self.batch_size : (first + steps) * self.batch_size]
        # The rest of the window is never read.
        window = np.empty(self.images.shape, np.uint8)
        # All indices are within bounds; only the mode "clip" writes in place.
        np.take(self._host_images, chosen, axis=0, out=window[: len(chosen)], mode="clip")
        self.images = tf.constant(window)
        return 0
