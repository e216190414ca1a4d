"""One training step is the textbook's, whatever it is made of."""

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


def eager(preset: str, **options: Any) -> Gan:
    """A new run's networks, with the random generator that needs no XLA."""
    return build_gan(tiny(preset=preset, **options), STEPS_PER_EPOCH, xla_compiles=False)


@pytest.fixture
def batches(digits: Images) -> list[Any]:
    scaled = digits.astype(np.float32) / 127.5 - 1
    return [tf.constant(scaled[n * BATCH : (n + 1) * BATCH]) for n in range(STEPS)]


def moments(optimizer: Any) -> list[Any]:
    """Adam's variables but the rate, which is none if there is a schedule."""
    return [variable for variable in optimizer.variables if variable.name != "learning_rate"]


LOW = 1e-4
"""A rate at which roundings don't grow within the steps; a preset's own may be higher."""

TRAINED: list[Any] = [
    pytest.param("tutorial", {}, id="tutorial"),
    pytest.param("mlp-dropout", {}, id="mlp-dropout"),
    pytest.param("mlp", {"learning_rate": LOW}, id="mlp"),
    pytest.param(
        "mlp",
        {"learning_rate": LOW, "loss": "relativistic", "max_shift": 3, "gradient_penalty": 0.5},
        id="mlp, relativistic",
    ),
    pytest.param(
        "mlp",
        {
            "learning_rate": LOW,
            "loss": "classic",
            "max_shift": 1,
            "shift_share": 0.3,
            "horizon": 0,
        },
        id="mlp, classic",
    ),
    pytest.param(
        "tutorial",
        {"learning_rate": LOW / 10, "gradient_penalty": 0.3, "max_shift": 2},
        id="tutorial, regular",
    ),
    pytest.param(
        "mlp-dropout",
        {"gradient_penalty": 0.3, "max_shift": 2, "loss": "relativistic"},
        id="mlp-dropout, regular",
    ),
]


@pytest.mark.parametrize(("preset", "options"), TRAINED)
def test_training_is_the_textbooks(
    preset: str, options: dict[str, Any], batches: list[Any]
) -> None:
    """Losses, weights and both optimizers' moments, over several steps.

    The moments show a gradient's size: Adam's first update is little more than its sign. A
    generator's gradient through a discriminator that is already updated would differ here.
    """
    # An epoch of two steps: the rates fall within the steps that are compared.
    gan = build_gan(tiny(preset=preset, **options), 2, xla_compiles=False)
    reference = Reference(tiny(preset=preset, **options), 2, gan.networks)

    for step, batch in enumerate(batches):
        metrics = gan.train_step(batch, tf.constant(step, tf.int64))
        np.testing.assert_allclose(metrics, reference.train_step(batch, step), atol=2e-5)

    networks = gan.networks
    weights = [*networks.generator.variables, *networks.discriminator.variables]
    for weight, expected in zip(weights, reference.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), expected.numpy(), atol=2e-5)
    for role in ("generator_optimizer", "discriminator_optimizer"):
        pairs = zip(*(moments(getattr(owner, role)) for owner in (gan, reference)), strict=True)
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
    # A step without a gradient penalty, which has a pass of its own.
    gan.train_step(batches[0], tf.constant(1, tf.int64))

    judged = [("discriminator", count) for count in batches_judged]
    assert passes == [("generator", BATCH), *judged]


def test_the_step_keys_the_noise(batches: list[Any]) -> None:
    first, second = (eager("mlp").train_step(batches[0], tf.constant(n, tf.int64)) for n in (0, 1))
    assert float(first.g_loss) != float(second.g_loss)


def test_real_and_fake_images_are_dropped_apart() -> None:
    """Identical images, judged as real and as fake, get different masks."""
    gan = eager("mlp-dropout")
    images = tf.zeros((BATCH, 28, 28)) + 0.5
    draws = Draws(5, tf.constant(0, tf.int64), "philox")
    real, fake = discriminate(gan.networks, images, images, draws)
    assert len(np.unique(np.concatenate([real, fake]))) == 2 * BATCH


def test_the_generators_gradient_passes_through_the_shift(batches: list[Any]) -> None:
    """If every image were shifted out of sight, it could learn nothing."""
    gan = eager("mlp", max_shift=8)
    before = [variable.numpy() for variable in gan.generator_optimizer.variables]
    gan.train_step(batches[0], tf.constant(0, tf.int64))
    after = [variable.numpy() for variable in gan.generator_optimizer.variables]
    changed = [(a != b).any() for a, b in zip(before[2:], after[2:], strict=True)]
    assert all(changed)


def test_each_network_has_an_optimizer_of_its_own(batches: list[Any]) -> None:
    gan = eager("tutorial")
    gan.train_step(batches[0], tf.constant(0, tf.int64))
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert int(optimizer.iterations) == 1
    assert gan.generator_optimizer is not gan.discriminator_optimizer
