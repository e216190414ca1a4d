from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.data.loader import load
from gan.errors import DataError
from tests.gan.data.making import digits, idx_bytes, idx_header, ignore, npz_bytes, write
from tests.gan.data.pictures.drawing import grey, save
from tests.gan.data.reading import read_source, told, warned

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.arange(5, dtype=np.uint8)


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


class TestLabelsInAFileOfTheirOwn:
    @pytest.mark.parametrize(
        "labels", [LABELS, LABELS[:, None], np.eye(5), LABELS.astype(np.int64) + 0]
    )
    def test_those_of_arrays(self, tmp_path: Path, labels: Any) -> None:
        """As MNIST-C is published."""
        write(tmp_path / "train_images.npy", npy(digits()[..., None]))
        write(tmp_path / "train_labels.npy", npy(labels))
        write(tmp_path / "test_images.npy", npy(digits(2)[..., None]))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is not None
        assert arrays.labels.tolist() == [0, 1, 2, 3, 4]

    def test_those_of_numpy_archives(self, tmp_path: Path) -> None:
        """As Kuzushiji-49 is published."""
        write(tmp_path / "k49-train-imgs.npz", npz_bytes(arr_0=digits()))
        write(tmp_path / "k49-train-labels.npz", npz_bytes(arr_0=LABELS))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is not None

    def test_those_of_qmnist(self, tmp_path: Path) -> None:
        """A table: the class, then who wrote it and where it is from."""
        rows = np.zeros((5, 8), ">i4")
        rows[:, 0] = LABELS
        write(tmp_path / "qmnist-train-images-idx3-ubyte", idx_bytes(digits()))
        write(tmp_path / "qmnist-train-labels-idx2-int", idx_header((5, 8), 0x0C) + rows.tobytes())

        labels = read_source(tmp_path).labels

        assert labels is not None
        assert labels.tolist() == LABELS.tolist()

    @pytest.mark.parametrize(
        "content",
        [
            npy(LABELS[:3]),
            npy(LABELS)[:-2],
            npy(LABELS + 0.5),
            b"not an array",
            npy(np.array([None] * 5, object)),
        ],
        ids=["too few", "cut", "no whole numbers", "something else", "a pickle"],
    )
    def test_unusable_ones_are_left_out_with_a_warning(
        self, tmp_path: Path, content: bytes
    ) -> None:
        write(tmp_path / "images.npy", npy(digits()))
        write(tmp_path / "labels.npy", content)

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is None
        (warning,) = warned(arrays)
        assert warning.startswith("the labels in labels.npy were left out: ")


def test_arrays_named_by_classes_are_classes(tmp_path: Path) -> None:
    """As the bitmaps of Quick, Draw! are published."""
    write(tmp_path / "cat.npy", npy(digits(3).reshape(-1, 784)))
    write(tmp_path / "dog.npy", npy(digits(2).reshape(-1, 784)))

    arrays = read_source(tmp_path)

    assert np.array_equal(arrays.images, np.concatenate([digits(3), digits(2)]))
    assert arrays.labels is not None
    assert (arrays.labels.tolist(), arrays.class_names) == ([0, 0, 0, 1, 1], ("cat", "dog"))
    assert told(arrays)[0] == "each of 2 files is a class, named by its file"


class TestNames:
    def test_a_set_in_a_folder_can_be_named(self, tmp_path: Path) -> None:
        for number, name in enumerate(("fog", "zigzag"), start=2):
            write(tmp_path / "mnist_c" / name / "train_images.npy", npy(digits(number)))

        assert len(load(f"{tmp_path}/mnist_c:zigzag", progress=ignore).images) == 3
        with pytest.raises(DataError, match=r"2 data sets \(fog, zigzag\)"):
            load(f"{tmp_path}/mnist_c", progress=ignore)

    def test_a_set_in_an_archive_can_be_named(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as archive:
            for number, split in enumerate(("letters", "digits"), start=2):
                name = f"gzip/emnist-{split}-train-images-idx3-ubyte"
                archive.writestr(name, idx_bytes(digits(number).transpose(0, 2, 1)))

        images = load(f"{tmp_path}/gzip.zip:digits", progress=ignore).images.images

        assert np.array_equal(images, digits(3))

    def test_a_file_in_a_folder_can_be_named(self, tmp_path: Path) -> None:
        for number, name in enumerate(("a", "b"), start=2):
            write(tmp_path / f"{name}.npz", npz_bytes(images=digits(number)))

        assert len(load(f"{tmp_path}:b.npz", progress=ignore).images) == 3

    def test_a_colon_may_be_part_of_a_path(self, tmp_path: Path) -> None:
        write(tmp_path / "a:b" / "train-images-idx3-ubyte", idx_bytes(digits()))

        assert len(load(f"{tmp_path}/a:b", progress=ignore).images) == 5


class TestFolders:
    def test_the_only_file_of_a_folder_is_read(self, tmp_path: Path) -> None:
        write(tmp_path / "README.md", b"about")
        write(tmp_path / "mnist.npz", npz_bytes(x_train=digits(), y_train=LABELS))

        assert np.array_equal(read_source(tmp_path).images, digits())

    def test_a_file_whose_name_says_nothing_is_known_by_its_content(self, tmp_path: Path) -> None:
        write(tmp_path / "README.md", b"about")
        write(tmp_path / "data.bin", idx_bytes(digits()))

        assert np.array_equal(read_source(tmp_path).images, digits())

    def test_images_and_labels_whose_names_say_little_are_told_apart(self, tmp_path: Path) -> None:
        write(tmp_path / "train-images.bin", idx_bytes(digits()))
        write(tmp_path / "train-labels.bin", idx_bytes(LABELS))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is not None

    def test_tables_of_any_name_are_known_by_their_numbers(self, tmp_path: Path) -> None:
        """As USPS was published: the label, then 256 numbers from -1 to 1, in `zip.train.gz`."""
        for name, count in (("zip.train.gz", 5), ("zip.test.gz", 2)):
            shades = digits(count)[:, :16, :16].reshape(count, -1) / 127.5 - 1
            rows = (
                f"{7 - n}.0000 " + " ".join(f"{v:.4f}" for v in r) for n, r in enumerate(shades)
            )
            write(tmp_path / name, gzip.compress(" \n".join(rows).encode()))
        write(tmp_path / "zip.info", b"Normalized handwritten digits, 5 of each\n")

        arrays = read_source(tmp_path)

        assert arrays.images.shape == (5, 28, 28)
        assert arrays.labels is not None
        assert arrays.labels.tolist() == [7, 6, 5, 4, 3]

    def test_a_preview_beside_a_file_of_images_is_left_out(self, tmp_path: Path) -> None:
        write(tmp_path / "train.npz", npz_bytes(images=digits()))
        save(tmp_path / "preview.png", grey(9))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, digits())
        assert warned(arrays) == ["1 image was left out, beside train.npz: preview.png"]

    def test_idx_files_beside_images_win(self, tmp_path: Path) -> None:
        write(tmp_path / "train-images-idx3-ubyte", idx_bytes(digits()))
        for number in range(30):
            save(tmp_path / f"{number}.png", grey(9))

        assert len(read_source(tmp_path).images) == 5

    def test_the_working_directory_is_a_folder_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte", idx_bytes(digits()))
        monkeypatch.chdir(tmp_path)

        assert len(load(".", progress=ignore).images) == 5

    def test_more_folders_than_a_data_set_has_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A whole disk would be searched for minutes."""
        monkeypatch.setattr("gan.data.layouts.tree._MAX_FOLDERS", 10)
        monkeypatch.setattr("gan.data.layouts.tree._Budget.__init__.__defaults__", (10,))
        for number in range(20):
            (tmp_path / "a" / str(number)).mkdir(parents=True)

        with pytest.raises(DataError, match="more than 10 folders"):
            read_source(tmp_path)


class TestWholeErrors:
    """Each is one line that says what was received, what was expected and where."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.png", b""),
            ("a.zip", b"PK\3\4"),
            ("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 300),
            ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(200)),
            ("a", bytes(1000)),
            ("a", struct.pack(">4I", 0x803, 2**32 - 1, 28, 28)),
            ("a.gz", b"\x1f\x8b" + bytes(20)),
            ("train-images-idx3-ubyte", b"version https://git-lfs.github.com/spec/v1\n"),
        ],
    )
    def test_of_a_file(self, tmp_path: Path, name: str, content: bytes) -> None:
        path = write(tmp_path / name, content)

        for source in (path, tmp_path):
            with pytest.raises(DataError) as caught:
                read_source(source)

            assert re.fullmatch(r"[^\n]*: received [^\n]*, expected [^\n]*\.", str(caught.value))
            assert str(caught.value).isprintable()


def test_a_single_picture_of_any_name_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(digits(1)[0]).save(buffer, "png")

    with pytest.raises(DataError, match="received a single picture"):
        read_source(write(tmp_path / "picture", buffer.getvalue()))
