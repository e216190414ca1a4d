from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.idx import (
    read_idx_file,
    read_idx_images,
    read_idx_labels,
)
from gan.errors import DataError
from tests.gan.data.making import (
    Reports,
    digits,
    idx_bytes,
    idx_header,
    ignore,
    memory_at_most,
    write,
)
from tests.gan.data.reading import read_source

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.array([5, 0, 4, 1, 9], np.uint8)
IMAGES = "train-images-idx3-ubyte"


class TestImages:
    def test_plain_and_gzipped_files_hold_the_same_images(self, tmp_path: Path) -> None:
        plain = write(tmp_path / "a", idx_bytes(digits()))
        packed = write(tmp_path / "b", gzip.compress(idx_bytes(digits())))

        assert np.array_equal(read_idx_images(DiskFile(plain), ignore).images, digits())
        assert np.array_equal(read_idx_images(DiskFile(packed), ignore).images, digits())

    def test_gzip_is_recognised_whatever_the_file_is_called(self, tmp_path: Path) -> None:
        plain = write(tmp_path / "a.gz", idx_bytes(digits()))

        assert np.array_equal(read_idx_images(DiskFile(plain), ignore).images, digits())

    def test_reading_is_reported_to_its_end(self, tmp_path: Path) -> None:
        reports = Reports()

        read_idx_images(DiskFile(write(tmp_path / "a", idx_bytes(digits(5)))), reports)

        assert reports.calls[-1] == ("reading a", 5 * 784, 5 * 784, "bytes")


GOOD = idx_bytes(digits(5))

BAD = {
    "empty file": (b"", "received an empty file"),
    "cut in its magic": (GOOD[:3], "received magic 000008"),
    "cut in its header": (GOOD[:10], "received 10 bytes, expected a complete IDX header"),
    "truncated": (GOOD[:-1], "received 3919 bytes of data, expected 3920"),
    "trailing garbage": (GOOD + b"!", "received more than 3920 bytes of data"),
    "wrong magic": (b"\x89PNG" + GOOD, "received magic 89504e47, expected IDX magic 00000803"),
    "labels": (idx_bytes(LABELS), r"received IDX magic 00000801 \(uint8, 1-dimensional\)"),
    "no such type": (idx_header((5, 28, 28), 0x0A), "received magic 00000a03"),
    "too short for a type": (idx_header((5, 28, 28), 0x0D) + GOOD, "received 3936 bytes of data"),
    "narrow": (idx_header((5, 32, 2)), "an array of shape 5 x 32 x 2, expected n x 28 x 28"),
    "no images": (idx_header((0, 28, 28)), "received 0 images"),
    "too many images": (idx_header((2**32 - 1, 28, 28)), "received 4294967295 images"),
    "claims what it lacks": (idx_header((10_000_000, 28, 28)), "claims to unpack to 7840000000"),
}
"""Contents of invalid files, and the message for each."""


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes, message: str, packed: bool) -> None:
    path = write(tmp_path / "bad", gzip.compress(content) if packed else content)

    with memory_at_most(2**20), pytest.raises(DataError, match=message) as caught:
        read_idx_images(DiskFile(path), ignore)

    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-300],
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: packed[:60] + bytes(40) + packed[100:],
        lambda packed: packed + b"garbage",
        lambda packed: packed[:5],
    ],
    ids=["truncated", "wrong checksum", "overwritten", "trailing garbage", "only a header"],
)
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    path = write(tmp_path / "bad.gz", damage(gzip.compress(GOOD)))

    with pytest.raises(DataError, match=r"bad.gz: received"):
        read_idx_images(DiskFile(path), ignore)


def test_a_bomb_is_inflated_no_further_than_its_header_says(tmp_path: Path) -> None:
    """100 MB of zeros behind a header that announces 1000 images."""
    bomb = idx_header((1000, 28, 28)) + bytes(100_000_000)
    path = write(tmp_path / "bomb.gz", gzip.compress(bomb, compresslevel=1))
    del bomb

    with memory_at_most(10_000_000), pytest.raises(DataError, match="more than 784000 bytes"):
        read_idx_images(DiskFile(path), ignore)


def test_a_bomb_that_announces_itself_is_not_inflated(tmp_path: Path) -> None:
    """100 MB of zeros, and a header that says so."""
    bomb = idx_header((127_551, 28, 28)) + bytes(127_551 * 784)
    path = write(tmp_path / "bomb.gz", gzip.compress(bomb, compresslevel=9))
    del bomb

    with memory_at_most(2_000_000), pytest.raises(DataError, match="claims to unpack to"):
        read_idx_images(DiskFile(path), ignore)


class TestLabels:
    def test_they_are_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", idx_bytes(LABELS))

        assert read_idx_labels(DiskFile(path), ignore).tolist() == [5, 0, 4, 1, 9]

    def test_images_in_their_place_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="expected IDX magic 00000801"):
            read_idx_labels(DiskFile(write(tmp_path / "a", GOOD)), ignore)

    def test_too_many_are_refused(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", idx_header((2**31,)))

        with pytest.raises(DataError, match="received 2147483648 labels"):
            read_idx_labels(DiskFile(path), ignore)


class TestFile:
    @pytest.mark.parametrize(
        ("images", "labels"),
        [
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
            ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"),
            ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
            ("emnist-digits-train-images-idx3-ubyte", "emnist-digits-train-labels-idx1-ubyte"),
        ],
    )
    def test_the_labels_in_the_same_folder_are_found(
        self, tmp_path: Path, images: str, labels: str
    ) -> None:
        path = write(tmp_path / images, GOOD)
        write(tmp_path / labels, gzip.compress(idx_bytes(LABELS)))

        found = read_idx_file(DiskFile(path), ignore).labels

        assert found is not None
        assert found.tolist() == LABELS.tolist()

    @pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "digits.idx"])
    def test_it_may_have_none(self, tmp_path: Path, name: str) -> None:
        assert read_idx_file(DiskFile(write(tmp_path / name, GOOD)), ignore).labels is None

    def test_labels_that_are_too_few_are_left_out_by_the_name_of_their_file(
        self, tmp_path: Path
    ) -> None:
        path = write(tmp_path / IMAGES, GOOD)
        write(tmp_path / "train-labels-idx1-ubyte", idx_bytes(LABELS[:4]))

        read = read_idx_file(DiskFile(path), ignore)

        assert np.array_equal(read.images, digits(5))
        assert read.labels is None
        assert read.notes[0].is_warning
        assert "train-labels-idx1-ubyte were left out: there are 4" in read.notes[0].text

    def test_damaged_labels_are_left_out(self, tmp_path: Path) -> None:
        path = write(tmp_path / IMAGES, GOOD)
        write(tmp_path / "train-labels-idx1-ubyte", b"<html>")

        read = read_idx_file(DiskFile(path), ignore)

        assert read.labels is None
        assert read.notes[0].is_warning

    @pytest.mark.parametrize(
        ("code", "dtype", "white"),
        [
            (0x09, "i1", None),
            (0x0B, ">i2", 255),
            (0x0C, ">i4", 255),
            (0x0D, ">f4", 1),
            (0x0D, ">f4", 255),
            (0x0E, ">f8", 1),
        ],
    )
    def test_each_element_type_holds_the_same_images(
        self, tmp_path: Path, code: int, dtype: str, white: int | None
    ) -> None:
        shades = digits().astype(int) - 128 if white is None else digits() / 255 * white
        content = idx_header((5, 28, 28), code) + shades.astype(dtype).tobytes()

        read = read_idx_file(DiskFile(write(tmp_path / "a", content)), ignore)

        assert np.array_equal(read.images, digits())

    def test_rows_of_784_are_images(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", idx_bytes(digits().reshape(5, 784)))

        assert np.array_equal(read_idx_file(DiskFile(path), ignore).images, digits())

    def test_the_labels_of_qmnist_are_the_first_of_eight_columns(self, tmp_path: Path) -> None:
        path = write(tmp_path / "qmnist-train-images-idx3-ubyte", GOOD)
        table = np.zeros((5, 8), ">i4")
        table[:, 0] = LABELS
        table[:, 1:] = 777
        content = idx_header(table.shape, 0x0C) + table.tobytes()
        write(tmp_path / "qmnist-train-labels-idx2-int.gz", gzip.compress(content))

        labels = read_idx_file(DiskFile(path), ignore).labels

        assert labels is not None
        assert labels.tolist() == LABELS.tolist()


def test_the_real_mnist_is_read_whole(real_mnist: Path) -> None:
    images, labels, *_ = read_source(real_mnist)

    assert images.shape == (60_000, 28, 28)
    assert labels is not None
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert 33 < images.mean() < 34
