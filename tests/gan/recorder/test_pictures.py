"""Images of every usual form are recognised, in one range for a whole run; others are refused."""

from __future__ import annotations

import numpy as np
import pytest

from gan.recorder.pictures import Recogniser


class Reading:
    """A recogniser, and its warnings."""

    def __init__(self, value_range: tuple[float, float] | None = None) -> None:
        self.warnings: list[str] = []
        self.read = Recogniser(value_range, self.warnings.append).read


RAMP = np.linspace(0, 1, 16 * 8 * 6, dtype=np.float32).reshape(16, 8, 6)


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (RAMP, (16, 8, 6, 1)),
        (RAMP[..., None], (16, 8, 6, 1)),
        (RAMP[:, None], (16, 8, 6, 1)),
        (np.stack([RAMP] * 3, -1), (16, 8, 6, 3)),
        (np.stack([RAMP] * 3, 1), (16, 8, 6, 3)),
        (RAMP[:5], (5, 8, 6, 1)),
        (np.concatenate([RAMP, RAMP]), (16, 8, 6, 1)),
    ],
    ids=["grey", "channel last", "channel first", "colour last", "colour first", "few", "many"],
)
def test_every_usual_shape_is_recognised(images: np.ndarray, shape: tuple[int, ...]) -> None:
    pictures = Reading().read(images)

    assert pictures.shape == shape
    assert pictures.dtype == np.uint8


@pytest.mark.parametrize(
    "images",
    [
        RAMP,
        RAMP * 2 - 1,
        (RAMP * 255).round().astype(np.uint8),
        (RAMP * 255).round().astype(np.int64),
        RAMP.astype(np.float64),
    ],
    ids=["0 to 1", "-1 to 1", "bytes", "integers", "doubles"],
)
def test_black_is_black_and_white_is_white_in_every_range(images: np.ndarray) -> None:
    pictures = Reading().read(images)[..., 0]

    assert np.abs(pictures - RAMP * 255.0).max() <= 1


def test_a_frame_of_positive_numbers_is_read_as_those_before_it() -> None:
    """Otherwise a picture would flicker between two readings."""
    reading = Reading()
    reading.read(RAMP * 2 - 1)

    assert reading.read(np.zeros((1, 8, 8)))[0, 0, 0, 0] == 128
    assert reading.warnings == []


def test_negative_numbers_after_others_change_the_range_once_and_say_so() -> None:
    reading = Reading()
    reading.read(RAMP)
    reading.read(RAMP - 0.5)
    reading.read(RAMP - 0.5)

    (warning,) = reading.warnings
    assert "value_range=(-1, 1)" in warning
    assert reading.read(RAMP * 0)[0, 0, 0, 0] == 128


def test_later_numbers_far_beyond_the_first_are_noted_once() -> None:
    reading = Reading()
    reading.read(RAMP)
    for _ in range(2):
        reading.read(RAMP * 200)

    (warning,) = reading.warnings
    assert "numbers beyond those of the first images are black or white" in warning


def test_integers_that_are_a_mask_are_noted_as_black() -> None:
    reading = Reading()
    reading.read((RAMP > 0.5).astype(np.int64))

    (warning,) = reading.warnings
    assert "integers from 0 to 1 are black" in warning


def test_bytes_in_a_range_of_floats_are_noted_as_white() -> None:
    reading = Reading((0, 1))
    reading.read((RAMP * 255).astype(np.uint8))

    (warning,) = reading.warnings
    assert "integers beyond 1 are white" in warning


def test_a_range_that_is_given_holds_and_what_exceeds_it_is_cut() -> None:
    reading = Reading((0, 255))

    pictures = reading.read(np.array([[[-10.0, 0.0, 51.0, 300.0, np.nan]]]))

    assert pictures.ravel().tolist() == [0, 0, 51, 255, 0]
    assert reading.warnings == []


def test_the_range_may_have_white_below_black() -> None:
    assert Reading((1, 0)).read(np.zeros((1, 2, 2))).max() == 255


def test_truths_are_black_and_white() -> None:
    assert Reading().read(np.array([[[True, False]]])).ravel().tolist() == [255, 0]


@pytest.mark.parametrize(
    ("images", "why"),
    [
        (RAMP * 255, "floats from 0 to 1 or from -1 to 1"),
        (np.full((2, 4, 4), -1, np.int16), "integers from 0 to 255"),
        (np.zeros((16, 784)), r"\(16, 784\), expected n x height x width"),
        (np.zeros((28, 28)), r"\(28, 28\), expected"),
        (np.zeros((0, 28, 28)), r"\(0, 28, 28\), expected"),
        (np.zeros((16, 2, 28, 28)), "1 channel or 3"),
        (np.zeros((32, 32, 3)), r"one image with its channels last.*pass images\[None\]"),
    ],
    ids=["floats to 255", "negative", "flat", "one image", "none", "two channels", "one in colour"],
)
def test_other_arrays_are_refused_with_what_is_expected(images: np.ndarray, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Reading().read(images)


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="received complex128, expected an array of real numbers"):
        Reading().read(RAMP.astype(np.complex128))


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(TypeError, match="received list, expected an array of images"):
        Reading().read([[1, 2]])


@pytest.mark.parametrize("value_range", [(0, 0), (0,), "ab", (0, float("nan"))], ids=repr)
def test_what_is_no_range_is_refused(value_range: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="value_range: received"):
        Reading(value_range)
