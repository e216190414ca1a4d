"""The preset `tutorial` is the tutorial's networks, faults included."""

from __future__ import annotations

import pytest

from gan.models import tutorial
from gan.models.networks import Networks, parameter_count
from tests.gan.models.describing import LEAKY, NORMALISATION, all_parameters, dense, describe


@pytest.fixture(scope="module")
def networks() -> Networks:
    return tutorial.build(100, 1)


def test_the_generator_is_the_tutorials(networks: Networks) -> None:
    assert describe(networks.generator) == [
        dense(256),
        NORMALISATION,
        LEAKY,
        dense(512),
        NORMALISATION,
        LEAKY,
        dense(784, activation="tanh"),
        NORMALISATION,
        ("Reshape", 28, 28),
    ]


def test_the_discriminator_is_the_tutorials(networks: Networks) -> None:
    assert describe(networks.discriminator) == [
        ("Flatten",),
        dense(512),
        NORMALISATION,
        LEAKY,
        dense(256),
        NORMALISATION,
        LEAKY,
        dense(1, bias=True),
    ]


def test_the_shapes_are_latents_in_images_between_and_a_logit_out(networks: Networks) -> None:
    assert networks.generator.input_shape == (None, 100)
    assert networks.generator.output_shape == (None, 28, 28)
    assert networks.discriminator.input_shape == (None, 28, 28)
    assert networks.discriminator.output_shape == (None, 1)


def test_the_parameters_are_counted(networks: Networks) -> None:
    generator, discriminator = networks.generator, networks.discriminator
    assert (parameter_count(generator), parameter_count(discriminator)) == (561_184, 534_273)
    # Each normalised feature has a moving mean and variance besides gamma and beta.
    assert all_parameters(generator) == 561_184 + 2 * (256 + 512 + 784)
    assert all_parameters(discriminator) == 534_273 + 2 * (512 + 256)


def test_the_latent_dim_widens_only_the_first_layer() -> None:
    assert parameter_count(tutorial.build(7, 1).generator) == 561_184 - 93 * 256
