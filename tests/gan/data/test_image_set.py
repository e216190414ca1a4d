from __future__ import annotations

import hashlib

import numpy as np
import pytest

from gan.data.image_set import ImageSet
from tests.gan.data.making import digits


def test_its_length_is_the_number_of_images() -> None:
    assert len(ImageSet.of("a", digits(7))) == 7


def test_its_pixels_and_labels_cannot_be_changed() -> None:
    images = ImageSet.of("a", digits(2), np.zeros(2, np.uint8))

    assert images.labels is not None
    for array in (images.images, images.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_pixels_in_another_order_in_memory_become_contiguous() -> None:
    turned = np.asfortranarray(digits(3))

    images = ImageSet.of("a", turned)

    assert images.images.flags.c_contiguous
    assert np.array_equal(images.images, turned)


def test_the_fingerprint_is_that_of_the_pixels_alone() -> None:
    pixels = digits(3)

    images = ImageSet.of("a", pixels)

    assert images.fingerprint == hashlib.sha256(pixels.tobytes()).hexdigest()
    assert images.fingerprint == ImageSet.of("b", pixels, np.zeros(3, np.uint8)).fingerprint


def test_one_changed_pixel_changes_the_fingerprint() -> None:
    other = digits(3)
    other[2, 27, 27] ^= 1

    assert ImageSet.of("a", digits(3)).fingerprint != ImageSet.of("a", other).fingerprint


def test_its_representation_does_not_print_the_pixels() -> None:
    assert "array" not in repr(ImageSet.of("a", digits(2)))
