"""How a network is run: as Keras runs it, with the random numbers given."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models import mlp, tutorial
from gan.models.networks import Applied, Networks, forward
from gan.models.presets import PRESETS


@pytest.fixture(scope="module", params=sorted(PRESETS))
def networks(request: pytest.FixtureRequest) -> Networks:
    return PRESETS[request.param].build(100, 1)


def latents() -> Any:
    return tf.random.stateless_normal((8, 100), [1, 2])


def images() -> Any:
    return tf.random.stateless_uniform((8, 28, 28), [3, 4], -1, 1)


def test_inference_is_what_keras_computes(networks: Networks) -> None:
    for network, inputs in ((networks.generator, latents()), (networks.discriminator, images())):
        expected = network(inputs, training=False)
        np.testing.assert_array_equal(forward(network, inputs, training=False), expected)


def test_inference_changes_no_variable(networks: Networks) -> None:
    before = [variable.numpy() for variable in networks.generator.variables]
    forward(networks.generator, latents(), training=False)
    for variable, value in zip(networks.generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_training_normalises_by_the_batch_and_remembers_it() -> None:
    generator = tutorial.build(100, 1).generator
    normalisation = generator.layers[1]
    products = (latents() @ generator.layers[0].kernel).numpy()

    forward(generator, latents(), training=True)

    expected = 0.01 * products.mean(axis=0)
    np.testing.assert_allclose(normalisation.moving_mean.numpy(), expected, atol=1e-6)


def test_each_dropout_layer_is_given_draws_of_its_own_shape() -> None:
    asked: list[tuple[int, tuple[int, ...]]] = []

    def random(layer: int, shape: tuple[int, ...]) -> Any:
        asked.append((layer, shape))
        return tf.ones(shape, tf.uint8)

    forward(mlp.build(100, 1).discriminator, images(), training=True, random=random)

    assert asked == [(0, (8, 512)), (1, (8, 256))]


def test_every_dense_layer_is_told_of_as_it_was_applied() -> None:
    applied: list[Applied] = []
    discriminator = mlp.build(100, 1).discriminator
    forward(discriminator, images(), training=True, dense=applied.append)

    assert [told.layer.units for told in applied] == [512, 256, 1]
    for told in applied:
        np.testing.assert_array_equal(told.layer(told.inputs), told.outputs)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_product_that_is_given_takes_the_place_of_every_layers_own(preset: str) -> None:
    """With its bias and its activation."""
    networks = PRESETS[preset].build(100, 1)
    for network, inputs in ((networks.generator, latents()), (networks.discriminator, images())):
        for layer in network.layers:
            if isinstance(layer, keras.layers.Dense) and layer.use_bias:
                layer.bias.assign(tf.random.stateless_normal(layer.bias.shape, [5, 6]))
        shapes: list[Any] = []

        def product(a: Any, b: Any, shapes: list[Any] = shapes) -> Any:
            shapes.append(b.shape)
            return tf.matmul(a, b)

        expected = forward(network, inputs, training=True)
        received = forward(network, inputs, training=True, product=product)
        np.testing.assert_array_equal(received, expected)
        dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
        assert shapes == [layer.kernel.shape for layer in dense]


def test_the_draws_decide_what_is_dropped() -> None:
    discriminator = mlp.build(100, 1).discriminator

    def all_dropped(_layer: int, shape: tuple[int, ...]) -> Any:
        return tf.zeros(shape, tf.uint8)

    logits = forward(discriminator, images(), training=True, random=all_dropped)
    np.testing.assert_array_equal(logits, np.zeros((8, 1)))


def test_only_a_discriminator_with_batch_normalisation_sees_images_together() -> None:
    assert tutorial.build(100, 1).normalises_batches
    assert not mlp.build(100, 1).normalises_batches


def test_the_answer_of_mlp_for_an_image_does_not_depend_on_the_batch() -> None:
    """This is what lets real and fake images share one product."""
    discriminator = mlp.build(100, 1).discriminator
    together = forward(discriminator, images(), training=True)
    alone = forward(discriminator, images()[:4], training=True)
    np.testing.assert_allclose(together[:4], alone, atol=1e-5)
