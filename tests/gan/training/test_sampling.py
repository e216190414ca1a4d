"""Samples come from fixed latents, as images that a screen can show."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.events import SAMPLES
from gan.models.randomness import fixed_latents, target_latents
from gan.training.sampling import INTERPOLATION_FRAMES, Sampler, slerp, to_pixels
from tests.gan.training.fakes import ALL, FULL, Stage, faults, refusing

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
    pixels = to_pixels(np.full((1, 2, 2), value, np.float32)).numpy()
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.full((1, 2, 2), pixel))


def test_the_raw_generator_is_drawn_from_only_while_it_is_shown(generator: Any) -> None:
    averaged = keras.models.clone_model(generator)
    averaged.set_weights([0.5 * weight for weight in generator.get_weights()])
    both = Sampler(averaged, latent_dim=LATENT_DIM, seed=4, raw_generator=generator)
    own = both.images()
    both.show_raw(True)
    raw = both.images()
    frames = both.interpolate()
    both.show_raw(False)

    assert both.has_raw
    np.testing.assert_array_equal(raw, Sampler(generator, latent_dim=LATENT_DIM, seed=4).images())
    np.testing.assert_array_equal(frames[0], raw)
    np.testing.assert_array_equal(both.images(), own)
    assert not np.array_equal(raw, own)


def test_one_generator_alone_is_shown_whatever_is_asked(sampler: Sampler) -> None:
    own = sampler.images()
    sampler.show_raw(True)

    assert not sampler.has_raw
    np.testing.assert_array_equal(sampler.images(), own)


def test_every_pixel_survives_scaling_to_the_network_and_back() -> None:
    every = np.arange(256, dtype=np.uint8)
    images = every.astype(np.float32) / 127.5 - 1.0
    np.testing.assert_array_equal(to_pixels(images).numpy(), every)


def test_a_pixel_is_the_nearest_however_it_is_computed() -> None:
    """NumPy's arithmetic, an operation at a time, gives the same bits as the compiled graph."""
    values = np.random.default_rng(0).uniform(-1.2, 1.2, (100_000,)).astype(np.float32)
    one_by_one = np.rint((np.clip(values, -1.0, 1.0) + np.float32(1)) * np.float32(127.5))
    np.testing.assert_array_equal(tf.function(to_pixels)(values).numpy(), one_by_one)


def test_the_images_are_read_only(sampler: Sampler) -> None:
    with pytest.raises(ValueError, match="read-only"):
        sampler.images()[0] = 0


def test_samples_are_sixteen_images(sampler: Sampler) -> None:
    images = sampler.images()
    assert (images.shape, images.dtype) == ((SAMPLES, 28, 28), np.uint8)
    assert len({image.tobytes() for image in images}) == SAMPLES


def test_the_latents_stay_until_new_ones_are_drawn(sampler: Sampler) -> None:
    before = sampler.latents.copy()
    np.testing.assert_array_equal(sampler.images(), sampler.images())
    np.testing.assert_array_equal(sampler.latents, before)
    np.testing.assert_array_equal(before, fixed_latents(4, 0, SAMPLES, LATENT_DIM))


def test_the_images_follow_the_weights(sampler: Sampler, generator: Any) -> None:
    before = sampler.images()
    generator.layers[0].kernel.assign(-generator.layers[0].kernel)
    assert not np.array_equal(sampler.images(), before)


def test_resampling_draws_new_latents_each_time(sampler: Sampler) -> None:
    drawn = [sampler.images()]
    for draw in (1, 2):
        sampler.resample()
        assert sampler.draw == draw
        drawn.append(sampler.images())
    assert len({images.tobytes() for images in drawn}) == 3


def test_an_earlier_draw_can_be_restored(sampler: Sampler) -> None:
    first = sampler.images()
    sampler.resample()
    second = sampler.images()
    sampler.resample(0)
    np.testing.assert_array_equal(sampler.images(), first)
    sampler.resample(1)
    np.testing.assert_array_equal(sampler.images(), second)


def test_after_a_restore_a_resample_still_draws_new_latents(sampler: Sampler) -> None:
    seen = {sampler.images().tobytes()}
    for _ in range(2):
        sampler.resample()
        seen.add(sampler.images().tobytes())
    sampler.restore()
    assert sampler.draw == 0
    assert sampler.images().tobytes() in seen
    sampler.resample()
    assert sampler.draw == 3
    assert sampler.images().tobytes() not in seen


class TestInterpolating:
    def test_it_starts_at_the_current_samples(self, sampler: Sampler) -> None:
        sampler.resample()
        frames = sampler.interpolate()
        assert (frames.shape, frames.dtype) == ((INTERPOLATION_FRAMES, 16, 28, 28), np.uint8)
        np.testing.assert_array_equal(frames[0], sampler.images())
        assert len({frame.tobytes() for frame in frames}) == INTERPOLATION_FRAMES

    def test_the_images_are_read_only(self, sampler: Sampler) -> None:
        with pytest.raises(ValueError, match="read-only"):
            sampler.interpolate()[0, 0] = 0

    def test_it_leaves_the_latents_and_the_draws_alone(self, sampler: Sampler) -> None:
        before = sampler.latents.copy()
        sampler.interpolate()
        np.testing.assert_array_equal(sampler.latents, before)
        sampler.resample()
        assert sampler.draw == 1
        np.testing.assert_array_equal(sampler.latents, fixed_latents(4, 1, SAMPLES, LATENT_DIM))

    def test_each_has_another_target(self, sampler: Sampler) -> None:
        ends = [sampler.interpolate()[-1] for _ in range(3)]
        assert len({end.tobytes() for end in ends}) == 3

    def test_a_resumed_run_interpolates_to_the_same_targets(self, generator: Any) -> None:
        first, second = (Sampler(generator, latent_dim=LATENT_DIM, seed=4) for _ in range(2))
        np.testing.assert_array_equal(first.interpolate(), second.interpolate())


class TestSlerp:
    start = fixed_latents(0, 0, 16, 100)
    end = target_latents(0, 0, 16, 100)

    def test_it_begins_and_ends_at_the_latents(self) -> None:
        path = slerp(self.start, self.end, 24)
        assert (path.shape, path.dtype) == ((24, 16, 100), np.float32)
        np.testing.assert_array_equal(path[0], self.start)
        np.testing.assert_allclose(path[-1], self.end, atol=1e-6)

    def test_it_stays_as_far_from_the_origin_as_latents_are(self) -> None:
        """A straight line between random latents is a third shorter in its middle."""
        lengths = np.linalg.norm(slerp(self.start, self.end, 24), axis=2)
        ends = np.linalg.norm([self.start, self.end], axis=2)
        assert (lengths > ends.min(axis=0) * 0.98).all()
        straight = np.linalg.norm((self.start + self.end) / 2, axis=1)
        assert (straight < ends.min(axis=0) * 0.9).all()

    def test_it_turns_by_equal_angles(self) -> None:
        path = slerp(self.start, self.end, 9).astype(np.float64)
        unit = path / np.linalg.norm(path, axis=2, keepdims=True)
        turns = np.arccos(np.sum(unit[1:] * unit[:-1], axis=2))
        whole = np.arccos(np.sum(unit[0] * unit[-1], axis=1))
        # Exact for latents of equal length, as those of a normal draw nearly are.
        np.testing.assert_allclose(turns.sum(axis=0), whole, rtol=1e-4)
        np.testing.assert_allclose(turns, np.broadcast_to(whole / 8, turns.shape), rtol=0.25)

    @pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
    def test_latents_on_one_line_are_joined_by_it(self, factor: float) -> None:
        """If there is no arc, or more than one; a latent vector may have one element."""
        start = np.array([[3.0], [-2.0]], np.float32)
        path = slerp(start, factor * start, 3)
        np.testing.assert_allclose(path[1], (1 + factor) / 2 * start, atol=1e-6)

    def test_a_latent_vector_of_zeros_is_no_exception(self) -> None:
        assert np.isfinite(slerp(np.zeros((1, 3), np.float32), self.end[:1, :3], 3)).all()


def test_drawing_samples_trains_nothing(sampler: Sampler, generator: Any) -> None:
    """The batch statistics of 16 samples must not leak into the run."""
    before = [variable.numpy() for variable in generator.variables]
    sampler.images()
    sampler.interpolate()
    for variable, value in zip(generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_generator_is_traced_once(sampler: Sampler) -> None:
    for _ in range(3):
        sampler.images()
        sampler.interpolate()
        sampler.resample()
    assert sampler._generate.experimental_get_tracing_count() == 1


class TestDiskThatRefusesGrids:
    """That is reported, and stops nothing."""

    def test_the_very_first_grid_stops_no_step_either(self) -> None:
        stage = refusing(Stage(sample_every="5"), 0, 12)
        stage.recorder.error = FULL
        stage.run()
        assert stage.steps_told == ALL
        assert faults(stage)[0] == ("StorageFaulted", "samples")

    def test_a_refusal_stops_no_step_and_is_reported_once(self) -> None:
        stage = refusing(Stage(epochs=3, sample_every="2"), 7, 13).run()
        assert stage.steps_told == list(range(1, 31))
        assert faults(stage) == [("StorageFaulted", "samples"), ("StorageRecovered", "samples")]

    def test_the_next_ones_are_written_when_they_are_due(self) -> None:
        stage = refusing(Stage(sample_every="2"), 7, 13).run()
        assert [step for step, _ in stage.recorder.samples] == [0, 2, 4, 6, 14, 16, 18, 20]

    def test_those_of_the_end_are_not_worth_a_failure(self) -> None:
        stage = Stage(sample_every="15")
        usual = stage.recorder.save_samples

        def save(step: int, *rest: object) -> str:
            if step == 20:
                raise FULL
            return usual(step, *rest)

        stage.recorder.save_samples = save
        stage.run()
        assert stage.end.completed
        assert faults(stage) == [("StorageFaulted", "samples")]
