"""Named data sets in Keras's cache and in the program's own."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.dataset_cache import CacheMiss, cache_folders, fetch, read_cached
from gan.data.download import DownloadError
from gan.data.published import DATASETS, MNIST, Copy, Dataset
from tests.gan.data.genuine import zip_bytes
from tests.gan.data.making import (
    FakeNetwork,
    Reports,
    digits,
    idx_bytes,
    ignore,
    npz_bytes,
    published,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT = npz_bytes(x_train=digits(5), y_train=np.arange(5))
ORIGIN = "https://example.org/sets/"
SMALL = Dataset(
    "small",
    (
        Copy(
            files=(published("small.npz", CONTENT),),
            mirrors=(ORIGIN,),
            folder="datasets",
            is_kerass=True,
        ),
    ),
)
"""A data set like MNIST, only smaller."""

IMAGES = gzip.compress(idx_bytes(digits(5)))
LABELS = gzip.compress(idx_bytes(np.arange(5, dtype=np.uint8)))
PAIR = Copy(
    files=(
        published("train-images-idx3-ubyte.gz", IMAGES),
        published("train-labels-idx1-ubyte.gz", LABELS),
    ),
    mirrors=("http://one/", "http://two/"),
    folder="datasets/pair",
)
"""Two files, as most are published."""

FILES = {"train-images-idx3-ubyte.gz": IMAGES, "train-labels-idx1-ubyte.gz": LABELS}

OWN, KERASS = DATASETS["kmnist"].copies[0], MNIST.copies[0]


class TestCacheFolders:
    def test_keras_home_is_the_one_where_it_is_set(self, keras_home: Path) -> None:
        assert cache_folders(KERASS) == (keras_home,)

    def test_kerass_is_in_the_home_of_the_user_otherwise(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("KERAS_HOME", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))

        assert cache_folders(KERASS) == (tmp_path / ".keras",)

    def test_ours_is_where_the_system_keeps_caches(self, own_cache: Path) -> None:
        assert cache_folders(OWN) == (own_cache,)

    @pytest.mark.usefixtures("unprivileged")
    def test_a_home_that_is_not_ours_is_read_but_not_written(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KERAS_HOME", "/not-ours")
        monkeypatch.setenv("XDG_CACHE_HOME", "/not-ours")

        assert cache_folders(KERASS) == (Path("/not-ours"), Path("/tmp/.keras"))  # noqa: S108
        assert cache_folders(OWN) == (Path("/not-ours/gan-tui"), Path("/tmp/.gan-tui"))  # noqa: S108


class TestReadCached:
    def test_a_cached_file_is_read(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT)

        arrays, reason = read_cached(SMALL, ignore)

        assert np.array_equal(arrays.images, digits(5))
        assert arrays.labels is not None
        assert arrays.labels.tolist() == [0, 1, 2, 3, 4]
        assert reason == "from Keras's cache"

    @pytest.mark.usefixtures("keras_home")
    def test_an_empty_cache_is_a_miss(self) -> None:
        with pytest.raises(CacheMiss, match="no cached small"):
            read_cached(SMALL, ignore)

    @pytest.mark.parametrize(
        "content", [CONTENT[:-1], CONTENT[:-1] + b"!"], ids=["shorter", "a changed byte"]
    )
    def test_a_damaged_file_is_a_miss_that_says_where(
        self, keras_home: Path, content: bytes
    ) -> None:
        write(keras_home / "datasets" / "small.npz", content)

        with pytest.raises(CacheMiss, match=f"a damaged small in {keras_home}/datasets"):
            read_cached(SMALL, ignore)

    def test_a_second_copy_does_too(self, own_cache: Path) -> None:
        for name, content in FILES.items():
            write(own_cache / "datasets" / "pair" / name, content)

        arrays, reason = read_cached(Dataset("small", (*SMALL.copies, PAIR)), ignore)

        assert np.array_equal(arrays.images, digits(5))
        assert reason == "from the cache"


class TestFetch:
    def test_the_file_is_kept_for_the_next_time(self, keras_home: Path) -> None:
        network = FakeNetwork({"small.npz": CONTENT})

        arrays, reason = fetch(SMALL, ignore, network)

        assert np.array_equal(arrays.images, digits(5))
        assert reason == "downloaded to Keras's cache"
        assert network.asked == [f"{ORIGIN}small.npz"]
        assert (keras_home / "datasets" / "small.npz").read_bytes() == CONTENT
        assert np.array_equal(read_cached(SMALL, ignore)[0].images, digits(5))

    @pytest.mark.usefixtures("keras_home")
    def test_its_bytes_are_reported(self) -> None:
        reports = Reports()

        fetch(SMALL, reports, FakeNetwork({"small.npz": CONTENT}))

        size = len(CONTENT)
        assert ("downloading small.npz", size, size, "bytes") in reports.calls

    @pytest.mark.usefixtures("keras_home")
    def test_other_bytes_than_the_published_ones_are_refused(self, keras_home: Path) -> None:
        with pytest.raises(
            DownloadError, match=r"the downloaded small\.npz is damaged or has changed"
        ):
            fetch(SMALL, ignore, FakeNetwork({"small.npz": CONTENT[:-1] + b"!"}))

        assert not keras_home.exists()

    @pytest.mark.usefixtures("keras_home")
    def test_images_and_labels_are_fetched_and_read_together(self) -> None:
        network = FakeNetwork(FILES)

        arrays, _ = fetch(Dataset("pair", (PAIR,)), ignore, network)

        assert arrays.labels is not None
        assert arrays.labels.tolist() == [0, 1, 2, 3, 4]
        assert network.asked == [f"http://one/{name}" for name in FILES]

    def test_what_is_there_already_is_not_fetched_again(self, own_cache: Path) -> None:
        write(own_cache / "datasets" / "pair" / "train-images-idx3-ubyte.gz", IMAGES)
        network = FakeNetwork(FILES)

        fetch(Dataset("pair", (PAIR,)), ignore, network)

        assert network.asked == ["http://one/train-labels-idx1-ubyte.gz"]

    @pytest.mark.usefixtures("keras_home")
    def test_if_one_copy_fails_the_next_is_fetched(self) -> None:
        network = FakeNetwork(FILES)

        arrays, reason = fetch(Dataset("small", (*SMALL.copies, PAIR)), ignore, network)

        assert len(arrays.images) == 5
        assert reason == "downloaded to the cache"

    @pytest.mark.usefixtures("keras_home")
    def test_one_data_set_of_an_archive_of_several(self) -> None:
        turned = idx_bytes(digits(5).transpose(0, 2, 1))
        archive = zip_bytes(
            {
                f"gzip/emnist-{split}-train-{what}": gzip.compress(content)
                for split in ("letters", "digits")
                for what, content in (
                    ("images-idx3-ubyte.gz", turned),
                    ("labels-idx1-ubyte.gz", idx_bytes(np.arange(1, 6, dtype=np.uint8))),
                )
            }
        )
        copy = Copy(
            files=(published("gzip.zip", archive),), mirrors=(ORIGIN,), folder="a", part="letters"
        )

        arrays, _ = fetch(Dataset("e/letters", (copy,)), ignore, FakeNetwork({"gzip.zip": archive}))

        assert np.array_equal(arrays.images, digits(5))
        assert arrays.labels is not None
        assert arrays.labels.tolist() == [1, 2, 3, 4, 5]


class TestLarge:
    def test_of_a_large_file_only_the_size_is_looked_at_once_it_is_cached(
        self, keras_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So that a start doesn't wait for the checksum of 562 MB; its archive has others."""
        monkeypatch.setattr("gan.data.dataset_cache._ALWAYS_HASHED", 10)
        path = write(keras_home / "datasets" / "small.npz", CONTENT[:-1] + b"\0")
        read_cached(SMALL, ignore)

        path.write_bytes(CONTENT[:-1])
        with pytest.raises(CacheMiss, match="a damaged small"):
            read_cached(SMALL, ignore)


def asked_by(dataset: Dataset) -> Sequence[str]:
    network = FakeNetwork()
    with pytest.raises(DownloadError, match="Network is unreachable"):
        fetch(dataset, ignore, network)
    return network.asked


class TestMnist:
    def test_a_sound_archive_of_other_digits_in_the_cache_is_a_miss(self, keras_home: Path) -> None:
        """The checksum decides, not whether the file can be read."""
        write(keras_home / "datasets" / "mnist.npz", CONTENT)

        with pytest.raises(CacheMiss, match="a damaged mnist in "):
            read_cached(MNIST, ignore)

    def test_keras_s_file_is_tried_first_and_then_the_original_ones(self, keras_home: Path) -> None:
        assert asked_by(MNIST) == [
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz",
            "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
        ]
        assert not keras_home.exists()
