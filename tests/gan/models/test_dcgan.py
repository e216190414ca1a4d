"""The preset `dcgan`: convolutions up and down, batch normalisation in the generator alone."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from gan.models import dcgan
from gan.models.convolution import Interleaved, StridedPatches
from gan.models.layers import KeyedDropout
from gan.models.networks import Networks, dense_layers, forward


@pytest.fixture(scope="module")
def networks() -> Networks:
    return dcgan.build(100, 1)


def kinds(network: keras.Sequential) -> list[type]:
    return [type(layer) for layer in network.layers]


def test_the_shapes_are_latents_in_images_between_and_a_logit_out(networks: Networks) -> None:
    assert networks.generator.input_shape == (None, 100)
    assert networks.generator.output_shape == (None, 28, 28)
    assert networks.discriminator.input_shape == (None, 28, 28)
    assert networks.discriminator.output_shape == (None, 1)
    images = forward(networks.generator, tf.zeros((3, 100)), training=True)
    logits = forward(networks.discriminator, images, training=True)
    assert (images.shape, logits.shape) == ((3, 28, 28), (3, 1))


def test_the_generator_doubles_twice_and_the_discriminator_halves_twice(
    networks: Networks,
) -> None:
    assert kinds(networks.generator).count(Interleaved) == 2
    assert kinds(networks.discriminator).count(StridedPatches) == 2


def test_pixels_end_in_tanh_and_logits_are_linear(networks: Networks) -> None:
    assert dense_layers(networks.generator)[-1].activation is keras.activations.tanh
    assert dense_layers(networks.discriminator)[-1].activation is keras.activations.linear


def test_the_discriminator_judges_each_image_alone(networks: Networks) -> None:
    """Its gradient penalty would not be one of each image otherwise."""
    assert not networks.normalises_batches
    assert KeyedDropout not in kinds(networks.discriminator)
