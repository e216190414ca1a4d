"""Every draw is a function of its key, without any state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from gan.models.randomness import (
    _BRANCH,
    Draws,
    Purpose,
    _first_word,
    fixed_latents,
    permutation,
    target_latents,
    weights_seed,
)
from gan.strategy.topology import Share

LARGEST_SEED = 2**31 - 1

FIRST = [-1.631, 0.85, 1.0479]
"""The first draws of seed 1; with other ones an older run couldn't be resumed exactly."""


def draws(seed: int = 1, step: int = 0, branch: int = 0) -> Draws:
    """The draws of a step, by the generator that runs without XLA."""
    return Draws(seed, tf.constant(step, tf.int64), "philox", tf.constant(branch, tf.int64))


def normal(
    seed: int = 1, step: int = 0, purpose: int = Purpose.LATENTS, branch: int = 0
) -> np.ndarray:
    return draws(seed, step, branch).normal(purpose, (64, 100)).numpy()


def test_one_key_gives_one_set_of_numbers() -> None:
    np.testing.assert_array_equal(normal(), normal())


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(normal(seed=2), id="seed"),
        pytest.param(normal(step=1), id="step"),
        pytest.param(normal(purpose=Purpose.REAL_DROPOUT), id="purpose"),
        pytest.param(normal(step=2**40), id="a step beyond 32 bits"),
        pytest.param(normal(branch=1), id="branch"),
        pytest.param(normal(branch=9999), id="a branch far away"),
    ],
)
def test_neighbouring_keys_give_unrelated_numbers(other: np.ndarray) -> None:
    correlation = np.corrcoef(normal().ravel(), other.ravel())[0, 1]
    assert abs(correlation) < 5 / np.sqrt(6400)


def test_a_run_that_was_never_rolled_back_draws_the_same_numbers_as_ever() -> None:
    """Otherwise no older run could be resumed exactly."""
    plain = Draws(1, tf.constant(0, tf.int64), "philox").normal(Purpose.LATENTS, (64, 100))
    np.testing.assert_array_equal(plain, normal(branch=0))
    assert [round(float(value), 4) for value in normal()[0, :3]] == FIRST


def test_normal_draws_are_standard_normal() -> None:
    values = normal()
    assert values.dtype == np.float32
    assert abs(values.mean()) < 5 / np.sqrt(6400)
    assert abs(values.std() - 1) < 0.05


def test_normal_draws_follow_the_distribution_from_tail_to_tail() -> None:
    """By the Kolmogorov-Smirnov distance of four million draws; all of them finite."""
    values = np.sort(draws().normal(Purpose.LATENTS, (4_000, 1_000)).numpy().ravel())

    expected = tf.math.erfc(-values / np.sqrt(2)).numpy() / 2
    ranks = (np.arange(values.size) + 0.5) / values.size
    # Beyond 1.95 / sqrt(n) once in a thousand.
    assert np.abs(ranks - expected).max() < 1.95 / np.sqrt(values.size)
    assert 4.5 < -values[0] < 5.5
    assert 4.5 < values[-1] < 5.5


@pytest.mark.parametrize("jit_compile", [True, False])
def test_the_ends_of_the_normal_draws_are_finite_and_mirror_each_other(
    jit_compile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tf.constant([0, 2**31 - 1, 2**31, 2**32 - 1], tf.uint32)
    monkeypatch.setattr(Draws, "_words", lambda *_: words)
    compiled = tf.function(lambda: draws().normal(Purpose.LATENTS, (4,)), jit_compile=jit_compile)

    lowest, below, above, highest = compiled().numpy()

    assert highest == pytest.approx(5.2947, abs=1e-3)
    assert lowest == pytest.approx(-highest)
    assert -1e-6 < below < 0 < above < 1e-6


def test_every_byte_is_as_likely_as_any_other() -> None:
    values = draws().random_bytes(Purpose.REAL_DROPOUT, (640, 1000)).numpy()

    counts = np.bincount(values.ravel(), minlength=256)
    expected = values.size / 256
    # The mean and spread of a chi-squared variable with 255 degrees of freedom.
    assert abs(((counts - expected) ** 2 / expected).sum() - 255) < 5 * np.sqrt(2 * 255)


def test_the_four_bytes_of_a_word_are_uncorrelated() -> None:
    values = draws().random_bytes(Purpose.REAL_DROPOUT, (160_000, 4)).numpy().astype(np.float64)

    correlations = np.corrcoef(values.T)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(len(values))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 4)])
def test_bytes_come_in_any_shape(shape: tuple[int, int]) -> None:
    values = draws().random_bytes(Purpose.REAL_DROPOUT, shape)

    assert (values.dtype, tuple(values.shape)) == (tf.uint8, shape)


@pytest.mark.parametrize("count", [1, 5, 17, 256])
def test_integers_are_uniform_from_zero_to_below_their_count(count: int) -> None:
    values = draws().integers(Purpose.REAL_SHIFTS, (640, 1000), count).numpy()

    assert values.dtype == np.int32
    counts = np.bincount(values.ravel(), minlength=count)
    assert len(counts) == count
    expected = values.size / count
    # The mean and spread of a chi-squared variable with one degree of freedom less.
    spread = np.sqrt(2 * max(count - 1, 1))
    assert abs(((counts - expected) ** 2 / expected).sum() - (count - 1)) < 5 * spread


def test_real_and_fake_images_have_shifts_of_their_own() -> None:
    real, fake = (
        draws().integers(purpose, (2, 3200), 5).numpy().ravel()
        for purpose in (Purpose.REAL_SHIFTS, Purpose.FAKE_SHIFTS)
    )
    assert abs(np.corrcoef(real, fake)[0, 1]) < 5 / np.sqrt(6400)


def test_the_compiled_generator_is_keyed_the_same_way() -> None:
    @tf.function(jit_compile=True)
    def drawn(step: tf.Tensor) -> tf.Tensor:
        compiled = Draws(1, step, "threefry")
        return tf.stack([compiled.normal(purpose, (64, 100)) for purpose in (1, 2)])

    first, again, next_step = (drawn(tf.constant(step, tf.int64)).numpy() for step in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    apart = np.corrcoef([*first.reshape(2, -1), *next_step.reshape(2, -1)]) - np.eye(4)
    assert np.abs(apart).max() < 5 / np.sqrt(6400)
    assert abs(first.std() - 1) < 0.05


@pytest.mark.slow
def test_a_compiled_program_draws_apart_whatever_differs() -> None:
    """XLA uses 32 bits of each word of a key, so nothing may depend on the others alone."""

    @tf.function(jit_compile=True)
    def drawn(step: tf.Tensor, branch: tf.Tensor) -> tf.Tensor:
        keyed = [
            Draws(seed, step, "threefry", branch).normal(purpose, (4,))
            for seed in (1, 2, 1 + 2**16, 1 + 2**30, LARGEST_SEED)
            for purpose in Purpose
        ]
        return tf.stack(keyed)

    rows = [
        row.tobytes()
        for step in (0, 1, 100_000)
        for branch in (0, 1, 2, 99)
        for row in drawn(tf.constant(step, tf.int64), tf.constant(branch, tf.int64)).numpy()
    ]
    assert len(set(rows)) == len(rows)


def test_branches_start_millions_of_steps_apart() -> None:
    begins = np.sort(np.arange(100) * _BRANCH % 2**32)
    assert np.diff([*begins, 2**32]).min() > 10_000_000


def test_no_two_keys_of_a_seed_and_a_purpose_are_one_word() -> None:
    words = {_first_word(seed, purpose) for seed in range(50) for purpose in Purpose}
    assert len(words) == 50 * len(Purpose)


def test_the_largest_seed_fits_a_key() -> None:
    assert _first_word(LARGEST_SEED, 65_535) < 2**63
    assert normal(seed=LARGEST_SEED).shape == (64, 100)
    assert fixed_latents(LARGEST_SEED, 0, 2, 3).shape == (2, 3)


def test_the_numbers_of_the_purposes_never_change() -> None:
    """They are part of a run's identity: a change would break every resume."""
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "LATENTS": 1,
        "FIXED_LATENTS": 2,
        "SHUFFLE": 3,
        "GENERATOR_WEIGHTS": 4,
        "DISCRIMINATOR_WEIGHTS": 5,
        "TARGET_LATENTS": 6,
        "REAL_SHIFTS": 7,
        "FAKE_SHIFTS": 8,
        "EVALUATION": 9,
        "REAL_SHIFTED": 10,
        "FAKE_SHIFTED": 11,
        "MORE_SAMPLES": 12,
        "REAL_DROPOUT": 256,
        "FAKE_DROPOUT": 512,
    }


def test_fixed_latents_are_standard_normal_and_repeat() -> None:
    latents = fixed_latents(3, 0, 64, 100)
    assert latents.dtype == np.float32
    assert abs(latents.mean()) < 5 / np.sqrt(6400)
    assert abs(latents.std() - 1) < 0.05
    np.testing.assert_array_equal(latents, fixed_latents(3, 0, 64, 100))


@pytest.mark.parametrize(("seed", "draw"), [(3, 1), (4, 0)])
def test_another_draw_or_seed_gives_other_latents(seed: int, draw: int) -> None:
    assert not np.isclose(fixed_latents(3, 0, 16, 100), fixed_latents(seed, draw, 16, 100)).any()


def test_the_targets_of_interpolations_are_never_resampled() -> None:
    targets = [target_latents(3, draw, 16, 100) for draw in range(20)]
    drawn = [fixed_latents(3, draw, 16, 100) for draw in range(20)]
    assert len({latents.tobytes() for latents in [*targets, *drawn]}) == 40
    apart = np.corrcoef([latents.ravel() for latents in [*targets, *drawn]]) - np.eye(40)
    assert np.abs(apart).max() < 5 / np.sqrt(1600)
    np.testing.assert_array_equal(targets[7], target_latents(3, 7, 16, 100))


def test_an_epoch_is_a_permutation() -> None:
    order = permutation(7, 0, 1000)
    assert order.dtype == np.int32
    np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    np.testing.assert_array_equal(order, permutation(7, 0, 1000))


@pytest.mark.parametrize("count", [1, 2, 1000, 70_001])
def test_an_epochs_order_is_numpys_own_permutation(count: int) -> None:
    """It was drawn by that before, and a run that was begun then goes on."""
    key = [7 * 65_536 + Purpose.SHUFFLE, 3]
    whole = np.random.Generator(np.random.Philox(key=key)).permutation(count)

    np.testing.assert_array_equal(permutation(7, 3, count), whole)


@pytest.mark.parametrize(("seed", "epoch"), [(7, 1), (8, 0)])
def test_another_epoch_or_seed_has_another_order(seed: int, epoch: int) -> None:
    same = permutation(7, 0, 1000) == permutation(seed, epoch, 1000)
    # A random order has one fixed point on average; ten are a chance of one in ten million.
    assert same.sum() < 10


def test_every_layer_of_every_network_and_run_has_its_own_weights_seed() -> None:
    networks = (Purpose.GENERATOR_WEIGHTS, Purpose.DISCRIMINATOR_WEIGHTS)
    seeds = [
        weights_seed(run, net, layer) for run in range(9) for net in networks for layer in range(3)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed <= LARGEST_SEED for seed in seeds)


@pytest.mark.parametrize("replicas", [2, 3])
def test_a_replica_draws_what_its_images_have_on_one_device(replicas: int) -> None:
    """Also for real images with as many fake ones after them."""
    whole = draws()
    for share in (Share(replica, replicas) for replica in range(replicas)):
        mine = replace(whole, share=share)
        np.testing.assert_array_equal(
            mine.normal(Purpose.LATENTS, (12 // replicas, 7)),
            whole.normal(Purpose.LATENTS, (12, 7))[share.rows],
        )
        np.testing.assert_array_equal(
            mine.integers(Purpose.REAL_SHIFTS, (2, 12 // replicas), 5),
            whole.integers(Purpose.REAL_SHIFTS, (2, 12), 5)[:, share.rows],
        )
        both = whole.random_bytes(Purpose.REAL_DROPOUT, (24, 5))
        np.testing.assert_array_equal(
            mine.random_bytes(Purpose.REAL_DROPOUT, (24 // replicas, 5)),
            np.concatenate([half[share.rows] for half in np.split(both, 2)]),
        )
