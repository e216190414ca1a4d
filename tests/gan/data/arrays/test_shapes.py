from __future__ import annotations

import numpy as np
import pytest

from gan.data.arrays.shapes import Layout, Picture, has_label_column, label_column, layout_of

SHAPES = {
    (9, 28, 28): Layout(9, Picture(28, 28)),
    (9, 28, 28, 1): Layout(9, Picture(28, 28)),
    (9, 1, 28, 28): Layout(9, Picture(28, 28)),
    (9, 784): Layout(9, Picture(28, 28)),
    (9, 784, 1): Layout(9, Picture(28, 28)),
    (1, 28, 28): Layout(1, Picture(28, 28)),
    (28, 28, 9): Layout(9, Picture(28, 28), axis=-1),
    (784, 9): Layout(9, Picture(28, 28), axis=-1),
    (784, 784): Layout(784, Picture(28, 28)),
    (28, 28, 28): Layout(28, Picture(28, 28)),
    (9, 64): Layout(9, Picture(8, 8)),
    (9, 16, 16): Layout(9, Picture(16, 16)),
    (9, 20, 16): Layout(9, Picture(20, 16)),
    (9, 3, 32, 32): Layout(9, Picture(32, 32, 3, channels_first=True)),
    (9, 32, 32, 3): Layout(9, Picture(32, 32, 3)),
    (9, 32, 32, 4): Layout(9, Picture(32, 32, 4)),
    (32, 32, 3, 9): Layout(9, Picture(32, 32, 3), axis=-1),
    (9, 3072): Layout(9, Picture(32, 32, 3, channels_first=True)),
    (9, 2352): Layout(9, Picture(28, 28, 3)),
    (10, 900, 28, 28): Layout(9000, Picture(28, 28)),
    (4, 24, 28, 28): Layout(96, Picture(28, 28)),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_images_in_a_shape(shape: tuple[int, ...]) -> None:
    assert layout_of(shape) == SHAPES[shape]


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (9,),
        (0, 28, 28),
        (-1, 28, 28),
        (9, 10),
        (9, 2, 2),
        (9, 5000),
        (9, 1, 1, 1, 9),
        (256, 1100, 10),
    ],
)
def test_no_images_in_a_shape(shape: tuple[int, ...]) -> None:
    assert layout_of(shape) is None


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((9, 785), True), ((9, 65), True), ((9, 784), False), ((9, 11), False), ((9, 7, 7), False)],
)
def test_a_table_has_one_column_more_than_pixels(shape: tuple[int, ...], expected: bool) -> None:
    assert has_label_column(shape) is expected


def test_the_column_of_labels_is_not_one_of_a_corner() -> None:
    rows = np.zeros((3, 785))
    assert label_column(rows) == 0

    rows[:, -1] = [1, 2, 3]
    assert label_column(rows) == -1

    rows[:, 0] = [4, 5, 6]
    assert label_column(rows) == 0

    rows[:, 0] = 0.5
    assert label_column(rows) == -1
