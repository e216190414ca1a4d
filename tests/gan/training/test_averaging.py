"""The averaged generator follows the trained one, and samples come from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from gan.models import mlp
from gan.models.layers import BatchNormalization
from gan.training.averaging import EVERY, Averaging
from gan.training.build import build_gan
from gan.training.sampling import Sampler
from tests.gan.small import BATCH, STEPS_PER_EPOCH, tiny

if TYPE_CHECKING:
    from tests.gan.programs import Programs

HALF_LIFE = 1000


def values(network: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in network.variables]


def set_all(network: Any, value: float) -> None:
    for variable in network.variables:
        variable.assign(tf.fill(variable.shape, value))


def averaging(half_life: int = HALF_LIFE) -> Averaging:
    """An average that begins at zero."""
    averaged = mlp.build(3, 1).generator
    set_all(averaged, 0.0)
    return Averaging(averaged, half_life)


@pytest.fixture
def generator() -> Any:
    """All ones: the average becomes the weight that it gives to what is new."""
    network = mlp.build(3, 2).generator
    set_all(network, 1.0)
    return network


def followed(average: Averaging, generator: Any, step: int) -> float:
    """The one value that all variables have after a step."""
    average.update(generator, tf.constant(step, tf.int64), BATCH)
    found = values(average.averaged)
    first = float(found[0].ravel()[0])
    for value in found:
        np.testing.assert_allclose(value, first, rtol=1e-6)
    return first


def test_it_follows_every_eighth_step_and_no_other(generator: Any) -> None:
    assert EVERY == 8
    average = averaging()
    moved = [step for step in range(24) if followed_and_reset(average, generator, step)]
    # The steps are those completed before; so these are the 8th, the 16th and the 24th.
    assert moved == [7, 15, 23]


def followed_and_reset(average: Averaging, generator: Any, step: int) -> bool:
    moved = followed(average, generator, step) > 0
    set_all(average.averaged, 0.0)
    return moved


def test_a_half_life_is_the_images_after_which_a_weight_counts_half(generator: Any) -> None:
    """From far beyond the ramp on, and over the steps between two updates."""
    average = averaging(half_life=10 * EVERY * BATCH)
    begin = 10**6 * EVERY
    for update in range(1, 11):
        value = followed(average, generator, begin + update * EVERY - 1)
        assert value == pytest.approx(1 - 0.5 ** (update / 10), rel=1e-4)
    assert value == pytest.approx(0.5, rel=1e-4)


def test_early_the_half_life_is_a_share_of_the_images_so_far(generator: Any) -> None:
    """So that early samples don't lag behind by a half-life meant for the whole run."""
    for made in (8, 16, 80, 800):
        average = averaging(half_life=10**9)
        value = followed(average, generator, made - 1)
        assert value == pytest.approx(1 - 0.5 ** (EVERY / (0.08 * made)), rel=1e-4)


def test_the_ramp_ends_at_the_half_life(generator: Any) -> None:
    made = 100 * EVERY
    images = made * BATCH
    for half_life in (0.04 * images, 0.08 * images, 0.16 * images):
        value = followed(averaging(int(half_life)), generator, made - 1)
        expected = min(half_life, 0.08 * images)
        assert value == pytest.approx(1 - 0.5 ** (EVERY * BATCH / expected), rel=1e-3)


def test_the_statistics_of_batch_normalisation_are_averaged_too(generator: Any) -> None:
    average = averaging()
    followed(average, generator, 7)
    layers = [x for x in average.averaged.layers if isinstance(x, BatchNormalization)]
    assert layers
    for layer in layers:
        assert float(layer.moving_mean.numpy().min()) > 0
        assert float(layer.moving_variance.numpy().min()) > 0


def test_the_trained_generator_is_left_alone(generator: Any) -> None:
    average = averaging()
    average.update(generator, tf.constant(7, tf.int64), BATCH)
    for value in values(generator):
        np.testing.assert_array_equal(value, np.ones_like(value))


@pytest.mark.parametrize("preset", ["mlp", "dcgan"])
def test_it_begins_with_the_weights_of_the_generator(preset: str) -> None:
    gan = build_gan(tiny(preset=preset), STEPS_PER_EPOCH)
    assert gan.averaging is not None
    assert gan.averaging.averaged is not gan.networks.generator
    pairs = zip(values(gan.averaging.averaged), values(gan.networks.generator), strict=True)
    for average, weight in pairs:
        np.testing.assert_array_equal(average, weight)


def test_without_a_half_life_samples_come_from_the_trained_generator() -> None:
    gan = build_gan(tiny(preset="mlp", ema_half_life=0), STEPS_PER_EPOCH)
    assert gan.averaging is None
    assert gan.sampled_generator is gan.networks.generator


def test_samples_come_from_the_average(programs: Programs) -> None:
    program = programs.of("mlp")
    program.execution(0, STEPS_PER_EPOCH)
    gan = program.gan
    assert gan.averaging is not None
    assert gan.sampled_generator is gan.averaging.averaged
    averaged, raw = (
        Sampler(generator, latent_dim=gan.latent_dim, seed=gan.seed).images()
        for generator in (gan.averaging.averaged, gan.networks.generator)
    )
    np.testing.assert_array_equal(program.sampler.images(), averaged)
    assert (averaged != raw).any()
    program.sampler.show_raw(True)
    np.testing.assert_array_equal(program.sampler.images(), raw)
    program.sampler.show_raw(False)
    np.testing.assert_array_equal(program.sampler.images(), averaged)


@pytest.mark.parametrize(("preset", "has_raw"), [("mlp", True), ("tutorial", False)])
def test_there_is_a_raw_generator_if_there_is_an_average(
    preset: str, has_raw: bool, programs: Programs
) -> None:
    assert programs.of(preset).sampler.has_raw is has_raw


def test_an_execution_averages_as_single_updates_do(programs: Programs) -> None:
    """By the definition, from the weights after 8 and after 16 steps."""
    program = programs.of("mlp")
    gan = program.gan
    assert gan.averaging is not None
    expected = values(gan.averaging.averaged)
    half_life = gan.averaging.half_life
    for made in (8, 16):
        program.execution(made - 8, 8)
        kept = 0.5 ** (8 * BATCH / min(half_life, 0.08 * made * BATCH))
        newest = values(gan.networks.generator)
        expected = [
            kept * old + (1 - kept) * new for old, new in zip(expected, newest, strict=True)
        ]
        for received, wanted in zip(values(gan.averaging.averaged), expected, strict=True):
            np.testing.assert_allclose(received, wanted, rtol=1e-4, atol=1e-6)
    program.execution(16, 2)
    for received, wanted in zip(values(gan.averaging.averaged), expected, strict=True):
        np.testing.assert_allclose(received, wanted, rtol=1e-4, atol=1e-6)
