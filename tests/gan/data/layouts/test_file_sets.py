from __future__ import annotations

import gzip
import lzma
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.layouts.file_sets import FileSet, find_files
from gan.data.layouts.tree import Folder
from gan.data.opening.kinds import Kind
from gan.errors import DataError
from tests.gan.data.making import digits, idx_bytes, write
from tests.gan.data.reading import read_source, told, warned

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.arange(5, dtype=np.uint8)


def touch(folder: Path, *names: str) -> Folder:
    for name in names:
        write(folder / name, b"")
    return Folder(folder)


def found(root: Folder, wanted: str = "") -> tuple[list[str], str | None]:
    """The names of the files with images, and of that with labels, below the folder."""
    files = find_files(root, wanted)
    assert files is not None
    start = len(str(root.path)) + 1
    return [str(p)[start:] for p in files.images], files.labels and str(files.labels)[start:]


class TestIdx:
    """MNIST and all that are published like it."""

    @pytest.mark.parametrize(
        ("images", "labels"),
        [
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
            ("MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte"),
            ("a/b/c/train-images-idx3-ubyte", "a/b/c/train-labels-idx1-ubyte"),
            (
                "train-images-idx3-ubyte/train-images-idx3-ubyte",
                "train-labels-idx1-ubyte/train-labels-idx1-ubyte",
            ),
            (
                "train-images.idx3-ubyte/train-images.idx3-ubyte",
                "train-labels.idx1-ubyte/train-labels.idx1-ubyte",
            ),
            ("train-images.idx3", "train-labels.idx1"),
            ("train_images.idx", "train_labels.idx"),
            (
                "QMNIST/raw/qmnist-train-images-idx3-ubyte",
                "QMNIST/raw/qmnist-train-labels-idx1-int",
            ),
            ("emnist-mnist-train-images-idx3-ubyte", "emnist-mnist-train-labels-idx1-ubyte"),
            ("kmnist/train-images-idx3-ubyte", "kmnist/train-labels-idx1-ubyte"),
        ],
    )
    @pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
    def test_training_images_are_found_with_their_labels(
        self, tmp_path: Path, images: str, labels: str, suffix: str
    ) -> None:
        pack = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[suffix]
        upright = digits().transpose(0, 2, 1) if "emnist" in images else digits()
        write(tmp_path / (images + suffix), pack(idx_bytes(upright)))
        write(tmp_path / (labels + suffix), pack(idx_bytes(LABELS)))
        for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
            write((tmp_path / images).parent / name, idx_bytes(digits(2)))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is not None
        assert arrays.labels.tolist() == LABELS.tolist()

    def test_a_plain_file_is_preferred_to_a_compressed_one(self, tmp_path: Path) -> None:
        write(tmp_path / "train-images-idx3-ubyte", idx_bytes(digits()))
        write(tmp_path / "train-images-idx3-ubyte.gz", b"not gzip")

        assert len(read_source(tmp_path).images) == 5

    def test_test_images_alone_are_used_with_a_warning(self, tmp_path: Path) -> None:
        write(tmp_path / "t10k-images-idx3-ubyte", idx_bytes(digits()))

        arrays = read_source(tmp_path)

        assert len(arrays.images) == 5
        assert warned(arrays) == ["there are no training images; t10k-images-idx3-ubyte is used"]

    def test_labels_without_images_are_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "train-labels-idx1-ubyte", idx_bytes(LABELS))

        with pytest.raises(DataError, match="without images"):
            read_source(tmp_path)

    def test_files_of_other_kinds_beside_them_are_passed_over(self, tmp_path: Path) -> None:
        """As torchvision once left them."""
        write(tmp_path / "raw" / "train-images-idx3-ubyte", idx_bytes(digits()))
        write(tmp_path / "processed" / "training.pt", b"\x80\x02}q\0.")
        write(tmp_path / "LICENSE", b"text")

        assert len(read_source(tmp_path).images) == 5


class TestEmnist:
    def write_split(self, folder: Path, *splits: str) -> Path:
        for split in splits:
            name = f"emnist-{split}-train-images-idx3-ubyte.gz"
            write(folder / name, gzip.compress(idx_bytes(digits().transpose(0, 2, 1))))
        return folder

    def test_its_images_are_turned_upright_and_it_is_told(self, tmp_path: Path) -> None:
        arrays = read_source(self.write_split(tmp_path, "letters"))

        assert np.array_equal(arrays.images, digits())
        assert told(arrays) == [
            "EMNIST's images lie on their sides in its files; they were turned upright"
        ]

    def test_so_are_those_of_a_single_file(self, tmp_path: Path) -> None:
        self.write_split(tmp_path, "letters", "digits")

        arrays = read_source(tmp_path / "emnist-letters-train-images-idx3-ubyte.gz")

        assert np.array_equal(arrays.images, digits())

    def test_of_several_splits_one_must_be_named(self, tmp_path: Path) -> None:
        self.write_split(tmp_path, "letters", "balanced", "byclass")

        with pytest.raises(
            DataError,
            match=rf"3 data sets \(balanced, byclass, letters\), expected .*{tmp_path}:balanced",
        ):
            read_source(tmp_path)

    def test_one_can_be_named(self, tmp_path: Path) -> None:
        self.write_split(tmp_path, "letters", "balanced")

        for name in ("letters", "LETTERS", "emnist-letters"):
            assert len(read_source(tmp_path, array=name).images) == 5

    def test_of_torchvision_s_data_sets_one_must_be_named(self, tmp_path: Path) -> None:
        for number, name in enumerate(("FashionMNIST", "MNIST"), start=2):
            write(tmp_path / name / "raw" / "train-images-idx3-ubyte", idx_bytes(digits(number)))

        with pytest.raises(DataError, match=r"2 data sets \(FashionMNIST, MNIST\)"):
            read_source(tmp_path)
        assert len(read_source(tmp_path, array="MNIST").images) == 3

    def test_a_wrong_name_is_refused_with_the_right_ones(self, tmp_path: Path) -> None:
        self.write_split(tmp_path, "letters", "balanced")

        with pytest.raises(DataError, match="the name digits, expected one of balanced, letters"):
            read_source(tmp_path, array="digits")


class TestSets:
    @pytest.mark.parametrize(
        ("names", "images", "labels"),
        [
            (["train.csv", "test.csv", "sample_submission.csv"], ["train.csv"], None),
            (["mnist_train.csv", "mnist_test.csv"], ["mnist_train.csv"], None),
            (["train.csv", "train.csv.gz"], ["train.csv"], None),
            (
                ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet",
                 "data/test-00000-of-00001.parquet", "README.md", ".gitattributes"],
                ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
                None,
            ),
            (
                ["mnist/train/0000.parquet", "mnist/train/0001.parquet", "mnist/test/0000.parquet"],
                ["mnist/train/0000.parquet", "mnist/train/0001.parquet"],
                None,
            ),
            (
                ["kmnist-train-imgs.npz", "kmnist-train-labels.npz", "kmnist-test-imgs.npz"],
                ["kmnist-train-imgs.npz"],
                "kmnist-train-labels.npz",
            ),
            (
                ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"],
                ["x_train.npy"],
                "y_train.npy",
            ),
            (["images.npy", "labels.npy"], ["images.npy"], "labels.npy"),
            (
                ["brightness/train_images.npy", "brightness/train_labels.npy",
                 "brightness/test_images.npy"],
                ["brightness/train_images.npy"],
                "brightness/train_labels.npy",
            ),
            (["train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"], ["train_32x32.mat"], None),
            (["mnist.zip", "README.txt"], ["mnist.zip"], None),
        ],
    )  # fmt: skip
    def test_the_training_files_are_found(
        self, tmp_path: Path, names: list[str], images: list[str], labels: str | None
    ) -> None:
        assert found(touch(tmp_path, *names)) == (images, labels)

    def test_of_corrupted_sets_the_plain_one_is_used_with_a_warning(self, tmp_path: Path) -> None:
        root = touch(tmp_path, *(f"{n}/train_images.npy" for n in ("fog", "identity", "zigzag")))

        files = find_files(root)

        assert files is not None
        assert found(root)[0] == ["identity/train_images.npy"]
        assert [note.text for note in files.notes] == [
            "of 3 sets, identity is used; FOLDER:NAME takes another"
        ]
        assert found(root, "fog")[0] == ["fog/train_images.npy"]

    def test_files_named_by_classes_are_classes(self, tmp_path: Path) -> None:
        """As the bitmaps of Quick, Draw! are published."""
        files = find_files(touch(tmp_path, "cat.npy", "dog.npy"))

        assert files == FileSet(
            Kind.NPY, [tmp_path / "cat.npy", tmp_path / "dog.npy"], is_a_class_each=True
        )

    def test_a_folder_without_any_has_none(self, tmp_path: Path) -> None:
        assert find_files(touch(tmp_path, "README.md", "a/b.txt")) is None


class TestOthersBeside:
    """Files that say that they are images, and others that say nothing."""

    def test_images_come_before_what_is_beside_them(self, tmp_path: Path) -> None:
        np.save(tmp_path / "images.npy", digits(5))
        np.save(tmp_path / "masks.npy", digits(6))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits(5))
        assert warned(arrays) == ["masks.npy was left out, because others are called images"]

    def test_two_that_say_so_are_asked_about_by_their_names(self, tmp_path: Path) -> None:
        np.save(tmp_path / "images.npy", digits(5))
        np.save(tmp_path / "images_of_cats.npy", digits(6))

        with pytest.raises(DataError, match=r"\(images\.npy, .*cats\), expected one, such as"):
            read_source(tmp_path)
        assert len(read_source(tmp_path, array="images.npy").images) == 5
