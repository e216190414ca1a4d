"""One training step is the textbook's, for both presets."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from gan.models.randomness import Draws
from gan.training.build import build_gan
from gan.training.step import discriminate
from tests.gan.small import BATCH, STEPS_PER_EPOCH, tiny
from tests.gan.training.reference import Reference

if TYPE_CHECKING:
    from gan.events import Images
    from gan.training.step import Gan

STEPS = 3


def eager(preset: str) -> Gan:
    """A new run's networks, with the random generator that needs no XLA."""
    return build_gan(tiny(preset=preset), STEPS_PER_EPOCH, xla_compiles=False)


@pytest.fixture
def batches(digits: Images) -> list[Any]:
    scaled = digits.astype(np.float32) / 127.5 - 1
    return [tf.constant(scaled[n * BATCH : (n + 1) * BATCH]) for n in range(STEPS)]


@pytest.mark.parametrize("preset", ["tutorial", "mlp"])
def test_training_is_the_textbooks(preset: str, batches: list[Any]) -> None:
    """Losses, weights and both optimizers' moments, over several steps.

    The moments show a gradient's size: Adam's first update is little more than its sign. A
    generator's gradient through a discriminator that is already updated would differ here.
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
            # Relative to the largest: what is normalised away has a gradient of rounding errors.
            near = 1e-4 * np.abs(expected.numpy()).max() + 1e-9
            np.testing.assert_allclose(variable.numpy(), expected.numpy(), rtol=0, atol=near)


@pytest.mark.parametrize(
    ("preset", "batches_judged"),
    [
        # Batch normalisation: real and fake images apart.
        ("tutorial", [BATCH, BATCH]),
        # Each image alone: both in one pass.
        ("mlp", [2 * BATCH]),
    ],
)
def test_there_is_one_forward_pass(
    preset: str, batches_judged: list[int], batches: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gan = eager(preset)
    passes: list[tuple[str, int]] = []

    def count(network: Any) -> None:
        """Note every call of the network's first layer."""
        first = network.layers[0]
        call = first.call

        @functools.wraps(call)
        def counted(inputs: Any, **options: Any) -> Any:
            passes.append((network.name, inputs.shape[0]))
            return call(inputs, **options)

        monkeypatch.setattr(first, "call", counted)

    count(gan.networks.generator)
    count(gan.networks.discriminator)
    gan.train_step(batches[0], tf.constant(0, tf.int64))

    judged = [("discriminator", count) for count in batches_judged]
    assert passes == [("generator", BATCH), *judged]


def test_the_step_keys_the_noise(batches: list[Any]) -> None:
    first, second = (eager("mlp").train_step(batches[0], tf.constant(n, tf.int64)) for n in (0, 1))
    assert float(first.g_loss) != float(second.g_loss)


def test_real_and_fake_images_are_dropped_apart() -> None:
    """Identical images, judged as real and as fake, get different masks."""
    gan = eager("mlp")
    images = tf.zeros((BATCH, 28, 28)) + 0.5
    draws = Draws(5, tf.constant(0, tf.int64), "philox")
    real, fake = discriminate(gan.networks, images, images, draws)
    assert len(np.unique(np.concatenate([real, fake]))) == 2 * BATCH


def test_each_network_has_an_optimizer_of_its_own(batches: list[Any]) -> None:
    gan = eager("tutorial")
    gan.train_step(batches[0], tf.constant(0, tf.int64))
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert int(optimizer.iterations) == 1
    assert gan.generator_optimizer is not gan.discriminator_optimizer
