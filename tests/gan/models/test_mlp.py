"""The preset `mlp` is dense layers alone, without the tutorial's faults and without dropout."""

from __future__ import annotations

from typing import Any

import pytest

from gan.models import mlp
from gan.models.networks import Networks, dense_layers
from tests.gan.models.describing import dense, describe

RECTIFIERS = ("ReLU", "LeakyReLU")


@pytest.fixture(scope="module")
def networks() -> Networks:
    return mlp.build(100, 1)


def kinds(network: Any) -> list[str]:
    """The kinds of its layers, but for the rectifiers, of which one follows each hidden layer."""
    names = [str(row[0]) for row in describe(network)]
    assert len([name for name in names if name in RECTIFIERS]) == names.count("Dense") - 1
    return [name for name in names if name not in RECTIFIERS]


def units(network: Any) -> list[int]:
    return [layer.units for layer in dense_layers(network)]


def test_the_generator_normalises_and_ends_in_tanh(networks: Networks) -> None:
    hidden = ["Dense", "BatchNormalization"]
    assert kinds(networks.generator) == [*hidden, *hidden, "Dense", "Reshape"]
    assert describe(networks.generator)[-2:] == [
        dense(784, activation="tanh"),
        ("Reshape", 28, 28),
    ]


def test_the_discriminator_neither_normalises_nor_drops(networks: Networks) -> None:
    assert kinds(networks.discriminator) == ["Flatten", "Dense", "Dense", "Dense"]
    assert describe(networks.discriminator)[-1] == dense(1, bias=True)


def test_the_shapes_are_latents_in_images_between_and_a_logit_out(networks: Networks) -> None:
    assert networks.generator.input_shape == (None, 100)
    assert networks.generator.output_shape == (None, 28, 28)
    assert networks.discriminator.input_shape == (None, 28, 28)
    assert networks.discriminator.output_shape == (None, 1)


def test_a_width_multiplies_the_hidden_layers(networks: Networks) -> None:
    """As `python -m tests.bench.growth` makes them."""
    wide = mlp.build(100, 1, width=2)
    for network, other in (
        (networks.generator, wide.generator),
        (networks.discriminator, wide.discriminator),
    ):
        *hidden, last = units(network)
        assert units(other) == [*(2 * count for count in hidden), last]
