"""The loops that the program is measured against do train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gan.bench import tutorial
from tests.gan.small import BATCH

if TYPE_CHECKING:
    from gan.events import Images


@pytest.mark.parametrize(
    "name", ["eager_loop", pytest.param("compiled_loop", marks=pytest.mark.slow)]
)
def test_a_loop_updates_every_weight_of_both_networks(
    name: str, digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Any] = []
    build = tutorial.tutorial.build

    def kept(latent_dim: int, run_seed: int) -> Any:
        built.append(build(latent_dim, run_seed))
        return built[-1]

    monkeypatch.setattr(tutorial.tutorial, "build", kept)
    loop = getattr(tutorial, name)(digits, BATCH)
    networks = built[0]
    weights = [
        *networks.generator.trainable_variables,
        *networks.discriminator.trainable_variables,
    ]
    before = [weight.numpy().copy() for weight in weights]

    loop(2)

    for weight, earlier in zip(weights, before, strict=True):
        assert (weight.numpy() != earlier).any(), weight.path
