"""Many steps in one compiled call.

The images and the epoch's order live on the device, so that a call crosses from host to device
with three integers and comes back with four numbers a step. The number of steps is an argument, not
part of the program: one compilation serves every size, and cutting a run into executions in
another way cannot change a bit of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tensorflow as tf

from gan.randomness import permutation
from gan.training.device import device_memory
from gan.training.gan import StepMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from gan.training.gan import Gan

MAX_STEPS_PER_EXECUTION: Final = 1024
"""The most steps one call can make: the size of the arrays that the compiled program fills."""

_ARGUMENTS: Final = tuple(tf.TensorSpec((), dtype) for dtype in (tf.int64, tf.int32, tf.int64))
"""Steps completed, steps to make, and how many times the run was rolled back."""


class Losses(NamedTuple):
    """What an execution measured: float32 arrays, one value a step."""

    d_loss: npt.NDArray[np.float32]
    g_loss: npt.NDArray[np.float32]
    real_score: npt.NDArray[np.float32]
    fake_score: npt.NDArray[np.float32]


class Execution:
    """The compiled training loop over one set of images. Not thread-safe: the trainer's alone."""

    def __init__(
        self,
        gan: Gan,
        images: npt.NDArray[np.uint8],
        *,
        batch_size: int,
        jit_compile: bool = True,
    ) -> None:
        """Put the images on the device; nothing is compiled until the first call.

        Args:
            gan: The networks and optimizers, built.
            images: n x 28 x 28, n at least `batch_size`.
            batch_size: Images in a step.
            jit_compile: Whether XLA compiles the loop.
        """
        self.batch_size = batch_size
        self.steps_per_epoch = len(images) // batch_size
        self._gan = gan
        self._count = len(images)
        self._images = tf.constant(images)
        self._order = tf.Variable(tf.zeros(self._count, tf.int32), trainable=False)
        self._epoch: int | None = None
        self._jit_compile = jit_compile

    def steps_left_in_epoch(self, step: int) -> int:
        """How many steps from `step` an execution may make before the order changes."""
        return self.steps_per_epoch - step % self.steps_per_epoch

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses:
        """Make `steps` steps after the first `step` ones.

        It ends early behind the first step whose losses are not finite: nothing that follows
        could be worth its time.

        Args:
            step: Steps completed before.
            steps: At most `MAX_STEPS_PER_EXECUTION` and at most `steps_left_in_epoch(step)`;
                zero compiles without training.
            branch: How many times the run was rolled back.

        Raises:
            DeviceError: The device's memory does not suffice.
        """
        self._shuffle(step // self.steps_per_epoch)
        with device_memory(self.batch_size):
            made, metrics = self._run(
                tf.constant(step, tf.int64),
                tf.constant(steps, tf.int32),
                tf.constant(branch, tf.int64),
            )
            return Losses(*metrics.numpy()[:, : int(made)])

    @cached_property
    def _run(self) -> Callable[..., Any]:
        """The loop, traced once; XLA compiles it when it is first called."""
        run = tf.function(
            self._run_steps, jit_compile=self._jit_compile, input_signature=_ARGUMENTS
        )
        # To look for the trace that fits takes a quarter of a millisecond, at every call.
        traced: Callable[..., Any] = run.get_concrete_function()
        return traced

    def _shuffle(self, epoch: int) -> None:
        if epoch != self._epoch:
            self._order.assign(permutation(self._gan.seed, epoch, self._count))
            self._epoch = epoch

    def _run_steps(self, first: Any, steps: Any, branch: Any) -> tuple[Any, Any]:
        """How many steps were made, and their metrics, float32, 4 x MAX_STEPS_PER_EXECUTION."""
        images, order = self._images, self._order.value()
        metrics = [tf.TensorArray(tf.float32, MAX_STEPS_PER_EXECUTION) for _ in StepMetrics._fields]

        def body(index: Any, _: Any, *arrays: Any) -> tuple[Any, ...]:
            step = first + tf.cast(index, tf.int64)
            measured = self._gan.train_step(self._batch(images, order, step), step, branch)
            written = (
                array.write(index, value) for array, value in zip(arrays, measured, strict=True)
            )
            finite = tf.math.is_finite(measured.d_loss + measured.g_loss)
            return (index + 1, finite, *written)

        def unfinished(index: Any, finite: Any, *_: Any) -> Any:
            return tf.logical_and(index < steps, finite)

        made, _, *filled = tf.while_loop(
            unfinished,
            body,
            (tf.constant(0), tf.constant(value=True), *metrics),
            parallel_iterations=1,
        )
        return made, tf.stack([array.stack() for array in filled])

    def _batch(self, images: Any, order: Any, step: Any) -> Any:
        """The step's real images, float32 in [-1, 1], gathered and scaled in the graph."""
        position = tf.cast(step % self.steps_per_epoch, tf.int32) * self.batch_size
        # Gathered, because XLA takes the start of a slice for part of the program: with tf.slice
        # it would compile anew at every call.
        chosen = tf.gather(images, tf.gather(order, position + tf.range(self.batch_size)))
        return tf.cast(chosen, tf.float32) / 127.5 - 1.0
