"""The weights that a run begins with, keyed by its seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from gan.randomness import weights_seed

if TYPE_CHECKING:
    from gan.randomness import Purpose


def initializer(run_seed: int, network: Purpose, layer: int) -> Any:
    """Keras's default for a Dense kernel (Glorot and Bengio 2010, eq. 16), keyed.

    Args:
        run_seed: The run's seed.
        network: Which network's weights they are.
        layer: Which of its Dense layers, from 0.
    """
    return keras.initializers.GlorotUniform(seed=weights_seed(run_seed, network, layer))
