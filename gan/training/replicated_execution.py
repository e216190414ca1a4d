"""Executions over several replicas: many steps in one call, as on one device.

The loop over steps is a plain graph, because XLA compiles neither collectives nor a program for
several devices. What is between two collectives is compiled by XLA (`gan.training.replica_step`).
"""

from __future__ import annotations

import time
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
from gan.training.state import restore_state, state_of
from gan.training.step import StepMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.training.feed import Feed
    from gan.training.pieces import Reduce
    from gan.training.replica_step import ReplicaStep
    from gan.training.step import Gan


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
        gans: Sequence[Gan],
        feeds: Sequence[Feed],
    ) -> None:
        """Nothing is traced until the first call.

        Args:
            strategy: TensorFlow's strategy, over all workers.
            devices: Of this process, in the strategy's order.
            steps: The step of each of its replicas.
            gans: The networks that each one's step trains.
            feeds: The real images of each.
        """
        self.steps_per_epoch = feeds[0].steps_per_epoch
        self._strategy = strategy
        self._devices = devices
        self._gans = gans
        self._feeds = feeds
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
        metrics = self._run(*self._arguments(step, steps, branch))
        return _until_diverged(Losses(*metrics.numpy()[:steps].T))

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float:
        """How long steps take if replicas exchange nothing; afterwards all state is as before.

        It waits for no other replica. XLA compiles the functions of a step in it as well as in a
        call, so a failure shows here while no collective is under way that others would wait in.

        Args:
            step: As in a call.
            steps: As in a call.
            branch: As in a call.

        Returns:
            The seconds of the steps, without those of keeping the state.

        Raises:
            tf.errors.OpError: As a call.
        """
        arguments = self._arguments(step, steps, branch)
        run, before = self._run_alone, state_of(self._gans[0])
        begun = time.perf_counter()
        run(*arguments).numpy()
        seconds = time.perf_counter() - begun
        for gan in self._gans:
            restore_state(gan, before)
        return seconds

    def _arguments(self, step: int, steps: int, branch: int) -> tuple[Any, ...]:
        images, orders, first_batch = self._ready(step, steps)
        return (
            tf.constant(step, tf.int64),
            tf.constant(first_batch, tf.int64),
            tf.constant(steps),
            tf.constant(branch, tf.int64),
            images,
            orders,
        )

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
        return self._traced(all_reduced)

    @cached_property
    def _run_alone(self) -> Callable[..., Any]:
        return self._traced(lambda tensors: tensors)

    def _traced(self, reduce: Reduce) -> Callable[..., Any]:
        """The loop over steps whose replicas exchange what this sums."""

        def run_steps(*arguments: Any) -> Any:
            return self._run_steps(reduce, *arguments)

        traced = tf.function(run_steps, autograph=False)
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
        self,
        reduce: Reduce,
        first: Any,
        first_batch: Any,
        steps: Any,
        branch: Any,
        images: Any,
        orders: Any,
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
                return one(batch, reduce)

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
