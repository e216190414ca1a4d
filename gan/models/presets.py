"""The presets: one table of what can be trained, by name.

It imports neither TensorFlow nor Keras: the command line, the configuration and the help read it.
A new preset is a row here and the module that builds its networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.models.networks import Networks


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A pair of networks, and the defaults they are trained with."""

    summary: str
    """A few words for the help."""

    networks: str
    """Import path, `module:function`, of what builds the pair from (latent_dim, run_seed)."""

    learning_rate: float
    """Adam's step size, for both networks."""

    beta_1: float
    """Adam's decay of the first moment, for both networks."""

    def build(self, latent_dim: int, run_seed: int) -> Networks:
        """Build the networks, with the initial weights of a seed. Imports TensorFlow."""
        module, _, function = self.networks.partition(":")
        networks: Networks = getattr(import_module(module), function)(latent_dim, run_seed)
        return networks


PRESETS: Final = {
    "mlp": Preset(
        summary="dense layers, dropout in the discriminator",
        networks="gan.models.mlp:build",
        learning_rate=2e-4,
        beta_1=0.5,
    ),
    "tutorial": Preset(
        summary="the tutorial's networks, exact, as a reference",
        networks="gan.models.tutorial:build",
        learning_rate=1e-4,
        beta_1=0.9,
    ),
}
"""The presets by name. The first is the default."""

DEFAULT_PRESET: Final = next(iter(PRESETS))

FORMER_NAMES: Final = {"seed": "tutorial"}
"""Names that presets had in the runs of older versions."""
