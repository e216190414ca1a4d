from __future__ import annotations

import numpy as np

from gan.data.synthetic.placing import centre_by_mass


def test_a_box_with_its_mass_in_the_middle_goes_to_the_middle() -> None:
    images = centre_by_mass(np.full((1, 20, 20), 200, np.uint8))

    assert images.shape == (1, 28, 28)
    assert (images[0, 4:24, 4:24] == 200).all()
    assert images.sum(dtype=np.int64) == 400 * 200


def test_each_box_is_placed_by_its_own_mass() -> None:
    boxes = np.zeros((2, 20, 20), np.uint8)
    boxes[0, 7:9, 10:12] = 255
    boxes[1, 12:14, 8:10] = 255

    images = centre_by_mass(boxes)

    assert (images[:, 13:15, 13:15] == 255).all()


def test_a_box_is_never_cut() -> None:
    boxes = np.zeros((1, 20, 20), np.uint8)
    boxes[0, :, 0] = 255
    boxes[0, 0, 19] = 1

    images = centre_by_mass(boxes)

    assert images.sum(dtype=np.int64) == boxes.sum(dtype=np.int64)
    assert (images[0, :, 8] > 0).sum() == 20
