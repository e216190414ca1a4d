"""One training step is the textbook's, for both presets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from gan.models.randomness import Draws
from gan.training import gradients as module
from gan.training.build import build_gan
from gan.training.execution import Execution
from gan.training.feed import DeviceImages
from gan.training.gradients import plain_gradients, shared_gradients
from gan.training.saver import restore_state, state_of
from tests.gan.programs import BATCH, tiny
from tests.gan.training.reference import Reference

if TYPE_CHECKING:
    from gan.config import RunConfig
    from gan.events import Images
    from gan.training.step import Gan
    from tests.gan.programs import Programs

STEPS = 3


def eager(preset: str) -> Gan:
    """A new run's networks, drawing by the generator that needs no XLA."""
    return build_gan(tiny(preset=preset), xla_compiles=False)


@pytest.fixture
def batches(digits: Images) -> list[Any]:
    scaled = digits.astype(np.float32) / 127.5 - 1
    return [tf.constant(scaled[n * BATCH : (n + 1) * BATCH]) for n in range(STEPS)]


@pytest.mark.parametrize("preset", ["tutorial", "mlp"])
def test_training_is_the_textbooks(preset: str, batches: list[Any]) -> None:
    """Losses, weights and both optimizers' moments, over several steps.

    The moments are where a gradient shows its size: Adam's first update is little but its sign. A
    generator's gradient taken through a discriminator that is updated already would differ here.
    """
    gan, reference = eager(preset), Reference(preset, seed=5)
    reference.take_weights(gan.networks)

    for step, batch in enumerate(batches):
        metrics = gan.train_step(batch, tf.constant(step, tf.int64))
        np.testing.assert_allclose(metrics, reference.train_step(batch, step), atol=1e-5)

    networks = gan.networks
    weights = [*networks.generator.variables, *networks.discriminator.variables]
    for weight, expected in zip(weights, reference.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), expected.numpy(), atol=1e-5)
    for role in ("generator_optimizer", "discriminator_optimizer"):
        pairs = zip(getattr(gan, role).variables, getattr(reference, role).variables, strict=True)
        for variable, expected in pairs:
            # Beside its size, because what is normalised away has a gradient of rounding errors.
            near = 1e-4 * np.abs(expected.numpy()).max() + 1e-9
            np.testing.assert_allclose(variable.numpy(), expected.numpy(), rtol=0, atol=near)


@pytest.mark.parametrize(
    ("preset", "batches_judged"),
    [
        # Batch normalisation: real and fake apart.
        ("tutorial", [BATCH, BATCH]),
        # Each image alone: both in one product.
        ("mlp", [2 * BATCH]),
    ],
)
def test_there_is_one_forward_pass(
    preset: str, batches_judged: list[int], batches: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gan = eager(preset)
    passes: list[tuple[str, int]] = []
    forward = module.forward

    def counted(network: Any, inputs: Any, **options: Any) -> Any:
        assert options["training"]
        passes.append((network.name, inputs.shape[0]))
        return forward(network, inputs, **options)

    monkeypatch.setattr(module, "forward", counted)
    gan.train_step(batches[0], tf.constant(0, tf.int64))

    judged = [("discriminator", count) for count in batches_judged]
    assert passes == [("generator", BATCH), *judged]


def test_the_step_keys_the_noise(batches: list[Any]) -> None:
    first, second = (eager("mlp").train_step(batches[0], tf.constant(n, tf.int64)) for n in (0, 1))
    assert float(first.g_loss) != float(second.g_loss)


def test_real_and_fake_images_are_dropped_apart() -> None:
    """Identical images, judged as real and as fake, meet masks of their own."""
    gan = eager("mlp")
    images = tf.zeros((BATCH, 28, 28)) + 0.5
    draws = Draws(5, tf.constant(0, tf.int64), "philox")
    real, fake = module._judged(gan.networks, images, images, lambda _: draws.random_bytes)
    assert len(np.unique(np.concatenate([real, fake]))) == 2 * BATCH


def test_going_back_once_for_both_losses_is_for_images_judged_alone() -> None:
    assert eager("mlp").gradients is shared_gradients
    assert eager("tutorial").gradients is plain_gradients


def plain(config: RunConfig) -> Gan:
    """A step without any of our own ways: Keras's products, and gradients by the tape."""
    gan = build_gan(config)
    networks = replace(gan.networks, product=None)
    return replace(gan, networks=networks, gradients=plain_gradients)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["tutorial", "mlp"])
def test_the_compiled_step_is_the_plain_one_over_a_hundred_steps(
    preset: str, digits: Images, programs: Programs
) -> None:
    """Ten at a time from one state: a unit that rounding turns on makes far apart of two runs."""
    config, program = tiny(preset=preset), programs.of(preset)
    reference, gan, run = plain(config), program.gan, program.execution
    run_plain = Execution(reference, DeviceImages(digits, batch_size=BATCH, seed=config.seed))
    for step in range(0, 100, 10):
        count = min(10, run.most_steps_after(step))
        restore_state(gan, state_of(reference))
        expected, received = run_plain(step, count), run(step, count)
        np.testing.assert_allclose(np.array(received), np.array(expected), atol=1e-5)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_an_overwhelmed_discriminator_leaves_no_gradient_that_is_not_finite(logit: float) -> None:
    gan = eager("mlp")
    gan.networks.discriminator.layers[-1].bias.assign([logit])
    draws = Draws(5, tf.constant(0, tf.int64), "philox")
    arguments = (
        tf.zeros((BATCH, 28, 28)),
        tf.ones((BATCH, 100)),
        lambda _: lambda layer, shape: draws.random_bytes(256 + layer, shape),
    )
    plain, shared = (way(gan.networks, *arguments) for way in (plain_gradients, shared_gradients))
    for expected, received in zip(
        [*plain.discriminator, *plain.generator],
        [*shared.discriminator, *shared.generator],
        strict=True,
    ):
        assert np.isfinite(received).all()
        # Where all cancels, what is left is of the rounding of numbers near one.
        atol = max(1e-5 * np.abs(expected).max(), 5e-6)
        np.testing.assert_allclose(received, expected, atol=atol)


def test_each_network_has_an_optimizer_of_its_own(batches: list[Any]) -> None:
    gan = eager("tutorial")
    gan.train_step(batches[0], tf.constant(0, tf.int64))
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert int(optimizer.iterations) == 1
    assert gan.generator_optimizer is not gan.discriminator_optimizer
