"""Dense layers whose first weights are keyed by the run's seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from gan.models.randomness import weights_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.randomness import Purpose


def keyed_dense(run_seed: int, network: Purpose) -> Callable[..., Any]:
    """Makes the Dense layers of one network, one after another.

    Their kernels begin as Keras's default has it (Glorot and Bengio 2010, eq. 16), each keyed by
    the run's seed, the network and its own place. They have no bias unless one is asked for.

    Args:
        run_seed: The run's seed.
        network: Which network's weights they are.
    """
    made = 0

    def dense(units: int, *, use_bias: bool = False, activation: str | None = None) -> Any:
        nonlocal made
        seed = weights_seed(run_seed, network, made)
        made += 1
        return keras.layers.Dense(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        )

    return dense
