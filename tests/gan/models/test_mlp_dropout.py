"""The preset `mlp-dropout` is `tutorial` without its two faults, as `mlp` was before."""

from __future__ import annotations

import pytest

from gan.models import mlp_dropout
from gan.models.networks import Networks, parameter_count
from tests.gan.models.describing import (
    DROPOUT,
    LEAKY,
    NORMALISATION,
    all_parameters,
    dense,
    describe,
)


@pytest.fixture(scope="module")
def networks() -> Networks:
    return mlp_dropout.build(100, 1)


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


def test_the_discriminator_drops_where_the_tutorial_normalises(networks: Networks) -> None:
    assert describe(networks.discriminator) == [
        ("Flatten",),
        dense(512),
        LEAKY,
        DROPOUT,
        dense(256),
        LEAKY,
        DROPOUT,
        dense(1, bias=True),
    ]


def test_the_shapes_are_latents_in_images_between_and_a_logit_out(networks: Networks) -> None:
    assert networks.generator.input_shape == (None, 100)
    assert networks.generator.output_shape == (None, 28, 28)
    assert networks.discriminator.input_shape == (None, 28, 28)
    assert networks.discriminator.output_shape == (None, 1)


def test_the_parameters_are_counted(networks: Networks) -> None:
    generator, discriminator = networks.generator, networks.discriminator
    assert (parameter_count(generator), parameter_count(discriminator)) == (559_616, 532_737)
    assert all_parameters(generator) == 559_616 + 2 * (256 + 512)
    assert all_parameters(discriminator) == 532_737
