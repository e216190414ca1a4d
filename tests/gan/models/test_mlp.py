"""The preset `mlp` is dense layers alone, without the tutorial's faults and without dropout."""

from __future__ import annotations

import pytest

from gan.models import mlp
from gan.models.networks import Networks, parameter_count
from tests.gan.models.describing import LEAKY, NORMALISATION, dense, describe


@pytest.fixture(scope="module")
def networks() -> Networks:
    return mlp.build(100, 1)


def test_the_generator_ends_in_tanh(networks: Networks) -> None:
    assert describe(networks.generator) == [
        dense(256),
        NORMALISATION,
        LEAKY,
        dense(512),
        NORMALISATION,
        LEAKY,
        dense(784, activation="tanh"),
        ("Reshape", 28, 28),
    ]


def test_the_discriminator_neither_normalises_nor_drops(networks: Networks) -> None:
    assert describe(networks.discriminator) == [
        ("Flatten",),
        dense(512),
        LEAKY,
        dense(256),
        LEAKY,
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
