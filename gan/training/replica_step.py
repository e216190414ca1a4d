"""One replica's part of a training step: what it computes, two reductions, two updates.

Every replica has networks and optimizers of its own, which begin alike and get the same updates, so
they stay alike bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from gan.training.flat import Flat
from gan.training.pieces import SCALAR
from gan.training.replica_gradients import OwnStatistics, WholeStatistics
from gan.training.step import StepMetrics

if TYPE_CHECKING:
    from gan.training.feed import Feed
    from gan.training.pieces import Compiler, Reduce
    from gan.training.replica_gradients import Batch
    from gan.training.step import Gan


class ReplicaStep:
    """The compiled functions of a replica's step, and their order."""

    def __init__(self, gan: Gan, feed: Feed, compiled: Compiler, *, whole_statistics: bool) -> None:
        """Trace them.

        Args:
            gan: The replica's own networks and optimizers, on its device.
            feed: Its share of the real images.
            compiled: Traces functions on its device.
            whole_statistics: Whether batches are normalised by the statistics of the whole batch,
                or by those of the replica's share.
        """
        self._gan = gan
        self._images_in_step = feed.batch_size * gan.share.replicas
        self._compute = (WholeStatistics if whole_statistics else OwnStatistics)(
            gan, feed, compiled
        )
        networks = gan.networks
        self._d_moving = self._to_average(networks.discriminator)
        self._g_moving = self._to_average(networks.generator)
        d_variables = [*networks.discriminator.trainable_variables, *self._d_moving]
        g_variables = [*networks.generator.trainable_variables, *self._g_moving]
        self._d_flat = Flat([()] * len(StepMetrics._fields) + [v.shape for v in d_variables])
        self._g_flat = Flat([v.shape for v in g_variables])
        self._update_discriminator = compiled(self._d_update, self._d_flat.signature)
        self._update_generator = compiled(self._g_update, self._g_flat.signature, SCALAR)

    def __call__(self, batch: Batch, reduce: Reduce) -> Any:
        """Make a step together with the other replicas.

        Args:
            batch: This replica's share.
            reduce: Sums over replicas.

        Returns:
            The metrics of the whole batch, float32, in the order of `StepMetrics`; the same on all
            replicas.
        """
        judged, g_gradients = self._compute(batch, reduce)
        moving = [variable.value for variable in self._d_moving]
        packed = Flat.packed([*judged.metrics, *judged.d_gradients, *moving])
        (d_sum,) = reduce([packed])
        moving = [variable.value for variable in self._g_moving]
        (g_sum,) = reduce([Flat.packed([*g_gradients(), *moving])])
        metrics = self._update_discriminator(d_sum)
        self._update_generator(g_sum, batch.step)
        return metrics

    def _to_average(self, network: Any) -> list[Any]:
        """The moving statistics that differ between replicas until their mean is taken.

        They are linear in what was tracked, so that is the moving mean of all shares.
        """
        return network.non_trainable_variables if self._compute.tracks_own else []

    def _d_update(self, d_sum: Any) -> Any:
        count = len(StepMetrics._fields)
        means = self._d_flat.unpacked(d_sum / self._gan.share.replicas)
        gradients = self._assigned(means[count:], self._d_moving)
        self._gan.update_discriminator(gradients)
        return tf.stack(means[:count])

    def _g_update(self, g_sum: Any, step: Any) -> None:
        means = self._g_flat.unpacked(g_sum / self._gan.share.replicas)
        gradients = self._assigned(means, self._g_moving)
        self._gan.update_generator(gradients, step, self._images_in_step)

    @staticmethod
    def _assigned(means: list[Any], moving: list[Any]) -> list[Any]:
        """Assign the last of the means to moving statistics, and return the others."""
        count = len(means) - len(moving)
        for variable, mean in zip(moving, means[count:], strict=True):
            variable.assign(mean)
        return means[:count]
