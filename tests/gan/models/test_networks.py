"""How a network is run: as Keras runs it, with random numbers handed in."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models import mlp, mlp_dropout, tutorial
from gan.models.layers import Dense
from gan.models.networks import Networks, activations, dense_layers, forward
from gan.models.presets import PRESETS


@pytest.fixture(scope="module", params=sorted(PRESETS))
def networks(request: pytest.FixtureRequest) -> Networks:
    return PRESETS[request.param].build(100, 1)


def latents() -> Any:
    return tf.random.stateless_normal((8, 100), [1, 2])


def images() -> Any:
    return tf.random.stateless_uniform((8, 28, 28), [3, 4], -1, 1)


def all_dropped(_place: int, shape: tuple[int, ...]) -> Any:
    return tf.zeros(shape, tf.uint8)


class TakesAnyKeyword(keras.layers.Layer):
    """Remembers the keywords of its last call."""

    def call(self, inputs: Any, **arguments: Any) -> Any:
        self.received = arguments
        return inputs


@pytest.mark.parametrize("training", [False, True])
def test_a_network_is_run_as_keras_runs_it(networks: Networks, training: bool) -> None:
    for network, inputs in ((networks.generator, latents()), (networks.discriminator, images())):
        expected = network(inputs, training=training)
        np.testing.assert_array_equal(forward(network, inputs, training=training), expected)


def test_inference_changes_no_variable(networks: Networks) -> None:
    before = [variable.numpy() for variable in networks.generator.variables]
    forward(networks.generator, latents(), training=False)
    for variable, value in zip(networks.generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_training_normalises_by_the_batch_and_tracks_its_statistics() -> None:
    generator = tutorial.build(100, 1).generator
    normalisation = generator.layers[1]
    products = (latents() @ generator.layers[0].kernel).numpy()

    forward(generator, latents(), training=True)

    expected = 0.01 * products.mean(axis=0)
    np.testing.assert_allclose(normalisation.moving_mean.numpy(), expected, atol=1e-6)


def test_each_dropout_layer_is_given_draws_of_its_own_shape() -> None:
    asked: list[tuple[int, tuple[int, ...]]] = []

    def random_bytes(place: int, shape: tuple[int, ...]) -> Any:
        asked.append((place, shape))
        return tf.ones(shape, tf.uint8)

    forward(
        mlp_dropout.build(100, 1).discriminator,
        images(),
        training=True,
        random_bytes=random_bytes,
    )

    assert asked == [(0, (8, 512)), (1, (8, 256))]


def test_the_activations_are_the_outputs_of_every_layer() -> None:
    discriminator = mlp.build(100, 1).discriminator
    outputs = activations(discriminator, images(), training=True)

    inputs = [images(), *outputs[:-1]]
    for layer, before, after in zip(discriminator.layers, inputs, outputs, strict=True):
        np.testing.assert_array_equal(layer(before), after)


def test_a_layer_receives_only_the_arguments_that_it_names() -> None:
    """Otherwise Keras would refuse the call."""
    network = keras.Sequential([keras.Input((3,)), keras.layers.LeakyReLU(negative_slope=0.3)])
    received = forward(network, tf.ones((2, 3)), training=True, random_bytes=all_dropped)
    np.testing.assert_array_equal(received, np.ones((2, 3)))


def test_a_layer_that_takes_any_keyword_receives_the_random_numbers() -> None:
    """Keras itself passes `training` only to a layer that names it."""
    network = keras.Sequential([keras.Input((3,)), TakesAnyKeyword()])
    forward(network, tf.ones((2, 3)), training=True, random_bytes=all_dropped)
    assert network.layers[0].received == {"random_bytes": all_dropped}


def test_a_misspelt_argument_is_refused() -> None:
    """It would otherwise turn dropout off without an error."""
    discriminator: Any = mlp.build(100, 1).discriminator
    misspelt: dict[str, Any] = {"random_byte": all_dropped}
    with pytest.raises(TypeError, match="random_byte"):
        forward(discriminator, images(), training=True, **misspelt)


def test_another_matmul_takes_the_place_of_every_dense_layers(networks: Networks) -> None:
    """With its bias and its activation."""
    for network, inputs in ((networks.generator, latents()), (networks.discriminator, images())):
        for layer in dense_layers(network):
            if layer.use_bias:
                layer.bias.assign(tf.random.stateless_normal(layer.bias.shape, [5, 6]))
        expected = forward(network, inputs, training=True)
        shapes: list[Any] = []

        def matmul(a: Any, b: Any, shapes: list[Any] = shapes) -> Any:
            shapes.append(b.shape)
            return tf.matmul(a, b)

        for layer in dense_layers(network):
            layer.matmul = matmul
        received = forward(network, inputs, training=True)
        np.testing.assert_array_equal(received, expected)
        assert shapes == [layer.kernel.shape for layer in dense_layers(network)]


def test_every_matrix_is_multiplied_by_a_layer_that_can_be_made_faster(networks: Networks) -> None:
    for network in (networks.generator, networks.discriminator):
        kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
        assert all(isinstance(layer, Dense) for layer in kernels)


def test_the_draws_decide_what_is_dropped() -> None:
    discriminator = mlp_dropout.build(100, 1).discriminator
    logits = forward(discriminator, images(), training=True, random_bytes=all_dropped)
    np.testing.assert_array_equal(logits, np.zeros((8, 1)))


def test_only_a_discriminator_with_batch_normalisation_sees_images_together() -> None:
    normalising = {name for name in PRESETS if PRESETS[name].build(100, 1).normalises_batches}
    assert normalising == {"tutorial"}


@pytest.mark.parametrize("preset", sorted({*PRESETS} - {"tutorial"}))
def test_the_logit_for_an_image_does_not_depend_on_the_batch(preset: str) -> None:
    """So real and fake images can share one pass, and each image has a gradient of its own."""
    discriminator = PRESETS[preset].build(100, 1).discriminator
    together = forward(discriminator, images(), training=True)
    alone = forward(discriminator, images()[:4], training=True)
    np.testing.assert_allclose(together[:4], alone, atol=1e-5)
