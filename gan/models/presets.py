"""The presets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.models import mlp, tutorial

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.networks import Networks

BUILDERS: Final[dict[str, Callable[[int, int], Networks]]] = {
    "mlp": mlp.build,
    "tutorial": tutorial.build,
}
"""Each builds its pair from (latent_dim, run_seed). The names are `gan.config.PRESETS`."""
