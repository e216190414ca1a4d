"""Sources that look like something else: each is read as what it is, and guesses are said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.data.arrays.shapes import layout_of
from gan.data.emnist import is_emnist
from gan.errors import DataError
from tests.gan.data.making import memory_at_most, npy_bytes, npz_bytes, write
from tests.gan.data.pictures.drawing import save
from tests.gan.data.reading import read_source, told, warned

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Bytes, Labels

COUNT = 60


def digits() -> Bytes:
    """Ink in the middle of black, as MNIST's."""
    images = np.zeros((COUNT, 28, 28), np.uint8)
    images[:, 6:22, 6:22] = np.random.default_rng(0).integers(0, 256, (COUNT, 16, 16))
    return images


def noise() -> Bytes:
    return np.random.default_rng(1).integers(0, 256, (COUNT, 28, 28)).astype(np.uint8)


def labels(*, are_sorted: bool = False) -> Labels:
    found = (np.arange(COUNT) * 7 % 10).astype(np.uint8)
    return np.sort(found) if are_sorted else found


def spotted() -> Bytes:
    """Digits of which one has ink in its first and one in its last corner."""
    images = digits()
    images[7, 0, 0] = images[11, -1, -1] = 9
    return images


def table(images: Bytes, values: Labels, place: str) -> np.ndarray[Any, Any]:
    pixels = images.reshape(len(images), -1)
    columns = [values[:, np.newaxis], pixels]
    return np.hstack(columns if place == "first" else columns[::-1])


def csv(rows: np.ndarray[Any, Any]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("are_sorted", [False, True], ids=["mixed", "sorted"])
@pytest.mark.parametrize("images", [digits(), spotted(), noise()], ids=["ink", "spots", "noise"])
@pytest.mark.parametrize("form", ["csv", "npy"])
def test_labels_are_found_at_either_end_of_a_table_and_that_is_said(
    form: str, images: Bytes, are_sorted: bool, place: str, tmp_path: Path
) -> None:
    values = labels(are_sorted=are_sorted)
    rows = table(images, values, place)
    content = csv(rows) if form == "csv" else npy_bytes(rows)

    found = read_source(write(tmp_path / f"a.{form}", content))

    assert np.array_equal(found.images, images)
    assert found.labels is not None
    assert np.array_equal(found.labels, values)
    assert any(f"the labels are the {place} column" in note for note in told(found))


def test_a_table_that_begins_with_one_class_is_seen_whole(tmp_path: Path) -> None:
    """Its first quarter of a megabyte has no other."""
    images = np.tile(spotted(), (10, 1, 1))
    values = np.sort(np.tile(labels(), 10))

    found = read_source(write(tmp_path / "a.csv", csv(table(images, values, "first"))))

    assert np.array_equal(found.images, images)


def test_a_first_row_that_lacks_a_value_is_no_header(tmp_path: Path) -> None:
    lines = csv(table(digits(), labels(), "first")).decode().splitlines()
    words = lines[0].split(",")
    words[300] = ""

    with pytest.raises(DataError, match="received '' in column 301 near line 1, expected a number"):
        read_source(write(tmp_path / "a.csv", "\n".join([",".join(words), *lines[1:]]).encode()))


def test_a_row_without_a_label_makes_no_class(tmp_path: Path) -> None:
    lines = csv(table(digits(), labels(), "first")).decode().splitlines()
    lines[5] = lines[5][lines[5].index(",") :]

    found = read_source(write(tmp_path / "a.csv", "\n".join(lines).encode()))

    assert np.array_equal(found.images, digits())
    assert found.labels is None
    assert any("1 rows have none" in warning for warning in warned(found))


@pytest.mark.parametrize("values", [np.arange(COUNT), np.ones(COUNT)], ids=["ids", "weights"])
def test_values_that_are_no_classes_are_no_labels(values: Any, tmp_path: Path) -> None:
    content = npz_bytes(images=digits(), others=values)

    found = read_source(write(tmp_path / "a.npz", content))

    assert found.labels is None
    assert any("don't look like classes" in warning for warning in warned(found))


def test_classes_without_a_name_are_labels_and_that_is_said(tmp_path: Path) -> None:
    found = read_source(write(tmp_path / "a.npz", npz_bytes(images=digits(), others=labels())))

    assert found.labels is not None
    assert any("the labels are the values in others" in note for note in told(found))


def test_what_is_said_of_dim_rows_is_done(tmp_path: Path) -> None:
    dim = digits().reshape(COUNT, -1) // 3

    found = read_source(write(tmp_path / "a.npy", npy_bytes(dim)))

    assert any("the greatest white" in note for note in told(found))
    assert found.images.max() == 255


def test_bits_take_little_more_memory_than_their_images(tmp_path: Path) -> None:
    bits = np.zeros((20_000, 28, 28), np.uint8)
    bits[:, 8:20, 8:20] = 1
    path = write(tmp_path / "a.npy", npy_bytes(bits))

    with memory_at_most(int(2.5 * bits.nbytes)):
        found = read_source(path)

    assert np.array_equal(found.images, bits * 255)


@pytest.mark.parametrize(
    ("name", "is_it"),
    [
        ("emnist-letters.mat", True),
        ("my_EMNIST.csv", True),
        ("tissuemnist.csv", False),
        ("femnist.npz", False),
    ],
)
def test_only_emnist_is_turned(name: str, is_it: bool) -> None:
    assert is_emnist(name) == is_it


def test_rows_of_64_pixels_are_no_columns_of_784() -> None:
    found = layout_of((784, 64))

    assert found is not None
    assert (found.count, found.axis) == (784, 0)


class TestFolders:
    def fill(self, folder: Path, images: Bytes) -> None:
        for number, image in enumerate(images):
            save(folder / f"{number}.png", Image.fromarray(image))

    @pytest.mark.parametrize("other", ["docs", "extra/0"])
    def test_a_folder_beside_the_parts_is_left_out(self, other: str, tmp_path: Path) -> None:
        self.fill(tmp_path / "train" / "0", digits()[:6])
        self.fill(tmp_path / "train" / "1", digits()[6:12])
        self.fill(tmp_path / "test" / "0", digits()[12:16])
        self.fill(tmp_path / other, digits()[16:19])

        found = read_source(tmp_path)

        assert np.array_equal(found.images, digits()[:12])
        assert found.labels is not None
        assert found.labels.tolist() == [0] * 6 + [1] * 6

    def test_a_class_may_be_called_train(self, tmp_path: Path) -> None:
        for name in ("bus", "car", "train"):
            self.fill(tmp_path / name, digits()[:3])

        assert read_source(tmp_path).class_names == ("bus", "car", "train")

    def test_one_picture_beside_the_training_folder_hides_nothing(self, tmp_path: Path) -> None:
        self.fill(tmp_path / "k" / "m" / "training" / "0", digits()[:9])
        self.fill(tmp_path / "k" / "m", digits()[:1])

        assert len(read_source(tmp_path / "k").images) == 9

    def test_a_link_that_leads_round_is_not_followed(self, tmp_path: Path) -> None:
        self.fill(tmp_path / "train" / "0", digits()[:4])
        self.fill(tmp_path / "train" / "1", digits()[4:8])
        (tmp_path / "train" / "up").symlink_to("..")
        (tmp_path / "round").symlink_to(".")

        found = read_source(tmp_path)

        assert np.array_equal(found.images, digits()[:8])


def test_pictures_of_0_and_1_are_black_and_white(tmp_path: Path) -> None:
    bits = (digits() > 100).astype(np.uint8)
    for number, image in enumerate(bits[:9]):
        save(tmp_path / f"{number}.png", Image.fromarray(image))

    found = read_source(tmp_path)

    assert np.array_equal(found.images, bits[:9] * 255)
    assert "the values are 0 and 1, read as 0 and 255" in told(found)


def test_pictures_of_12_bits_are_read_by_their_depth(tmp_path: Path) -> None:
    for number, image in enumerate(digits()[:9]):
        save(tmp_path / f"{number}.png", Image.fromarray(image.astype(np.uint16) * 16))

    found = read_source(tmp_path)

    assert np.abs(found.images.astype(int) - digits()[:9]).max() <= 1


def test_dim_pictures_are_warned_of(tmp_path: Path) -> None:
    for number, image in enumerate(digits()[:9]):
        save(tmp_path / f"{number}.png", Image.fromarray(image // 16))

    assert any(
        "dim: the greatest value is 15 of 255" in line for line in warned(read_source(tmp_path))
    )


def test_a_table_needs_no_suffix(tmp_path: Path) -> None:
    found = read_source(write(tmp_path / "train", csv(table(digits(), labels(), "first"))))

    assert np.array_equal(found.images, digits())


@pytest.mark.parametrize("length", [64, 256, 784])
def test_a_square_array_may_be_a_picture_and_is_asked_about(tmp_path: Path, length: int) -> None:
    picture = np.random.default_rng(0).random((length, length))
    side = int(length**0.5)

    with pytest.raises(DataError, match=rf"{length} images of {side} x {side}, a row each, or one"):
        read_source(write(tmp_path / "a.npy", npy_bytes(picture)))

    reshaped = picture.reshape(-1, side, side)
    assert len(read_source(write(tmp_path / "b.npy", npy_bytes(reshaped))).images) == length


@pytest.mark.parametrize("count", [30_000, 4_096])
def test_rows_of_785_are_labelled_images_even_if_a_column_could_be_one(
    tmp_path: Path, count: int
) -> None:
    """30,000 is 3 x 100 x 100, and 4,096 is 64 x 64."""
    rows = np.zeros((count, 785), np.uint8)
    rows[:, 0], rows[:, 300:400] = np.arange(count) % 10, 255

    found = read_source(write(tmp_path / "a.npy", npy_bytes(rows)))

    assert found.images.shape == (count, 28, 28)
    assert found.labels is not None
    assert found.labels[:12].tolist() == [*range(10), 0, 1]


def test_a_square_array_with_a_label_for_each_row_is_images(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((64, 64))

    found = read_source(write(tmp_path / "a.npz", npz_bytes(x=rows, y=np.arange(64) % 10)))

    assert len(found.images) == 64
