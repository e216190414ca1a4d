"""What changes in the course of a run, as functions of the step and of the run's horizon.

They don't depend on the run's length. So a run that is made longer is the run that was asked for
more at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import keras
import tensorflow as tf

CONSTANT_SHARE: Final = 0.25
"""The part of the horizon over which the rate stays as it is."""

FLOOR: Final = 0.01
"""What is left of the rate from the horizon on: a run that goes further still learns a little."""


class DecayToHorizon(keras.optimizers.schedules.LearningRateSchedule):
    """Constant for a quarter of a horizon, then falling in a straight line to a hundredth.

    The horizon is fixed when a run begins.
    """

    def __init__(self, learning_rate: float, horizon_steps: int) -> None:
        """Define the schedule.

        Args:
            learning_rate: The rate at first.
            horizon_steps: The step from which the rate is at its floor; at least 1.
        """
        self.learning_rate = learning_rate
        self.horizon_steps = horizon_steps

    def __call__(self, step: Any) -> Any:
        """The rate of the step that follows `step` completed ones, a float32 scalar."""
        return self.learning_rate * tf.maximum(_left(step, self.horizon_steps), FLOOR)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for Keras."""
        return {"learning_rate": self.learning_rate, "horizon_steps": self.horizon_steps}


@dataclass(frozen=True, slots=True)
class RisingShare:
    """A share that rises to 1 as the learning rate falls.

    A discriminator at small steps fits what large steps blur. Whatever keeps it from memorising the
    training images has to grow by as much, or the generated images get worse again towards the end.
    """

    first: float
    """The share for the first quarter of the horizon."""

    horizon_steps: int
    """The step from which it is 1; with 0 it stays as it is."""

    def __call__(self, step: Any) -> Any:
        """The share in the step that follows `step` completed ones, a float32 scalar."""
        if not self.horizon_steps:
            return tf.constant(self.first)
        return 1.0 - (1.0 - self.first) * _left(step, self.horizon_steps)


def _left(step: Any, horizon_steps: int) -> Any:
    """1 for the first part of the horizon, then falling in a straight line to 0, float32."""
    share = tf.cast(step, tf.float32) / float(horizon_steps)
    return tf.clip_by_value((1.0 - share) / (1.0 - CONSTANT_SHARE), 0.0, 1.0)
