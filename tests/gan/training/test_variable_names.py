"""Every array of a checkpoint has a name of its own, which says what it is."""

from __future__ import annotations

import pytest

from gan.models.presets import PRESETS
from gan.training.build import build_gan
from gan.training.state import state_of
from gan.training.variable_names import described_names
from tests.gan.small import STEPS_PER_EPOCH, tiny


@pytest.mark.parametrize("preset", PRESETS)
def test_each_array_has_a_name_of_its_own(preset: str) -> None:
    gan = build_gan(tiny(preset=preset), STEPS_PER_EPOCH)
    names = described_names(gan)
    assert names.keys() == state_of(gan).keys()
    assert len(set(names.values())) == len(names)


def test_a_name_is_that_of_the_variable_however_many_networks_there_are() -> None:
    """Keras's own numbers go on from one network to the next."""
    gan = build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH)
    names = described_names(gan)
    assert [names[f"averaged_generator/{n}"] for n in (0, 4, 5)] == [
        "averaged_generator.dense_1.kernel",
        "averaged_generator.batch_normalization_1.moving_variance",
        "averaged_generator.dense_2.kernel",
    ]
    assert names["discriminator/3"] == "discriminator.dense_3.bias"


def test_a_moment_is_named_after_its_variable_and_has_its_shape() -> None:
    gan = build_gan(tiny(preset="tutorial"), STEPS_PER_EPOCH)
    by_name = {described_names(gan)[key]: array for key, array in state_of(gan).items()}
    moments = [name for name in by_name if name.endswith((".momentum", ".velocity"))]
    assert len(moments) == 2 * sum(
        len(network.trainable_variables)
        for network in (gan.networks.generator, gan.networks.discriminator)
    )
    for name in moments:
        role, _, rest = name.partition(".")
        variable, _, _ = rest.rpartition(".")
        assert by_name[name].shape == by_name[f"{role.removesuffix('_optimizer')}.{variable}"].shape
    assert {"generator_optimizer.iteration", "generator_optimizer.learning_rate"} <= by_name.keys()
