"""The learning rate as a function of the step."""

from __future__ import annotations

from typing import Any, Final

import keras
import tensorflow as tf

CONSTANT_SHARE: Final = 0.25
"""The part of the horizon over which the rate stays as it is."""

FLOOR: Final = 0.01
"""What is left of the rate from the horizon on: a run that goes further still learns a little."""


class DecayToHorizon(keras.optimizers.schedules.LearningRateSchedule):
    """Constant for a quarter of a horizon, then falling in a straight line to a hundredth.

    It depends on the step and on a horizon that is fixed when a run begins, and not on the run's
    length. So a run that is made longer is the run that was asked for more at once.
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
        share = tf.cast(step, tf.float32) / float(self.horizon_steps)
        left = tf.clip_by_value((1.0 - share) / (1.0 - CONSTANT_SHARE), 0.0, 1.0)
        return self.learning_rate * tf.maximum(left, FLOOR)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for Keras."""
        return {"learning_rate": self.learning_rate, "horizon_steps": self.horizon_steps}
