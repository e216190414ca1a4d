"""Which images count as copies of training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_file
from gan.data.layouts.source import read_source
from gan.quality.copies import TrainingImages
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import ImageSet
    from gan.events import Images


@pytest.fixture(scope="module")
def training(labelled: ImageSet) -> TrainingImages:
    return TrainingImages(labelled.images)


def noisy(images: Images, deviation: float) -> Images:
    noise = np.random.default_rng(0).normal(0, deviation, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def test_new_images_are_no_copies(training: TrainingImages, others: Images) -> None:
    assert training.copies(others) == 0.0


def test_copies_are_found(training: TrainingImages, labelled: ImageSet) -> None:
    assert training.copies(labelled.images[:300]) == 1.0


def test_the_share_is_that_of_the_copies(
    training: TrainingImages, labelled: ImageSet, others: Images
) -> None:
    images = np.concatenate([labelled.images[:30], others[:270]])

    assert training.copies(images) == pytest.approx(0.1)


def test_most_copies_with_a_little_noise_are_found(
    training: TrainingImages, labelled: ImageSet
) -> None:
    assert training.copies(noisy(labelled.images[:300], 8.0)) > 0.6


def test_an_exact_copy_of_an_image_that_the_data_hold_twice_is_found(labelled: ImageSet) -> None:
    twice = np.concatenate([labelled.images[:100], labelled.images[:100]])

    assert TrainingImages(twice).copies(labelled.images[:100]) == 1.0


@pytest.mark.slow
def test_none_of_mnist_s_test_images_is_a_copy_and_each_training_image_is(
    real_mnist: Path,
) -> None:
    known = read_source(real_mnist, ignore)[0].images
    test = read_idx_file(DiskFile(real_mnist / "t10k-images-idx3-ubyte.gz"), ignore).images
    training = TrainingImages(known)

    assert training.copies(test[:500]) == 0.0
    assert training.copies(known[-300:]) == 1.0
