from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import DataError
from tests.gan.data.making import write
from tests.gan.data.pictures.drawing import grey, save
from tests.gan.data.reading import read_source, told, warned

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Arrays


def draw(folder: Path, *names: str) -> Path:
    """Pictures under these names, each of one grey: 1, 2, 3, ..."""
    for value, name in enumerate(names, start=1):
        save(folder / name, grey(value))
    return folder


def greys(arrays: Arrays) -> list[int]:
    return [int(value) for value in arrays.images[:, 0, 0]]


def labels(arrays: Arrays) -> list[int] | None:
    return None if arrays.labels is None else arrays.labels.tolist()


class TestClasses:
    def test_images_come_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "c.PNG", "a.PNG", "b.PNG"))

        assert greys(arrays) == [2, 3, 1]
        assert labels(arrays) is None

    def test_sub_folders_are_labels(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "b/1.png", "a/2.png", "a/1.png"))

        assert (greys(arrays), labels(arrays)) == ([3, 2, 1], [0, 0, 1])
        assert arrays.class_names == ("a", "b")

    def test_numbers_are_labelled_by_value_and_before_words(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "2/a.png", "10/a.png", "other/a.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 2, 3], [0, 1, 2])
        assert arrays.class_names == ("2", "10", "other")

    def test_digits_need_no_names(self, tmp_path: Path) -> None:
        assert read_source(draw(tmp_path, "0/a.png", "1/a.png")).class_names == ()

    def test_an_empty_sub_folder_keeps_its_number(self, tmp_path: Path) -> None:
        (tmp_path / "0").mkdir()

        assert labels(read_source(draw(tmp_path, "1/a.png"))) == [1]

    def test_there_may_be_more_labels_than_a_byte_has(self, tmp_path: Path) -> None:
        for index in range(257):
            (tmp_path / str(index)).mkdir()

        arrays = read_source(draw(tmp_path, "256/a.png", "3/a.png"))

        assert labels(arrays) == [3, 256]

    def test_deeper_images_belong_to_the_class_above_them(self, tmp_path: Path) -> None:
        """As in NIST's special database 19 and in Omniglot."""
        arrays = read_source(
            draw(tmp_path, "4a/train_4a/1.png", "4a/hsf_0/2.png", "4b/hsf_0/3.png")
        )

        assert (greys(arrays), labels(arrays)) == ([2, 1, 3], [0, 0, 1])
        assert told(arrays) == [
            f"the classes are the 2 folders in {tmp_path.name}, each with all images below it"
        ]

    def test_images_below_those_of_classes_are_left_out_with_a_warning(
        self, tmp_path: Path
    ) -> None:
        arrays = read_source(draw(tmp_path, "0/a.png", "0/rejected/b.png", "1/c.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 3], [0, 1])
        assert warned(arrays) == ["1 image was left out, in folders below those of classes"]

    def test_an_archive_is_often_one_folder_with_all_others(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "mnist_png/0/1.png", "mnist_png/1/2.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 2], [0, 1])


class TestJunk:
    def test_other_files_and_hidden_ones_are_ignored(self, tmp_path: Path) -> None:
        draw(tmp_path, "7/a.png")
        for name in ("README.md", "7/Thumbs.db", "7/._a.png", ".cache/b.png", "__MACOSX/7/._a.png"):
            write(tmp_path / name, b"not an image")

        arrays = read_source(tmp_path)

        assert (greys(arrays), labels(arrays), told(arrays)) == ([1], [0], [])

    def test_images_beside_classes_are_left_out_with_a_warning(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "preview.png", "0/a.png", "1/a.png"))

        assert (greys(arrays), labels(arrays)) == ([2, 3], [0, 1])
        assert warned(arrays) == [
            "1 image was left out, beside the folders of classes: preview.png"
        ]

    def test_a_few_images_in_a_folder_beside_more_are_no_classes(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "1.png", "2.png", "3.png", "examples/a.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 2, 3], None)
        assert warned(arrays) == ["1 image was left out, in folders beside 3 others"]


class TestParts:
    @pytest.mark.parametrize(
        ("train", "test"),
        [("train", "test"), ("training", "testing"), ("trainingSet", "testSet"), ("Train", "Val")],
    )
    def test_training_images_are_used_and_it_is_told(
        self, tmp_path: Path, train: str, test: str
    ) -> None:
        draw(tmp_path, f"{train}/0/a.png", f"{train}/1/b.png", f"{test}/0/c.png")

        arrays = read_source(tmp_path)

        assert (greys(arrays), labels(arrays)) == ([1, 2], [0, 1])
        assert told(arrays) == [f"the images of {train} are used, not those of {test}"]

    def test_training_images_may_have_no_classes(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "train/a.png", "train/b.png", "test/c.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 2], None)

    def test_a_sample_of_the_training_images_is_not_taken_for_them(self, tmp_path: Path) -> None:
        """As a competition's archive has it, each part in a folder of its own name again."""
        draw(
            tmp_path,
            "trainingSample/trainingSample/0/a.png",
            "trainingSet/trainingSet/0/b.png",
            "trainingSet/trainingSet/1/c.png",
            "testSet/testSet/d.png",
        )

        arrays = read_source(tmp_path)

        assert (greys(arrays), labels(arrays)) == ([2, 3], [0, 1])

    def test_test_images_alone_are_used_with_a_warning(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "test/0/a.png", "test/1/b.png"))

        assert (greys(arrays), labels(arrays)) == ([1, 2], [0, 1])
        assert warned(arrays) == ["there are no training images; those of test are used"]

    def test_a_class_may_be_called_train(self, tmp_path: Path) -> None:
        arrays = read_source(draw(tmp_path, "car/a.png", "train/a.png", "plane/a.png"))

        assert arrays.class_names == ("car", "plane", "train")

    def test_a_part_can_be_named(self, tmp_path: Path) -> None:
        draw(tmp_path, "train/0/a.png", "test/0/b.png")

        assert greys(read_source(tmp_path, array="test")) == [2]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt", b"")

    with pytest.raises(DataError, match=r"received a folder without images, expected.*\.png"):
        read_source(tmp_path)


def test_pictures_without_a_suffix_are_known_by_their_content(tmp_path: Path) -> None:
    for path in sorted(draw(tmp_path, "0/a.png", "1/b.png").rglob("*.png")):
        path.rename(path.with_suffix(""))

    arrays = read_source(tmp_path)

    assert (greys(arrays), labels(arrays)) == ([1, 2], [0, 1])


def test_a_loop_of_folders_ends(tmp_path: Path) -> None:
    draw(tmp_path, "data/deep/0/a.png", "data/deep/1/a.png")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data")

    assert len(read_source(tmp_path).images) >= 2


def test_the_order_of_reading_does_not_change_the_order_of_images(tmp_path: Path) -> None:
    draw(tmp_path, "b/2.png", "a/10.png", "a/9.png")

    assert np.array_equal(read_source(tmp_path).images[:, 5, 5], [2, 3, 1])
