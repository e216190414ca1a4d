"""The layers train as Keras's do, with random numbers that can be repeated."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models.layers import (
    BatchNormalization,
    Dense,
    KeyedDropout,
    SmoothedGlorotUniform,
    SmoothSigns,
    keyed_dense,
)
from gan.models.networks import dense_layers
from gan.models.presets import PRESETS
from gan.models.randomness import Draws, Purpose

NAMES = sorted(PRESETS)


def test_smooth_signs_follow_the_latents_and_step_steeply_at_zero() -> None:
    latents = tf.constant([[-1.0, 0.0, 0.05, 2.0]])

    outputs = SmoothSigns()(latents).numpy()

    assert outputs[:, :4] == pytest.approx(latents.numpy())
    assert outputs[0, 4:] == pytest.approx([-0.9993, 0.0, 0.1974, 1.0], abs=1e-4)


class TestBatchNormalization:
    @staticmethod
    def layer(kind: type[Any], features: int, rank: int = 2) -> Any:
        """A layer whose variables are not the initial ones."""
        layer = kind()
        layer.build((*[None] * (rank - 1), features))
        chance = np.random.default_rng(features)
        layer.gamma.assign(chance.uniform(0.5, 1.5, features))
        layer.beta.assign(chance.normal(size=features))
        return layer

    @pytest.mark.parametrize(
        "shape", [(2, 1), (7, 3), (256, 784), (5, 4, 3, 2)], ids=lambda shape: str(len(shape))
    )
    def test_it_is_keras_in_outputs_statistics_and_gradients(self, shape: tuple[int, ...]) -> None:
        """Also over images with channels, as after a convolution."""
        chance = np.random.default_rng(0)
        inputs = tf.constant(chance.normal(3.0, 2.0, shape), tf.float32)
        by_outputs = tf.constant(chance.normal(size=shape), tf.float32)

        measured = []
        for kind in (keras.layers.BatchNormalization, BatchNormalization):
            layer = self.layer(kind, shape[-1], len(shape))
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs, training=True)
            asked = [inputs, *layer.trainable_variables]
            gradients = tape.gradient(outputs, asked, output_gradients=by_outputs)
            measured.append([outputs, *gradients, layer.moving_mean, layer.moving_variance])

        for expected, received in zip(*measured, strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-4)

    def test_inference_is_keras(self) -> None:
        inputs = tf.random.stateless_normal((4, 5), [1, 2])
        kinds = (keras.layers.BatchNormalization, BatchNormalization)
        expected, received = (self.layer(kind, 5)(inputs, training=False) for kind in kinds)
        np.testing.assert_array_equal(received, expected)

    def test_a_feature_that_never_changes_stays_finite(self) -> None:
        layer = self.layer(BatchNormalization, 4)
        inputs = tf.fill((8, 4), 5.0)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
        np.testing.assert_allclose(outputs[0], layer.beta.value, atol=1e-6)
        assert np.isfinite(tape.gradient(outputs, inputs)).all()


class TestDense:
    @pytest.mark.parametrize("training", [False, True])
    def test_it_is_keras_with_its_bias_and_its_activation(self, training: bool) -> None:
        inputs = tf.random.stateless_normal((4, 5), [1, 2])
        options = {"activation": "tanh", "bias_initializer": "ones"}
        plain, ours = keras.layers.Dense(3, **options), Dense(3, **options)
        plain.build((None, 5))
        ours.build((None, 5))
        ours.kernel.assign(plain.kernel)
        np.testing.assert_array_equal(ours(inputs, training=training), plain(inputs))

    def test_another_matmul_is_used_in_training_only(self) -> None:
        layer = Dense(2, use_bias=False, kernel_initializer="ones")
        layer.matmul = lambda a, b: tf.matmul(a, b) + 1.0
        inputs = tf.ones((1, 3))
        np.testing.assert_array_equal(layer(inputs, training=True), [[4.0, 4.0]])
        np.testing.assert_array_equal(layer(inputs, training=False), [[3.0, 3.0]])


class TestDropout:
    SHAPE = (200, 512)

    def dropped(self, rate: float, step: int = 0) -> np.ndarray:
        """What is left of ones."""
        draws = Draws(1, tf.constant(step, tf.int64), "philox")
        random_bytes = draws.dropout(Purpose.REAL_DROPOUT)
        return np.asarray(KeyedDropout(rate)(tf.ones(self.SHAPE), random_bytes=random_bytes))

    def test_the_rate_is_the_share_that_is_dropped_to_the_nearest_of_256(self) -> None:
        share = np.mean(self.dropped(0.3) == 0)
        assert abs(share - 77 / 256) < 5 * np.sqrt(0.3 * 0.7 / np.prod(self.SHAPE))

    def test_what_is_kept_is_scaled_so_that_the_mean_stays(self) -> None:
        kept = self.dropped(0.3)
        np.testing.assert_allclose(kept[kept > 0], 256 / 179, rtol=1e-6)
        assert abs(kept.mean() - 1) < 0.01

    def test_a_step_drops_the_same_values_each_time_and_the_next_step_others(self) -> None:
        np.testing.assert_array_equal(self.dropped(0.3), self.dropped(0.3))
        differing = np.mean(self.dropped(0.3) != self.dropped(0.3, step=1))
        assert abs(differing - 2 * 0.3 * 0.7) < 0.02

    def test_a_draw_at_the_rate_is_kept_and_one_below_it_is_dropped(self) -> None:
        inputs = tf.constant([[2.0, 2.0, 2.0]])
        outputs = KeyedDropout(0.5)(
            inputs, random_bytes=lambda *_: tf.constant([[0, 127, 128]], tf.uint8)
        )
        np.testing.assert_array_equal(outputs, [[0.0, 0.0, 4.0]])

    def test_a_dropped_value_leaves_nothing_of_what_it_was(self) -> None:
        """An infinity times a mask of zeros would be NaN."""
        inputs = tf.constant([[np.inf, np.nan]])
        outputs = KeyedDropout(0.5)(inputs, random_bytes=lambda _, shape: tf.zeros(shape, tf.uint8))
        np.testing.assert_array_equal(outputs, [[0.0, 0.0]])

    def test_a_layer_asks_for_the_bytes_of_its_place(self) -> None:
        asked: list[tuple[int, tuple[int, ...]]] = []

        def random_bytes(place: int, shape: tuple[int, ...]) -> Any:
            asked.append((place, shape))
            return tf.ones(shape, tf.uint8)

        KeyedDropout(0.3, place=2)(tf.ones((4, 5)), random_bytes=random_bytes)
        assert asked == [(2, (4, 5))]

    @pytest.mark.parametrize("preset", NAMES)
    def test_no_two_layers_of_a_network_share_their_random_numbers(self, preset: str) -> None:
        layers = PRESETS[preset].build(100, 1).discriminator.layers
        places = [layer.place for layer in layers if isinstance(layer, KeyedDropout)]
        assert places == list(range(len(places)))

    def test_inference_drops_nothing(self) -> None:
        inputs = tf.random.stateless_normal((4, 5), [1, 2])
        np.testing.assert_array_equal(KeyedDropout(0.3)(inputs), inputs)

    def test_keras_can_build_the_layer_again_from_its_configuration(self) -> None:
        layer = KeyedDropout.from_config(KeyedDropout(0.25, place=3, name="drop").get_config())
        assert (layer.rate, layer.place, layer.name) == (0.25, 3, "drop")

    def test_the_layer_has_no_state(self) -> None:
        layer = KeyedDropout(0.3)
        layer(tf.ones((1, 1)))
        assert layer.variables == []


class TestInitialWeights:
    @staticmethod
    def layers(preset: str, seed: int) -> list[Dense]:
        """Every Dense layer, both networks in order."""
        networks = PRESETS[preset].build(100, seed)
        return [*dense_layers(networks.generator), *dense_layers(networks.discriminator)]

    def kernels(self, preset: str, seed: int) -> list[np.ndarray]:
        """Every Dense layer's initial kernel, both networks in order."""
        return [layer.kernel.numpy() for layer in self.layers(preset, seed)]

    @pytest.mark.parametrize("preset", NAMES)
    def test_a_seed_always_gives_the_same_weights(self, preset: str) -> None:
        for first, again in zip(self.kernels(preset, 3), self.kernels(preset, 3), strict=True):
            np.testing.assert_array_equal(first, again)

    @pytest.mark.parametrize("preset", NAMES)
    def test_another_seed_gives_other_weights(self, preset: str) -> None:
        for first, other in zip(self.kernels(preset, 3), self.kernels(preset, 4), strict=True):
            assert np.mean(first == other) < 0.01

    @pytest.mark.parametrize("preset", NAMES)
    def test_no_layer_starts_with_the_numbers_of_another(self, preset: str) -> None:
        """Uniform draws of one seed would be the same numbers, scaled."""
        kernels = self.kernels(preset, 3)
        count = min(200, *(kernel.size for kernel in kernels))
        scaled = [kernel.ravel()[:count] / np.abs(kernel).max() for kernel in kernels]
        apart = np.corrcoef(scaled) - np.eye(len(scaled))
        assert np.abs(apart).max() < 0.4

    @pytest.mark.parametrize("preset", NAMES)
    def test_kernels_that_are_not_smoothed_are_uniform_within_glorots_limit(
        self, preset: str
    ) -> None:
        for layer in self.layers(preset, 3):
            if isinstance(layer.kernel_initializer, SmoothedGlorotUniform):
                continue
            kernel = layer.kernel.numpy()
            limit = np.sqrt(6 / sum(kernel.shape))
            assert np.abs(kernel).max() <= limit
            assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)

    @pytest.mark.parametrize("preset", NAMES)
    def test_the_bias_starts_at_zero(self, preset: str) -> None:
        bias = PRESETS[preset].build(100, 3).discriminator.layers[-1].bias.numpy()
        np.testing.assert_array_equal(bias, [0.0])


class TestSmoothedWeights:
    """Each unit's weights are an image: a column of D's first kernel, a row of G's last."""

    @staticmethod
    def kernels(shape: tuple[int, int], seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
        """Plain and smoothed weights of one seed, a unit's image in each row."""
        kinds = (keras.initializers.GlorotUniform, SmoothedGlorotUniform)
        plain, smooth = (np.asarray(kind(seed=seed)(shape)) for kind in kinds)
        return (plain.T, smooth.T) if shape[0] == 784 else (plain, smooth)

    @pytest.mark.parametrize("shape", [(784, 40), (40, 784)], ids=["in", "out"])
    def test_they_are_glorots_filtered_over_pixels_by_a_gaussian(
        self, shape: tuple[int, int]
    ) -> None:
        """By the definition, a sum over all pixels, for a few units."""
        plain, smooth = self.kernels(shape)
        rows, columns = np.divmod(np.arange(784), 28)
        squared = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
        blurred = plain[:3].astype(np.float64) @ np.exp(-squared / (2 * 1.5**2))
        expected = blurred * (plain[:3].std(axis=1) / blurred.std(axis=1))[:, None]
        assert smooth.dtype == np.float32
        np.testing.assert_allclose(smooth[:3], expected, atol=1e-6)

    @pytest.mark.parametrize("shape", [(784, 40), (40, 784)], ids=["in", "out"])
    def test_each_unit_keeps_its_standard_deviation(self, shape: tuple[int, int]) -> None:
        plain, smooth = self.kernels(shape)
        np.testing.assert_allclose(smooth.std(axis=1), plain.std(axis=1), rtol=1e-5)

    @pytest.mark.parametrize("shape", [(784, 40), (40, 784)], ids=["in", "out"])
    def test_neighbouring_pixels_have_like_weights(self, shape: tuple[int, int]) -> None:
        """And not those of the next unit."""
        plain, smooth = self.kernels(shape)

        def neighbours(weights: np.ndarray) -> float:
            images = weights.reshape(-1, 28, 28)
            return float(np.corrcoef(images[:, :, 1:].ravel(), images[:, :, :-1].ravel())[0, 1])

        assert abs(neighbours(plain)) < 0.05
        assert neighbours(smooth) > 0.7
        assert abs(np.corrcoef(smooth[1:].ravel(), smooth[:-1].ravel())[0, 1]) < 0.1

    def test_a_kernel_without_pixels_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"\(256, 512\) has no axis of 784 pixels"):
            SmoothedGlorotUniform(seed=1)((256, 512))

    def test_they_are_keyed_by_the_run_and_the_layer_as_the_others_are(self) -> None:
        def kernels(run_seed: int) -> list[np.ndarray]:
            dense = keyed_dense(run_seed, Purpose.DISCRIMINATOR_WEIGHTS)
            layers = [dense(8, smooth=True), dense(8, smooth=True)]
            for layer in layers:
                layer.build((None, 784))
            return [layer.kernel.numpy() for layer in layers]

        (first, second), (again, _), (other, _) = kernels(3), kernels(3), kernels(4)
        np.testing.assert_array_equal(first, again)
        assert np.mean(first == other) < 0.01
        assert np.mean(first == second) < 0.01

    def test_the_weights_that_meet_pixels_in_mlp_are_smooth_and_no_others(self) -> None:
        layers = TestInitialWeights.layers("mlp", 3)
        smooth = [
            layer.kernel.shape
            for layer in layers
            if isinstance(layer.kernel_initializer, SmoothedGlorotUniform)
        ]
        assert smooth == [layer.kernel.shape for layer in layers if 784 in layer.kernel.shape]
        assert len(smooth) == 2
