"""Shifts and gradient penalties are their definitions, in values and in gradients."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.models import mlp, mlp_dropout, tutorial
from gan.models.networks import Networks
from gan.models.randomness import Draws, Purpose
from gan.models.regularisers import (
    PENALTY_IMAGES,
    PENALTY_STEPS,
    GradientPenalty,
    RandomShifts,
    shift,
)
from gan.strategy.topology import Share

BLACK = -1.0
REAL = Purpose.REAL_SHIFTS, Purpose.REAL_SHIFTED
FAKE = Purpose.FAKE_SHIFTS, Purpose.FAKE_SHIFTED
SHIFTS = np.array([[0, 1, -2, 0, 27, 28, -40], [0, 0, 0, 2, -27, 0, 3]], np.int32)


def images(count: int, seed: int = 1) -> Any:
    return tf.random.stateless_uniform((count, 28, 28), [seed, 0], -1, 1)


def textbook(pictures: Any, shifts: np.ndarray) -> Any:
    """Each image padded with black far enough, and cut out again further up or left."""
    border = 28
    shifted = []
    for image, down, right in zip(tf.unstack(pictures), *shifts.clip(-28, 28), strict=True):
        padded = tf.pad(image, ((border, border), (border, border)), constant_values=BLACK)
        top, left = border - int(down), border - int(right)
        shifted.append(padded[top : top + 28, left : left + 28])
    return tf.stack(shifted)


class TestShifts:
    def test_each_image_moves_by_its_own_shift_and_black_comes_in(self) -> None:
        pictures = images(SHIFTS.shape[1])
        np.testing.assert_array_equal(shift(pictures, SHIFTS), textbook(pictures, SHIFTS))

    def test_down_and_right_are_positive(self) -> None:
        picture = np.full((1, 28, 28), BLACK, np.float32)
        picture[0, 10, 10] = 1.0
        moved = np.asarray(shift(tf.constant(picture), np.array([[3], [-4]], np.int32)))
        assert np.argwhere(moved[0] == 1.0).tolist() == [[13, 6]]
        assert (moved == BLACK).sum() == 784 - 1

    @pytest.mark.parametrize("jit_compile", [False, True], ids=["eager", "compiled"])
    def test_the_gradient_is_tensorflows_of_the_plain_definition(self, jit_compile: bool) -> None:
        pictures = images(SHIFTS.shape[1])
        weights = images(SHIFTS.shape[1], seed=2)

        def gradient(shifting: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(pictures)
                total = tf.reduce_sum(weights * shifting(pictures, SHIFTS) ** 2)
            return tape.gradient(total, pictures)

        ours = tf.function(lambda: gradient(shift), jit_compile=True) if jit_compile else None
        received = ours() if ours else gradient(shift)
        np.testing.assert_allclose(received, gradient(textbook), atol=1e-6)

    def test_every_shift_up_to_the_greatest_is_drawn_and_rows_and_columns_apart(self) -> None:
        """A single white pixel in the middle shows by how much its image was moved."""
        count = 2000
        pictures = np.full((count, 28, 28), BLACK, np.float32)
        pictures[:, 14, 14] = 1.0
        draws = Draws(1, tf.constant(0, tf.int64), "philox")
        moved = np.asarray(RandomShifts(2)(tf.constant(pictures), draws, *REAL))
        _, rows, columns = np.nonzero(moved == 1.0)
        found = np.histogram2d(rows - 14, columns - 14, bins=np.arange(-2.5, 3))[0]
        assert found.sum() == count
        assert found.min() > count / 25 / 2

    def test_a_step_repeats_its_shifts_and_the_next_has_others(self) -> None:
        def shifted(step: int, purposes: tuple[Purpose, Purpose] = REAL) -> np.ndarray:
            draws = Draws(1, tf.constant(step, tf.int64), "philox")
            return np.asarray(RandomShifts(2)(images(64), draws, *purposes))

        np.testing.assert_array_equal(shifted(3), shifted(3))
        for other in (shifted(4), shifted(3, FAKE)):
            assert np.mean((shifted(3) == other).all(axis=(1, 2))) < 0.2

    @pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
    def test_a_share_of_the_images_is_shifted_and_the_others_stay(self, share: float) -> None:
        pictures = images(4000)
        draws = Draws(1, tf.constant(7, tf.int64), "philox")

        some = np.asarray(RandomShifts(2, lambda _: share)(pictures, draws, *REAL))

        every = np.asarray(RandomShifts(2)(pictures, draws, *REAL))
        stayed = (some == pictures.numpy()).all(axis=(1, 2))
        moved = (some == every).all(axis=(1, 2))
        assert (stayed | moved).all()
        # One in 25 shifts is by no pixel at all.
        assert abs(stayed.mean() - (1 - share * 24 / 25)) < 0.03

    def test_which_real_and_which_fake_images_are_shifted_is_drawn_apart(self) -> None:
        pictures, draws = images(4000), Draws(1, tf.constant(7, tf.int64), "philox")
        half = RandomShifts(2, lambda _: 0.5)
        real, fake = (
            (np.asarray(half(pictures, draws, *which)) == pictures.numpy()).all(axis=(1, 2))
            for which in (REAL, FAKE)
        )
        assert abs((real == fake).mean() - 0.5) < 0.05


def small_discriminator(dtype: str, *, bias: bool = True) -> Networks:
    """Keras's own layers, in any precision; its gradient by the images depends on the weights."""
    keras.utils.set_random_seed(3)
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28), dtype=dtype),
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(7, activation="tanh", use_bias=bias, dtype=dtype),
            keras.layers.Dense(5, activation="softplus", use_bias=bias, dtype=dtype),
            keras.layers.Dense(1, dtype=dtype),
        ]
    )
    return Networks(None, discriminator)


def penalty_of(networks: Networks, gamma: float, real: Any, fake: Any) -> list[np.ndarray]:
    """R1 + R2 as written: gamma / 2 times the mean squared norm, of each kind of image."""
    network = networks.discriminator
    with tf.GradientTape() as tape:
        loss = 0.0
        for batch in (real, fake):
            with tf.GradientTape() as inner:
                inner.watch(batch)
                logits = network(batch, training=False)
            by_images = inner.gradient(logits, batch)
            norms = tf.norm(tf.reshape(by_images, (len(batch), -1)), axis=1)
            loss += gamma / 2 * tf.reduce_mean(norms**2)
    variables = network.trainable_variables
    found = zip(tape.gradient(loss, variables), variables, strict=True)
    return [np.zeros(variable.shape) if g is None else np.asarray(g) for g, variable in found]


class TestGradientPenalty:
    GAMMA = 0.7

    def computed(self, networks: Networks, real: Any, fake: Any, step: int = 0) -> list[np.ndarray]:
        step = tf.constant(step, tf.int64)
        gradients = GradientPenalty(self.GAMMA).gradients(networks, real, fake, step)
        return [np.asarray(gradient) for gradient in gradients]

    def test_it_is_the_formula_times_the_steps_that_it_is_for(self) -> None:
        """In float64, to twelve digits."""
        networks = small_discriminator("float64")
        real, fake = (tf.cast(images(PENALTY_IMAGES, n), tf.float64) for n in (1, 2))
        expected = penalty_of(networks, self.GAMMA, real, fake)
        for received, wanted in zip(self.computed(networks, real, fake), expected, strict=True):
            np.testing.assert_allclose(received, PENALTY_STEPS * wanted, rtol=1e-12, atol=1e-15)

    def test_it_is_that_of_the_networks_that_are_trained(self) -> None:
        """A bias of the last layer has no part in it."""
        networks = mlp.build(100, 1)
        real, fake = images(PENALTY_IMAGES, 1), images(PENALTY_IMAGES, 2)
        expected = penalty_of(networks, self.GAMMA, real, fake)
        computed = self.computed(networks, real, fake)
        for received, wanted in zip(computed, expected, strict=True):
            np.testing.assert_allclose(received, PENALTY_STEPS * wanted, rtol=1e-4, atol=1e-7)
        assert np.abs(computed[0]).max() > 0
        np.testing.assert_array_equal(computed[-1], [0.0])

    @pytest.mark.parametrize("step", range(2 * PENALTY_STEPS))
    def test_there_is_none_in_the_steps_between(self, step: int) -> None:
        networks = small_discriminator("float32")
        computed = self.computed(networks, images(16), images(16, 2), step)
        assert bool(np.abs(computed[0]).max() > 0) is (step % PENALTY_STEPS == 0)
        shapes = [variable.shape for variable in networks.discriminator.trainable_variables]
        assert [gradient.shape for gradient in computed] == shapes

    def test_the_first_images_of_a_batch_stand_for_it(self) -> None:
        networks = small_discriminator("float32")
        real, fake = images(50, 1), images(50, 2)
        whole = self.computed(networks, real, fake)
        first = self.computed(networks, real[:PENALTY_IMAGES], fake[:PENALTY_IMAGES])
        np.testing.assert_array_equal(whole[0], first[0])

    def test_a_smaller_batch_is_taken_whole(self) -> None:
        networks = small_discriminator("float32")
        real, fake = images(3, 1), images(3, 2)
        expected = penalty_of(networks, self.GAMMA, real, fake)
        for received, wanted in zip(self.computed(networks, real, fake), expected, strict=True):
            np.testing.assert_allclose(received, PENALTY_STEPS * wanted, rtol=1e-4, atol=1e-7)

    @pytest.mark.parametrize("count", [60, 12], ids=["of a batch", "of a small batch"])
    @pytest.mark.parametrize("replicas", [2, 3, 20])
    def test_the_mean_over_replicas_is_the_penalty_of_the_whole(
        self, replicas: int, count: int
    ) -> None:
        """Some have one image more than others, and some have none."""
        networks = small_discriminator("float32")
        real, fake = (images(max(count, replicas), seed) for seed in (1, 2))
        penalty, step = GradientPenalty(self.GAMMA), tf.constant(0, tf.int64)
        parts = []
        for share in (Share(replica, replicas) for replica in range(replicas)):
            mine = real[share.rows], fake[share.rows]
            parts.append(penalty.gradients(networks, *mine, step, share))
        for place, whole in enumerate(self.computed(networks, real, fake)):
            mean = np.mean([part[place] for part in parts], axis=0)
            np.testing.assert_allclose(mean, whole, rtol=1e-4, atol=1e-7)

    def test_nothing_is_dropped(self) -> None:
        """The random numbers of dropout belong to the losses."""
        dropping, plain = mlp_dropout.build(100, 1), mlp_dropout.build(100, 1)
        plain = Networks(
            plain.generator,
            keras.Sequential(
                [
                    keras.Input((28, 28)),
                    *(x for x in plain.discriminator.layers if "dropout" not in x.name),
                ]
            ),
        )
        arguments = images(16, 1), images(16, 2)
        pairs = zip(
            self.computed(dropping, *arguments), self.computed(plain, *arguments), strict=True
        )
        for received, wanted in pairs:
            np.testing.assert_allclose(received, wanted, rtol=1e-5, atol=1e-8)

    def test_batch_normalisation_takes_part_with_its_moving_statistics(self) -> None:
        """A batch's own would tie its images together; and nothing is tracked."""
        networks = tutorial.build(100, 1)
        before = [variable.numpy() for variable in networks.discriminator.variables]
        real, fake = images(PENALTY_IMAGES, 1), images(PENALTY_IMAGES, 2)
        expected = penalty_of(networks, self.GAMMA, real, fake)
        computed = self.computed(networks, real, fake)
        for received, wanted in zip(computed, expected, strict=True):
            np.testing.assert_allclose(received, PENALTY_STEPS * wanted, rtol=1e-4, atol=1e-7)
        for variable, value in zip(networks.discriminator.variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)

    def test_the_compiled_penalty_is_the_eager_one(self) -> None:
        networks = mlp.build(100, 1)
        real, fake = images(16, 1), images(16, 2)
        penalty = GradientPenalty(self.GAMMA)

        @tf.function(jit_compile=True)
        def compiled(step: Any) -> Any:
            return penalty.gradients(networks, real, fake, step)

        for step in (0, 1):
            received = compiled(tf.constant(step, tf.int64))
            expected = self.computed(networks, real, fake, step)
            for one, other in zip(received, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)
