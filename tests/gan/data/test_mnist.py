from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from gan.data.checks import refuse
from gan.data.data_file import DiskFile
from gan.data.download import DownloadError
from gan.data.mnist import (
    FASHION_MNIST,
    MNIST,
    MNIST_SHA256,
    CacheMiss,
    KerasDataset,
    cache_folders,
    fetch,
    read_cached,
)
from gan.data.npz import read_npz
from tests.gan.data.making import FakeNetwork, Reports, digits, idx_bytes, ignore, npz_bytes, write

CONTENT = npz_bytes(x_train=digits(5), y_train=np.arange(5))
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def verify(path: Path) -> None:
    if path.read_bytes() != CONTENT:
        raise refuse(path, "other bytes", "the published ones")


SMALL = KerasDataset(
    "small",
    "datasets",
    ("small.npz",),
    verify=verify,
    read=lambda paths, progress: read_npz(DiskFile(paths[0]), progress),
)
"""A data set like MNIST, only smaller."""


class TestCacheFolders:
    def test_keras_home_is_the_one_where_it_is_set(self, keras_home: Path) -> None:
        assert cache_folders() == (keras_home,)

    def test_it_is_in_the_home_of_the_user_otherwise(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("KERAS_HOME", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))

        assert cache_folders() == (tmp_path / ".keras",)

    @pytest.mark.usefixtures("unprivileged")
    def test_a_home_that_is_not_ours_is_read_but_not_written(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KERAS_HOME", "/not-ours")

        assert cache_folders() == (Path("/not-ours"), Path("/tmp/.keras"))  # noqa: S108


class TestReadCached:
    def test_a_cached_file_is_read(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT)

        images, labels, *_ = read_cached(SMALL, ignore)

        assert np.array_equal(images, digits(5))
        assert labels is not None
        assert labels.tolist() == [0, 1, 2, 3, 4]

    @pytest.mark.usefixtures("keras_home")
    def test_an_empty_cache_is_a_miss(self) -> None:
        with pytest.raises(CacheMiss, match="no cached small"):
            read_cached(SMALL, ignore)

    def test_a_damaged_file_is_a_miss_that_says_where(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT[:-1])

        with pytest.raises(CacheMiss, match=f"a damaged small in {keras_home}/datasets"):
            read_cached(SMALL, ignore)


class TestFetch:
    def test_the_file_is_kept_for_the_next_time(self, keras_home: Path) -> None:
        network = FakeNetwork({"small.npz": CONTENT})

        images, *_ = fetch(SMALL, ignore, network)

        assert np.array_equal(images, digits(5))
        assert network.asked == [f"{ORIGIN}small.npz"]
        assert (keras_home / "datasets" / "small.npz").read_bytes() == CONTENT
        assert np.array_equal(read_cached(SMALL, ignore).images, digits(5))

    @pytest.mark.usefixtures("keras_home")
    def test_its_bytes_are_reported(self) -> None:
        reports = Reports()

        fetch(SMALL, reports, FakeNetwork({"small.npz": CONTENT}))

        size = len(CONTENT)
        assert ("downloading small.npz", size, size, "bytes") in reports.calls

    def test_other_bytes_than_the_published_ones_are_refused(self, keras_home: Path) -> None:
        with pytest.raises(
            DownloadError, match=r"the downloaded small\.npz is damaged or has changed"
        ):
            fetch(SMALL, ignore, FakeNetwork({"small.npz": CONTENT[:-1] + b"!"}))

        assert list((keras_home / "datasets").iterdir()) == []


class TestMnist:
    def test_it_is_keras_s_file_by_name_and_place(self, keras_home: Path) -> None:
        network = FakeNetwork()
        with pytest.raises(DownloadError, match="Network is unreachable"):
            fetch(MNIST, ignore, network)

        assert network.asked == [f"{ORIGIN}mnist.npz"]
        assert not keras_home.exists()

    @pytest.mark.usefixtures("keras_home")
    def test_a_sound_archive_of_other_digits_is_refused(self) -> None:
        """The checksum decides, not whether the file can be read."""
        with pytest.raises(DownloadError, match="damaged or has changed"):
            fetch(MNIST, ignore, FakeNetwork({"mnist.npz": CONTENT}))

    def test_a_sound_archive_of_other_digits_in_the_cache_is_a_miss(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "mnist.npz", CONTENT)

        with pytest.raises(CacheMiss, match="a damaged mnist in "):
            read_cached(MNIST, ignore)

    def test_origin_and_checksum_stand_in_the_installed_keras(self) -> None:
        spec = importlib.util.find_spec("keras")
        assert spec is not None
        assert spec.origin is not None
        source = (Path(spec.origin).parent / "src/datasets/mnist.py").read_text()

        assert f'"{MNIST.origin}"' in source
        assert f'"{MNIST_SHA256}"' in source


class TestFashionMnist:
    LABELS = "train-labels-idx1-ubyte.gz"
    IMAGES = "train-images-idx3-ubyte.gz"

    def whole(self) -> dict[str, bytes]:
        images, labels = np.zeros((60_000, 28, 28), np.uint8), np.zeros(60_000, np.uint8)
        images[:, 5, 5] = 7
        packed = (gzip.compress(idx_bytes(array), 1) for array in (labels, images))
        return dict(zip((self.LABELS, self.IMAGES), packed, strict=True))

    def test_both_files_are_fetched_to_keras_s_place(self, keras_home: Path) -> None:
        network = FakeNetwork(self.whole())

        images, labels, *_ = fetch(FASHION_MNIST, ignore, network)

        assert images.shape == (60_000, 28, 28)
        assert labels is not None
        assert labels.shape == (60_000,)
        assert network.asked == [ORIGIN + self.LABELS, ORIGIN + self.IMAGES]
        folder = keras_home / "datasets" / "fashion-mnist"
        assert {path.name for path in folder.iterdir()} == {self.LABELS, self.IMAGES}

    def test_a_file_of_the_wrong_length_is_refused(self, keras_home: Path) -> None:
        files = {self.LABELS: gzip.compress(idx_bytes(np.zeros(59_999, np.uint8)))}

        with pytest.raises(DownloadError, match="damaged or has changed"):
            fetch(FASHION_MNIST, ignore, FakeNetwork(files))

        assert list((keras_home / "datasets" / "fashion-mnist").iterdir()) == []

    def test_a_cached_file_with_a_flipped_bit_is_a_miss(self, keras_home: Path) -> None:
        """Keras has no checksum for these files, so gzip's own is checked."""
        folder = keras_home / "datasets" / "fashion-mnist"
        for name, content in self.whole().items():
            damaged = bytearray(content)
            damaged[len(damaged) // 2] ^= 4
            write(folder / name, bytes(damaged))

        with pytest.raises(CacheMiss, match="a damaged fashion_mnist"):
            read_cached(FASHION_MNIST, ignore)
