"""The same sixteen latents all along, and what a screen is given of the generator's images."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from gan.randomness import fixed_latents
from gan.training.sampling import SAMPLES, Sampler, to_pixels

LATENT_DIM = 3


@pytest.fixture
def generator() -> Any:
    """A small generator that normalises batches."""
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(784, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Reshape((28, 28)),
        ]
    )


@pytest.fixture
def sampler(generator: Any) -> Sampler:
    return Sampler(generator, latent_dim=LATENT_DIM, seed=4)


@pytest.mark.parametrize(
    ("value", "pixel"),
    [
        (-1.0, 0),
        (1.0, 255),
        (0.0, 128),
        (0.003, 128),
        (-0.01, 126),
        (-40.0, 0),
        (40.0, 255),
        (3e38, 255),
        (-3e38, 0),
        (np.inf, 255),
        (-np.inf, 0),
        (np.nan, 0),
    ],
)
def test_a_value_becomes_a_pixel(value: float, pixel: int) -> None:
    pixels = to_pixels(np.full((1, 2, 2), value, np.float32))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.full((1, 2, 2), pixel))


def test_every_pixel_survives_the_way_to_the_network_and_back() -> None:
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_pixels(every.astype(np.float32) / 127.5 - 1.0), every)


def test_what_a_screen_is_given_cannot_be_changed(sampler: Sampler) -> None:
    with pytest.raises(ValueError, match="read-only"):
        sampler.images()[0] = 0


def test_samples_are_sixteen_images(sampler: Sampler) -> None:
    images = sampler.images()
    assert (images.shape, images.dtype) == ((SAMPLES, 28, 28), np.uint8)
    assert len({image.tobytes() for image in images}) == SAMPLES


def test_the_latents_stay_until_they_are_drawn_anew(sampler: Sampler) -> None:
    before = sampler.latents.copy()
    np.testing.assert_array_equal(sampler.images(), sampler.images())
    np.testing.assert_array_equal(sampler.latents, before)
    np.testing.assert_array_equal(before, fixed_latents(4, 0, SAMPLES, LATENT_DIM))


def test_the_images_follow_the_weights(sampler: Sampler, generator: Any) -> None:
    before = sampler.images()
    generator.layers[0].kernel.assign(-generator.layers[0].kernel)
    assert not np.array_equal(sampler.images(), before)


def test_resampling_draws_others_each_time(sampler: Sampler) -> None:
    drawn = [sampler.images()]
    for draw in (1, 2):
        sampler.resample()
        assert sampler.draw == draw
        drawn.append(sampler.images())
    assert len({images.tobytes() for images in drawn}) == 3


def test_a_draw_can_be_gone_back_to(sampler: Sampler) -> None:
    first = sampler.images()
    sampler.resample()
    second = sampler.images()
    sampler.resample(0)
    np.testing.assert_array_equal(sampler.images(), first)
    sampler.resample(1)
    np.testing.assert_array_equal(sampler.images(), second)


def test_drawing_samples_trains_nothing(sampler: Sampler, generator: Any) -> None:
    """The statistics of a batch of sixteen must not leak into the run."""
    before = [variable.numpy() for variable in generator.variables]
    sampler.images()
    for variable, value in zip(generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_generator_is_compiled_once(sampler: Sampler) -> None:
    for _ in range(3):
        sampler.images()
        sampler.resample()
    assert sampler._generate.experimental_get_tracing_count() == 1
