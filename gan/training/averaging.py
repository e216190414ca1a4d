"""The averaged generator: a moving average of the generator's weights over the steps.

Samples come from it. A generator wanders about the best one that it could be; the average of its
weights stands closer (Yazici et al. 2019, "The unusual effectiveness of averaging in GAN
training").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import tensorflow as tf

EVERY: Final = 8
"""Steps from one update to the next. On MNIST it made no difference to updating at each step."""

_RAMP: Final = 0.08
"""The greatest half-life, as a share of the images seen so far: early samples must not lag
(Karras et al. 2020, "Training generative adversarial networks with limited data", appendix, used
0.05)."""


@dataclass(frozen=True, slots=True)
class Averaging:
    """Follows a generator with a moving average of its weights and of its batch statistics."""

    averaged: Any
    """A network of the same layers, with the same weights at step 0."""

    half_life: int
    """Images after which a weight counts half."""

    def update(self, generator: Any, step: Any, batch_size: int) -> None:
        """Take the generator into account, every `EVERY` steps.

        Args:
            generator: The network that is trained.
            step: Steps completed, this one not counted; a scalar int64.
            batch_size: Images in a step.
        """
        made = step + 1

        def follow() -> Any:
            images = tf.cast(made * batch_size, tf.float32)
            half_life = tf.minimum(float(self.half_life), _RAMP * images)
            kept = tf.pow(0.5, EVERY * batch_size / half_life)
            pairs = zip(self.averaged.variables, generator.variables, strict=True)
            for average, newest in pairs:
                average.assign(newest.value + kept * (average.value - newest.value))
            return True

        tf.cond(made % EVERY == 0, follow, lambda: False)
