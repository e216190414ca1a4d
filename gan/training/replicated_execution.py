"""Executions over several replicas: many steps in one call, as on one device.

The loop over steps is a plain graph, because XLA compiles neither collectives nor a program for
several devices. What is between two collectives is compiled by XLA (`gan.training.replica_step`).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from gan.training.execution import (
    MAX_STEPS_PER_EXECUTION,
    Losses,
    max_steps_after,
)
from gan.training.replica_gradients import Batch
from gan.training.step import StepMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.training.feed import Feed
    from gan.training.pieces import Reduce
    from gan.training.replica_step import ReplicaStep


class ReplicatedExecution:
    """The training loop over this process's replicas. Not thread-safe; the trainer's alone.

    A call is the only place where replicas act together. Those of other workers have to be called
    with the same arguments, or it waits for them.
    """

    def __init__(
        self,
        strategy: Any,
        devices: Sequence[str],
        steps: Sequence[ReplicaStep],
        feeds: Sequence[Feed],
        reduce: Reduce | None = None,
    ) -> None:
        """Nothing is traced until the first call.

        Args:
            strategy: TensorFlow's strategy, over all workers.
            devices: Of this process, in the strategy's order.
            steps: The step of each of its replicas.
            feeds: The real images of each.
            reduce: Sums over replicas; the default is the strategy's all-reduce.
        """
        self.steps_per_epoch = feeds[0].steps_per_epoch
        self._strategy = strategy
        self._devices = devices
        self._feeds = feeds
        self._reduce = reduce or all_reduced
        self._steps = _by_replica(strategy, steps)
        self._places = _by_replica(strategy, range(len(steps)))

    def max_steps_after(self, step: int) -> int:
        """As `Execution.max_steps_after`."""
        return max_steps_after(step, self._feeds[0])

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses:
        """As a call of `Execution`, by all replicas together.

        If losses become non-finite, the steps after the first such are made and not returned: there
        is nothing left to spoil.

        Args:
            step: Steps completed before.
            steps: At most `max_steps_after(step)`; 0 traces the loop without training.
            branch: How many times the run was rolled back.

        Raises:
            tf.errors.OpError: It can't be compiled, a device fails, or another worker is gone.
        """
        images, orders, first_batch = self._ready(step, steps)
        metrics = self._run(
            tf.constant(step, tf.int64),
            tf.constant(first_batch, tf.int64),
            tf.constant(steps),
            tf.constant(branch, tf.int64),
            images,
            orders,
        )
        return _until_diverged(Losses(*metrics.numpy()[:steps].T))

    def _ready(self, step: int, steps: int) -> tuple[list[Any], list[Any], int]:
        """The images and their order on each device, and the number of the first batch."""
        images, orders, first_batch = [], [], 0
        for device, feed in zip(self._devices, self._feeds, strict=True):
            with tf.device(device):
                first_batch = feed.ready(step, steps)
                images.append(feed.images)
                # A plain graph keeps 32-bit integers in the host's memory: all of them would be
                # copied to a GPU at each step.
                orders.append(tf.cast(feed.order, tf.int64))
        return images, orders, first_batch

    @cached_property
    def _run(self) -> Callable[..., Any]:
        traced = tf.function(self._run_steps, autograph=False)
        images, orders, _ = self._ready(0, 0)
        run: Callable[..., Any] = traced.get_concrete_function(
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int64),
            [tf.TensorSpec(one.shape, one.dtype) for one in images],
            [tf.TensorSpec(one.shape, one.dtype) for one in orders],
        )
        return run

    def _run_steps(
        self, first: Any, first_batch: Any, steps: Any, branch: Any, images: Any, orders: Any
    ) -> Any:
        """The metrics of every step: float32, MAX_STEPS_PER_EXECUTION x 4."""
        shape = (len(StepMetrics._fields),)
        array = tf.TensorArray(tf.float32, MAX_STEPS_PER_EXECUTION, element_shape=shape)

        def body(index: Any, array: Any) -> tuple[Any, ...]:
            offset = tf.cast(index, tf.int64)

            def replica(one: ReplicaStep, place: int) -> Any:
                batch = Batch(
                    images[place], orders[place], first_batch + offset, first + offset, branch
                )
                return one(batch, self._reduce)

            by_replica = self._strategy.run(replica, args=(self._steps, self._places))
            metrics = self._strategy.experimental_local_results(by_replica)[0]
            return index + 1, array.write(index, metrics)

        # Whether a loss is finite doesn't end the loop: the host would have to wait for a GPU's
        # answer at each step before it could launch the next.
        _, filled = tf.while_loop(
            lambda index, _: index < steps, body, (tf.constant(0), array), parallel_iterations=1
        )
        return filled.stack()


def _until_diverged(losses: Losses) -> Losses:
    """The losses up to the first step that has a non-finite one."""
    finite = np.isfinite(losses.d_loss + losses.g_loss)
    made = len(finite) if finite.all() else int(np.argmin(finite)) + 1
    return Losses(*(values[:made] for values in losses))


def all_reduced(tensors: list[Any]) -> list[Any]:
    """Sum tensors over all replicas of the strategy in whose replica context this is called."""
    context = tf.distribute.get_replica_context()
    summed: list[Any] = context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)
    return summed


def _by_replica(strategy: Any, values: Sequence[Any]) -> Any:
    """Values of this process's replicas, for `strategy.run` to give each its own."""
    left = iter(values)
    return strategy.experimental_distribute_values_from_function(lambda _: next(left))
