"""The presets and the losses: what can be trained, by name.

It imports neither TensorFlow nor Keras: the command line, the configuration and the help read it.
A new preset is a row here and the module that builds its networks; a new loss is a row here and its
class in `gan.models.losses`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gan.models.losses import GanLoss
    from gan.models.networks import Networks


LOSSES: Final = {
    "classic": "gan.models.losses:NonSaturatingLoss",
    "relativistic": "gan.models.losses:RelativisticLoss",
}
"""The import path, `module:class`, of each loss. The first is the default."""


def loss(name: str) -> GanLoss:
    """The loss of that name. Imports TensorFlow."""
    made: GanLoss = _imported(LOSSES[name])()
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a preset is trained unless the user says otherwise.

    Each field is one of `gan.config.RunConfig`, which describes it.
    """

    batch_size: int
    learning_rate: float
    beta_1: float
    precision: str
    epochs: int = 100
    latent_dim: int = 100
    horizon: int = 0
    loss: str = next(iter(LOSSES))
    gradient_penalty: float = 0.0
    max_shift: int = 0
    shift_share: float = 1.0
    ema_half_life: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A pair of networks, and how they are trained."""

    summary: str
    """A few words for the help."""

    networks: str
    """Import path, `module:function`, of what builds the pair from (latent_dim, run_seed)."""

    recipe: Recipe

    def build(self, latent_dim: int, run_seed: int) -> Networks:
        """Build the networks, with the initial weights of a seed. Imports TensorFlow."""
        networks: Networks = _imported(self.networks)(latent_dim, run_seed)
        return networks


PRESETS: Final = {
    "mlp": Preset(
        summary="dense layers; readable digits in a minute on two cores",
        networks="gan.models.mlp:build",
        recipe=Recipe(
            batch_size=64,
            latent_dim=32,
            learning_rate=1e-3,
            beta_1=0.5,
            precision="auto",
            horizon=100,
            gradient_penalty=0.1,
            max_shift=2,
            shift_share=0.5,
            ema_half_life=90_000,
        ),
    ),
    "dcgan": Preset(
        summary="convolutions; clean strokes, several times slower on a CPU",
        networks="gan.models.dcgan:build",
        recipe=Recipe(
            epochs=30,
            batch_size=64,
            latent_dim=16,
            learning_rate=4e-3,
            beta_1=0.5,
            precision="auto",
            horizon=30,
            loss="relativistic",
            gradient_penalty=0.1,
            max_shift=2,
            ema_half_life=90_000,
        ),
    ),
    "tutorial": Preset(
        summary="the tutorial's networks, exact, as a reference",
        networks="gan.models.tutorial:build",
        recipe=Recipe(batch_size=256, learning_rate=1e-4, beta_1=0.9, precision="float32"),
    ),
    "mlp-dropout": Preset(
        summary="the mlp of earlier versions: dropout in the discriminator, constant rates",
        networks="gan.models.mlp_dropout:build",
        recipe=Recipe(batch_size=256, learning_rate=2e-4, beta_1=0.5, precision="float32"),
    ),
}
"""The presets by name. The first is the default."""

DEFAULT_PRESET: Final = next(iter(PRESETS))

FORMER_NAMES: Final = {"seed": "tutorial"}
"""Names that presets had in the runs of older versions."""

NAMES_BEFORE_RECIPES: Final = {"mlp": "mlp-dropout"}
"""Presets that meant other networks in runs whose configuration has no recipe, and their names."""


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
