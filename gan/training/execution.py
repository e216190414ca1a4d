"""Executions: many steps in one compiled call, and one such call after another.

If the device holds all images, a call takes their order and four integers to the device and returns
four numbers per step. The number of steps is an argument, not part of the program: one compilation
serves every size, and how a run is divided into executions can't change a bit of it.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from gan import events
from gan.errors import Diverged
from gan.models.presets import loss
from gan.training.collapse_alarm import CollapseAlarm
from gan.training.pace import Pace
from gan.training.reduction import ReductionMeter
from gan.training.step import StepMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gan.config import RunConfig
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.run.stall import StallWatch
    from gan.training.feed import Feed
    from gan.training.step import Gan
    from gan.training.stopwatch import Stopwatch

MAX_STEPS_PER_EXECUTION: Final = 1024
"""Maximum number of steps in one call: the size of the arrays that the compiled program fills."""

_NUMBERS: Final = tuple(
    tf.TensorSpec((), dtype) for dtype in (tf.int64, tf.int32, tf.int32, tf.int64)
)
"""Steps completed, number of the first batch, steps to make, number of rollbacks."""


class Losses(NamedTuple):
    """What an execution measured: float32 arrays, one value per step."""

    d_loss: npt.NDArray[np.float32]
    g_loss: npt.NDArray[np.float32]
    real_score: npt.NDArray[np.float32]
    fake_score: npt.NDArray[np.float32]


class Executes(Protocol):
    """What makes the steps of a run, on one device or on several."""

    steps_per_epoch: int

    def max_steps_after(self, step: int) -> int:
        """Maximum number of steps in the execution that follows the first `step` steps."""

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses:
        """Run the next `steps` steps, as `Execution` does."""

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float | None:
        """How long steps take if nothing is exchanged with other replicas; they are taken back.

        Returns:
            `None` if there are no others.
        """


class Execution:
    """The compiled training loop over one set of images. Not thread-safe; the trainer's alone."""

    def __init__(self, gan: Gan, feed: Feed, *, jit_compile: bool = True) -> None:
        """Nothing is compiled until the first call.

        Args:
            gan: The networks and optimizers.
            feed: The real images.
            jit_compile: Whether XLA compiles the loop.
        """
        self.steps_per_epoch = feed.steps_per_epoch
        self._gan = gan
        self._feed = feed
        self._jit_compile = jit_compile

    def max_steps_after(self, step: int) -> int:
        """Maximum number of steps in the execution that follows the first `step` steps.

        It ends with the epoch, because the next one has another order, and with the images that
        the device holds.
        """
        return max_steps_after(step, self._feed)

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses:
        """Run the next `steps` steps; `step` are complete.

        It ends early after the first step with a non-finite loss.

        Args:
            step: Steps completed before.
            steps: At most `max_steps_after(step)`; 0 compiles without training.
            branch: How many times the run was rolled back.

        Raises:
            tf.errors.OpError: It can't be compiled, or the device fails.
        """
        made, metrics = self._run(*self.arguments(step, steps, branch))
        return Losses(*metrics.numpy()[:, : int(made)])

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> None:
        """There are no other replicas."""

    def arguments(self, step: int, steps: int, branch: int = 0) -> tuple[Any, ...]:
        """The arguments of `function` for the next `steps` steps, with their images on the device.

        Args:
            step: Steps completed before.
            steps: As in a call.
            branch: As in a call.
        """
        first_batch = self._feed.ready(step, steps)
        return (
            tf.constant(step, tf.int64),
            tf.constant(first_batch, tf.int32),
            tf.constant(steps, tf.int32),
            tf.constant(branch, tf.int64),
            self._feed.images,
            self._feed.order,
        )

    @cached_property
    def _run(self) -> Callable[..., Any]:
        """The loop, traced once; XLA compiles it at the first call."""
        # Looking up the trace for its arguments would take 0.25 ms at every call.
        traced: Callable[..., Any] = self.function().get_concrete_function()
        return traced

    def function(self) -> Any:
        """The loop as a new `tf.function` of four integers, the images and their order.

        It is not kept: with a reference back to this execution, images would stay on the device.
        """
        # The images are an argument: a tensor that a trace captures is never freed.
        images, order = (
            tf.TensorSpec(tensor.shape, tensor.dtype)
            for tensor in (self._feed.images, self._feed.order)
        )
        return tf.function(
            self._run_steps,
            autograph=False,
            jit_compile=self._jit_compile,
            input_signature=(*_NUMBERS, images, order),
        )

    def _run_steps(
        self, first: Any, first_batch: Any, steps: Any, branch: Any, images: Any, order: Any
    ) -> tuple[Any, Any]:
        """The number of steps made, and their metrics, float32, 4 x MAX_STEPS_PER_EXECUTION."""
        # On a GPU each array and each number is a kernel of its own, so there is one array, and the
        # condition computes what it needs. On a CPU that makes 0.98 times the steps.
        together = self._gan.for_gpu
        count = len(StepMetrics._fields)
        metrics = [
            tf.TensorArray(tf.float32, MAX_STEPS_PER_EXECUTION, element_shape=shape)
            for shape in ([(count,)] if together else [None] * count)
        ]

        def body(index: Any, _: Any, *arrays: Any) -> tuple[Any, ...]:
            step = first + tf.cast(index, tf.int64)
            real_images = real_batch(images, order, first_batch + index, self._feed.batch_size)
            measured = self._gan.train_step(real_images, step, branch)
            values = [tf.stack(measured)] if together else list(measured)
            newest = values[0] if together else _are_finite(*measured)
            pairs = zip(arrays, values, strict=True)
            return (index + 1, newest, *(array.write(index, value) for array, value in pairs))

        def unfinished(index: Any, newest: Any, *_: Any) -> Any:
            finite = _are_finite(*tf.unstack(newest)) if together else newest
            return tf.logical_and(index < steps, finite)

        made, _, *filled = tf.while_loop(
            unfinished,
            body,
            (tf.constant(0), tf.zeros(count) if together else tf.constant(value=True), *metrics),
            parallel_iterations=1,
        )
        if together:
            return made, tf.transpose(filled[0].stack())
        return made, tf.stack([array.stack() for array in filled])


def real_batch(images: Any, order: Any, number: Any, size: int) -> Any:
    """A batch of real images, gathered and scaled in the graph: float32 in [-1, 1], size x 28 x 28.

    Args:
        images: Uint8, m x 28 x 28.
        order: Indices into `images`, batch after batch; an integer type.
        number: Which batch, a scalar of the same type.
        size: Images in a batch.
    """
    # Gathered, because to XLA the start of a slice is part of the program: with tf.slice it
    # would compile again at every call.
    chosen = tf.gather(images, tf.gather(order, number * size + tf.range(size, dtype=order.dtype)))
    return tf.cast(chosen, tf.float32) / 127.5 - 1.0


def _are_finite(d_loss: Any, g_loss: Any, *_: Any) -> Any:
    """Whether both losses are finite numbers; the other metrics can't be otherwise then."""
    return tf.math.is_finite(d_loss + g_loss)


def max_steps_after(step: int, feed: Feed) -> int:
    """The steps after the first `step` ones that an execution can make: as `Executes` has it."""
    left = feed.steps_per_epoch - step % feed.steps_per_epoch
    return min(left, feed.window_steps, MAX_STEPS_PER_EXECUTION)


class Stepper:
    """Chooses how many steps an execution has, times them, and reports and checks their losses."""

    def __init__(
        self,
        config: RunConfig,
        execution: Executes,
        report: Callable[[int, Losses], None],
        emit: events.Listener,
        stopwatch: Stopwatch,
        stall: StallWatch,
    ) -> None:
        """Start at step 0 of the first branch.

        Args:
            config: Sets the number of steps and names the preset.
            execution: Makes the steps.
            report: Called with the first step of every execution, and its losses.
            emit: Called with an event for every alert.
            stopwatch: Measures the time that the steps take.
            stall: Notices steps that do not come back.
        """
        self._config = config
        self._stall = stall
        self._execution = execution
        self._report = report
        self._emit = emit
        self._stopwatch = stopwatch
        self._pace = Pace()
        self._reduction = ReductionMeter(execution, emit)
        self._alarm = self._new_alarm()
        self.total_steps = config.total_steps(execution.steps_per_epoch)
        self.step = 0
        """Steps completed."""

        self.branch = 0
        """How many times the run was rolled back."""

    @property
    def is_at_epoch_end(self) -> bool:
        """Whether an epoch was just completed, or none has begun."""
        return self.step % self._execution.steps_per_epoch == 0

    def resume(self, point: ResumePoint) -> None:
        """Continue from a checkpoint, on its branch."""
        self.step, self.branch = point.step, point.branch

    def roll_back(self, point: ResumePoint) -> None:
        """Continue from a checkpoint on a new branch with new random draws."""
        self.step, self.branch = point.step, max(self.branch, point.branch) + 1
        self._alarm = self._new_alarm()

    def _new_alarm(self) -> CollapseAlarm:
        return CollapseAlarm(self._config.preset, loss(self._config.loss).chance)

    def make_steps(self, *limits: int | None) -> None:
        """Make one execution of steps: as many as the pace and the limits allow.

        Raises:
            Diverged: The losses of the last step are non-finite.
        """
        maxima = (self.total_steps - self.step, self._execution.max_steps_after(self.step))
        steps = min(limit for limit in (self._pace.steps, *maxima, *limits) if limit is not None)
        begun = self._stopwatch.seconds("training")
        expected = steps * self._pace.seconds_per_step
        with self._stopwatch.measure("training"), self._stall.awaited(expected):
            losses = self._execution(self.step, steps, self.branch)
        made, first_step = len(losses.d_loss), self.step + 1
        self.step += made
        seconds = self._stopwatch.seconds("training") - begun
        self._pace = self._pace.measured(made, seconds, MAX_STEPS_PER_EXECUTION)
        self._report(first_step, losses)
        _require_finite(self.step, losses)
        if alert := self._alarm.add(losses.d_loss):
            self._emit(events.AlertRaised(time=time.time(), step=self.step, **alert._asdict()))
        if self.step < self.total_steps:
            with self._stall.awaited(seconds):
                self._reduction.follow(self.step, self.branch, made, seconds)


def _require_finite(last_step: int, losses: Losses) -> None:
    """Check the last step's losses; an execution ends after its first non-finite step.

    Raises:
        Diverged: A loss is non-finite.
    """
    d_loss, g_loss = losses.d_loss[-1], losses.g_loss[-1]
    if not (np.isfinite(d_loss) and np.isfinite(g_loss)):
        msg = (
            f"the losses became non-finite at step {last_step}: "
            f"d_loss {d_loss}, g_loss {g_loss}. Try a lower --learning-rate."
        )
        raise Diverged(msg)
