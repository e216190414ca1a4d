"""The networks of a checkpoint, for those who use them and don't train them.

Optimizers are left out, so nothing depends on how the run was trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan.models.keras_settings import own_keras_settings
from gan.models.presets import PRESETS
from gan.models.variables import (
    AVERAGED_GENERATOR,
    DISCRIMINATOR,
    GENERATOR,
    assign,
    named_variables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from gan.config import RunConfig


@own_keras_settings()
def restored_generator(
    config: RunConfig, arrays: Mapping[str, np.ndarray], *, raw: bool = False
) -> Any:
    """The generator that samples come from: the averaged one, if the run has one.

    Args:
        config: The run's configuration.
        arrays: A checkpoint's arrays.
        raw: Whether it is the generator that is trained, not its average.

    Returns:
        A `keras.Sequential`; see `gan.models.networks.Networks`.

    Raises:
        CheckpointError: The arrays are not those of such networks.
    """
    role = AVERAGED_GENERATOR if has_averaged(config) and not raw else GENERATOR
    return _restored(config, arrays, "generator", role)


@own_keras_settings()
def restored_discriminator(config: RunConfig, arrays: Mapping[str, np.ndarray]) -> Any:
    """The discriminator; as `restored_generator` otherwise."""
    return _restored(config, arrays, "discriminator", DISCRIMINATOR)


def has_averaged(config: RunConfig) -> bool:
    """Whether a run has an averaged generator besides the one that is trained."""
    return config.ema_half_life > 0


def _restored(config: RunConfig, arrays: Mapping[str, np.ndarray], network: str, role: str) -> Any:
    networks = PRESETS[config.preset].build(config.latent_dim, config.seed)
    restored = getattr(networks, network)
    assign(named_variables({role: restored}), arrays)
    return restored
