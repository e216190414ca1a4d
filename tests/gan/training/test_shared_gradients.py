"""One backward pass for both losses gives the numbers of the plain step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models import mlp, tutorial
from gan.models.layers import Dense, KeyedDropout
from gan.models.networks import forward
from gan.models.presets import LOSSES
from gan.models.randomness import Draws
from gan.training.build import build_gan
from gan.training.execution import Execution
from gan.training.feed import DeviceImages
from gan.training.shared_gradients import can_share, shared_gradients
from gan.training.state import restore_state, state_of
from gan.training.step import plain_gradients
from tests.gan.small import BATCH, STEPS_PER_EPOCH, tiny

if TYPE_CHECKING:
    from gan.events import Images
    from gan.training.step import Gan
    from tests.gan.programs import Programs


def test_the_backward_pass_is_shared_if_images_are_judged_alone() -> None:
    for preset in ("mlp", "mlp-dropout"):
        assert build_gan(tiny(preset=preset), STEPS_PER_EPOCH).gradients is shared_gradients
    for preset in ("tutorial", "dcgan"):
        assert build_gan(tiny(preset=preset), STEPS_PER_EPOCH).gradients is plain_gradients


def test_other_weights_or_an_activation_in_a_dense_layer_prevent_it() -> None:
    networks = mlp.build(100, 1)
    assert can_share(networks)
    assert not can_share(tutorial.build(100, 1))
    networks.discriminator.layers[1].activation = keras.activations.tanh
    assert not can_share(networks)


@pytest.mark.parametrize(
    ("before", "shared"),
    [
        ([keras.layers.Flatten()], True),
        ([keras.layers.Reshape((14, 56)), keras.layers.Flatten()], True),
        ([keras.layers.Flatten(), keras.layers.LeakyReLU()], False),
        ([KeyedDropout(0.3), keras.layers.Flatten()], False),
        ([keras.layers.Rescaling(2.0), keras.layers.Flatten()], False),
        ([], False),
    ],
    ids=["flatten", "reshape", "leaky-relu", "dropout", "rescaling", "rows-not-vectors"],
)
def test_nothing_but_reshaping_may_come_before_the_first_dense_layer(
    before: list[keras.layers.Layer], shared: bool
) -> None:
    """The generator's gradient is taken straight from that layer's inputs to the images."""
    networks = mlp.build(100, 1)
    discriminator = keras.Sequential([keras.Input((28, 28)), *before, Dense(1)])
    assert can_share(replace(networks, discriminator=discriminator)) is shared


def test_a_discriminator_without_a_dense_layer_cannot_share() -> None:
    discriminator = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten()])
    assert not can_share(replace(mlp.build(100, 1), discriminator=discriminator))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "options"),
    # At their own rates, roundings grow too fast for ten steps.
    [("mlp-dropout", {"learning_rate": 5e-5}), ("mlp", {"learning_rate": 1e-4})],
)
def test_the_compiled_step_is_the_plain_one_over_a_hundred_steps(
    preset: str, options: dict[str, Any], digits: Images, programs: Programs
) -> None:
    """Ten at a time from one state: a unit that rounding turns on drives two runs apart."""
    config, program = tiny(preset=preset, **options), programs.of(preset, **options)
    gan, run = program.gan, program.execution
    reference = replace(build_gan(config, STEPS_PER_EPOCH), gradients=plain_gradients)
    run_plain = Execution(reference, DeviceImages(digits, batch_size=BATCH, seed=config.seed))
    for step in range(0, 100, 10):
        count = min(10, run.max_steps_after(step))
        restore_state(gan, state_of(reference))
        expected, received = run_plain(step, count), run(step, count)
        np.testing.assert_allclose(np.array(received), np.array(expected), atol=1e-5)


def compare(gan: Gan) -> None:
    """Everything that both functions compute, from the same draws."""
    draws = Draws(5, tf.constant(0, tf.int64), "philox")
    real_images = tf.random.stateless_uniform((BATCH, 28, 28), [1, 2], -1, 1)
    latents = tf.random.stateless_normal((BATCH, gan.latent_dim), [3, 4])
    fake_images = forward(gan.networks.generator, latents, training=True)
    arguments = gan.networks, gan.objective, real_images, fake_images, draws
    plain, shared = plain_gradients(*arguments), shared_gradients(*arguments)
    pairs = zip(tf.nest.flatten(tuple(plain)), tf.nest.flatten(tuple(shared)), strict=True)
    for expected, received in pairs:
        assert np.isfinite(received).all()
        # Where terms cancel, what remains is the rounding of numbers near one.
        atol = max(1e-5 * np.abs(expected).max(), 5e-6)
        np.testing.assert_allclose(received, expected, atol=atol)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("max_shift", [0, 2], ids=["in place", "shifted"])
@pytest.mark.parametrize("preset", ["mlp", "mlp-dropout"])
def test_losses_scores_and_gradients_are_those_of_the_plain_step(
    preset: str, max_shift: int, loss: str
) -> None:
    config = tiny(preset=preset, max_shift=max_shift, loss=loss)
    compare(build_gan(config, STEPS_PER_EPOCH, xla_compiles=False))


@pytest.mark.parametrize("logit", [-200.0, 200.0])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_finite_and_the_same_if_the_discriminator_is_overwhelmed(
    loss: str, logit: float
) -> None:
    gan = build_gan(tiny(preset="mlp", loss=loss), STEPS_PER_EPOCH, xla_compiles=False)
    gan.networks.discriminator.layers[-1].bias.assign([logit])
    compare(gan)
