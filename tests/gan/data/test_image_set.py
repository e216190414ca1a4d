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


def labelled(*labels: int) -> ImageSet:
    """Images whose pixels all equal the index of the image."""
    numbers = np.arange(len(labels), dtype=np.uint8)
    pixels = np.broadcast_to(numbers[:, None, None], (len(labels), 28, 28))
    return ImageSet.of("a", pixels, np.array(labels, np.uint8))


def places(images: ImageSet) -> list[int]:
    """The indices of the examples."""
    examples = images.examples()
    assert (examples.shape, examples.dtype) == ((16, 28, 28), np.uint8)
    assert all(len(np.unique(example)) == 1 for example in examples)
    return [int(example[0, 0]) for example in examples]


def test_examples_are_one_of_each_label_in_order_and_then_more() -> None:
    labels = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] * 3

    assert places(labelled(*labels)) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 19, 18, 17, 16, 15, 14]


def test_examples_do_not_depend_on_how_many_labels_are_looked_at_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = np.random.default_rng(0).integers(0, 12, 250).tolist()
    at_once = places(labelled(*labels))
    monkeypatch.setattr("gan.data.image_set._LABELS", 30)

    assert places(labelled(*labels)) == at_once


def test_a_label_with_few_images_gives_those() -> None:
    assert places(labelled(*[0] * 20, 3, 3)) == [0, 20, 1, 21, *range(2, 14)]


def test_of_many_labels_the_first_sixteen_are_shown() -> None:
    assert places(labelled(*range(100, 126))) == list(range(16))


def test_without_labels_examples_are_taken_from_the_whole_set() -> None:
    images = ImageSet.of("a", labelled(*[0] * 151).images)

    assert places(images) == list(range(0, 151, 10))


@pytest.mark.parametrize("count", [1, 3, 15])
def test_of_fewer_than_sixteen_images_examples_repeat_every_one(count: int) -> None:
    some = labelled(*range(count))

    assert set(places(some)) == set(range(count))
    assert set(places(ImageSet.of("a", some.images))) == set(range(count))


def test_as_many_examples_as_are_asked_for() -> None:
    images = labelled(*range(5), *range(5))

    assert images.examples(7)[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert len(ImageSet.of("a", images.images).examples(3)) == 3


def test_examples_cannot_be_changed() -> None:
    for images in (labelled(1, 2), ImageSet.of("a", digits(20))):
        with pytest.raises(ValueError, match="read-only"):
            images.examples()[0] = 1


def test_its_representation_does_not_print_the_pixels() -> None:
    assert "array" not in repr(ImageSet.of("a", digits(2)))
