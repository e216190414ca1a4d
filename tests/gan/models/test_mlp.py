"""The preset `mlp` is dense layers alone, without the tutorial's faults and without dropout."""

from __future__ import annotations

from typing import Any

import pytest

from gan.models import mlp
from gan.models.networks import Networks, parameter_count
from tests.gan.models.describing import NORMALISATION, Row, dense, describe


@pytest.fixture(scope="module")
def networks() -> Networks:
    return mlp.build(100, 1)


def rows(network: Any) -> list[Row]:
    """Its layers but those that rectify, of which there is one after each hidden layer."""
    described = describe(network)
    rectifiers = [row for row in described if row[0] in ("ReLU", "LeakyReLU")]
    assert len(rectifiers) == 2
    return [row for row in described if row not in rectifiers]


def test_the_generator_ends_in_tanh(networks: Networks) -> None:
    assert rows(networks.generator) == [
        dense(256),
        NORMALISATION,
        dense(512),
        NORMALISATION,
        dense(784, activation="tanh"),
        ("Reshape", 28, 28),
    ]


def test_the_discriminator_neither_normalises_nor_drops(networks: Networks) -> None:
    assert rows(networks.discriminator) == [
        ("Flatten",),
        dense(512),
        dense(256),
        dense(1, bias=True),
    ]


def test_the_shapes_are_latents_in_images_between_and_a_logit_out(networks: Networks) -> None:
    assert networks.generator.input_shape == (None, 100)
    assert networks.generator.output_shape == (None, 28, 28)
    assert networks.discriminator.input_shape == (None, 28, 28)
    assert networks.discriminator.output_shape == (None, 1)


def test_a_width_multiplies_the_hidden_layers() -> None:
    """As `python -m tests.bench.growth` makes them."""
    wide = mlp.build(100, 1, width=2)
    assert [row[1] for row in describe(wide.generator) if row[0] == "Dense"] == [512, 1024, 784]
    assert [row[1] for row in describe(wide.discriminator) if row[0] == "Dense"] == [1024, 512, 1]


def test_the_parameters_are_counted(networks: Networks) -> None:
    generator, discriminator = networks.generator, networks.discriminator
    assert (parameter_count(generator), parameter_count(discriminator)) == (559_616, 532_737)
