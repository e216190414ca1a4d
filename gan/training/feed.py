"""The feed of real images: all of them on the device, or only those of the next executions.

Both follow the same order, new for each epoch, so a run has the same batches with either. The
compiled program is the same too: it gathers each batch from `images` by `order`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import tensorflow as tf

from gan.data.stored_images import expect, read_into
from gan.models.randomness import permutation
from gan.strategy.topology import WHOLE, Share

if TYPE_CHECKING:
    from gan.data.stored_images import AnyImages
    from gan.events import Images

_GPU_WINDOW_BYTES: Final = 1 << 24
_CPU_WINDOW_BYTES: Final = 1 << 22
"""Maximum size of the images that are copied to the device, unless one batch is larger. A GPU makes
more steps in an execution; on two CPU cores each copy took 9 ms of 16 MB and 1.4 ms of 4 MB."""

_EXECUTIONS: Final = 8
"""Executions for which images are copied at once: the copy is of the whole window, however few of
its images are new. Of more, reading from a slow disk would hold up commands."""


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
    """Only the next executions' images on the device, copied there before these begin.

    The others are in the host's memory, or on its disk.
    """

    def __init__(
        self,
        images: AnyImages,
        *,
        batch_size: int,
        seed: int,
        share: Share = WHOLE,
        window_bytes: int | None = None,
    ) -> None:
        """Allocate space for the images of some executions.

        Args:
            images: n x 28 x 28, uint8, n at least `batch_size`.
            batch_size: Images in a step, those of all replicas.
            seed: The run's seed.
            share: Which images of every batch it feeds.
            window_bytes: Maximum size of their images, by default what suits the device; less than
                a batch counts as one.

        Raises:
            tf.errors.OpError: Not even these fit in the device's memory.
        """
        self.batch_size = batch_size // share.replicas
        self.steps_per_epoch = len(images) // batch_size
        if window_bytes is None:
            has_gpu = bool(tf.config.get_visible_devices("GPU"))
            window_bytes = _GPU_WINDOW_BYTES if has_gpu else _CPU_WINDOW_BYTES
        batch_bytes = self.batch_size * (images.nbytes // len(images))
        self.window_steps = max(1, min(window_bytes // batch_bytes, self.steps_per_epoch))
        self._host_images = images
        self._seed = seed
        self._share = share
        self._epoch: int | None = None
        self._order = np.empty(0, np.int32)
        self._loaded = range(0)
        """The batches of the epoch that are on the device."""

        window_shape = (self.window_steps * self.batch_size, *images.shape[1:])
        # Kept, because the system would clear its memory anew each time.
        self._window = np.zeros(window_shape, np.uint8)
        self.images = tf.zeros(window_shape, tf.uint8)
        # The copy is already in order.
        self.order = tf.range(self.window_steps * self.batch_size)

    def ready(self, step: int, steps: int) -> int:
        """Copy the images of these steps to the device, in their order, if they aren't there yet.

        Raises:
            DataError: They are on disk and can't be read, or have changed.
        """
        epoch, first = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = permutation(self._seed, epoch, len(self._host_images))
            self._order = order[self._share.rows]
            self._epoch = epoch
            self._loaded = range(0)
        if not self._loaded.start <= first <= first + steps <= self._loaded.stop:
            last = first + min(steps * _EXECUTIONS, self.window_steps)
            self._load(range(first, min(last, self.steps_per_epoch)))
        return first - self._loaded.start

    def _load(self, batches: range) -> None:
        # Until the last is in place, those before are overwritten.
        self._loaded = range(0)
        begin, end = batches.start * self.batch_size, batches.stop * self.batch_size
        # The rest of the window is never read.
        read_into(self._host_images, self._order[begin:end], self._window[: end - begin])
        self.images = tf.constant(self._window)
        self._loaded = batches
        # As many are likely to be next.
        expect(self._host_images, self._order[end : 2 * end - begin])
