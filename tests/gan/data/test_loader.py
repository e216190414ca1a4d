from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.image_set import ImageSet, Progress
from gan.data.loader import Origins, load
from gan.data.sources import absolute_source
from gan.errors import DataError
from tests.gan.data.making import (
    FakeNetwork,
    Reports,
    digits,
    idx_bytes,
    ignore,
    npz_bytes,
    write,
    write_idx_folder,
)
from tests.gan.data.test_dataset_cache import CONTENT, SMALL

if TYPE_CHECKING:
    from pathlib import Path


LETTERS = replace(SMALL, name="emnist/letters")


def synthesize(progress: Progress) -> ImageSet:
    progress("drawing digits", 3, 3, "images")
    return ImageSet.of("synthetic", digits(3))


def origins(network: FakeNetwork | None = None) -> Origins:
    return Origins(
        datasets={"mnist": SMALL, "fashion_mnist": SMALL, "emnist/letters": LETTERS},
        opener=network or FakeNetwork(),
        synthesize=synthesize,
    )


class TestAuto:
    def test_what_is_cached_is_taken_without_asking_the_network(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT)
        network = FakeNetwork()

        loaded = load("auto", progress=ignore, origins=origins(network))

        assert loaded.images.name == "small"
        assert loaded.reason == "from Keras's cache"
        assert network.asked == []

    @pytest.mark.usefixtures("keras_home")
    def test_what_is_not_cached_is_downloaded(self) -> None:
        network = FakeNetwork({"small.npz": CONTENT})

        loaded = load("auto", progress=ignore, origins=origins(network))

        assert len(loaded.images) == 5
        assert loaded.reason == "no cached small; downloaded to Keras's cache"

    def test_without_a_network_it_is_synthetic_and_says_why(self, keras_home: Path) -> None:
        reports = Reports()

        loaded = load("auto", progress=reports, origins=origins())

        assert loaded.images.name == "synthetic"
        assert loaded.reason == (
            "no cached small and the download failed (Network is unreachable); "
            "using built-in synthetic digits"
        )
        assert reports.calls == [("drawing digits", 3, 3, "images")]
        assert not keras_home.exists()

    def test_a_damaged_cache_is_downloaded_again(self, keras_home: Path) -> None:
        path = write(keras_home / "datasets" / "small.npz", b"damaged")
        network = FakeNetwork({"small.npz": CONTENT})

        loaded = load("auto", progress=ignore, origins=origins(network))

        assert loaded.reason.startswith("a damaged small in ")
        assert path.read_bytes() == CONTENT

    def test_a_damaged_cache_without_a_network_is_not_trusted(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", b"damaged")

        loaded = load("auto", progress=ignore, origins=origins())

        assert loaded.images.name == "synthetic"
        assert loaded.reason.startswith("a damaged small in ")

    def test_a_download_of_the_wrong_bytes_is_not_trusted(self, keras_home: Path) -> None:
        network = FakeNetwork({"small.npz": CONTENT[:-1] + b"!"})

        loaded = load("auto", progress=ignore, origins=origins(network))

        assert loaded.images.name == "synthetic"
        assert "the downloaded small.npz is damaged or has changed" in loaded.reason
        assert not keras_home.exists()


class TestNames:
    def test_synthetic_digits_are_drawn(self) -> None:
        assert load("synthetic", progress=ignore, origins=origins()).images.name == "synthetic"

    @pytest.mark.parametrize("source", ["mnist", "fashion_mnist"])
    def test_a_data_set_of_keras_comes_from_its_cache(self, keras_home: Path, source: str) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT)

        assert len(load(source, progress=ignore, origins=origins()).images) == 5

    @pytest.mark.usefixtures("keras_home")
    @pytest.mark.parametrize("source", ["mnist", "fashion_mnist"])
    def test_without_a_network_it_is_refused_in_one_line(self, source: str) -> None:
        with pytest.raises(DataError, match="no cached small and the download failed") as caught:
            load(source, progress=ignore, origins=origins())

        assert str(caught.value).isprintable()
        assert "--data synthetic" in str(caught.value)

    def test_a_name_of_two_parts_is_fit_to_name_a_run(self, keras_home: Path) -> None:
        write(keras_home / "datasets" / "small.npz", CONTENT)

        loaded = load("emnist/letters", progress=ignore, origins=origins())

        assert loaded.images.name == "emnist-letters"

    @pytest.mark.parametrize(
        ("word", "meant"),
        [("kmnst", "kmnist"), ("emnist/leters", "emnist/letters"), ("emnist", "emnist/balanced")],
    )
    def test_a_wrong_name_suggests_the_near_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, meant: str
    ) -> None:
        monkeypatch.chdir(tmp_path)

        with pytest.raises(DataError, match=rf"neither the name .* Did you mean {meant}\?$"):
            load(absolute_source(word), progress=ignore, origins=origins())

    def test_a_name_takes_precedence_over_a_file_with_that_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write_idx_folder(tmp_path / "synthetic", digits(), None)

        assert len(load("synthetic", progress=ignore, origins=origins()).images) == 3
        assert len(load("./synthetic", progress=ignore, origins=origins()).images) == 5


class TestPaths:
    def test_a_folder_with_idx_files_is_read_as_one(self, tmp_path: Path) -> None:
        folder = write_idx_folder(tmp_path / "mnist", digits(), np.arange(5, dtype=np.uint8))
        write(folder / "picture.png", b"not an image")

        loaded = load(str(folder), progress=ignore)

        assert np.array_equal(loaded.images.images, digits())
        assert loaded.images.labels is not None
        assert (loaded.images.name, loaded.reason) == ("mnist", "a folder of IDX files")

    def test_an_idx_file_is_read(self, tmp_path: Path) -> None:
        loaded = load(str(write(tmp_path / "digits", idx_bytes(digits()))), progress=ignore)

        assert (loaded.images.name, loaded.reason) == ("digits", "an IDX file")

    def test_an_npz_file_is_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "digits.NPZ", npz_bytes(images=digits()))

        loaded = load(str(path), progress=ignore)

        assert (loaded.images.name, loaded.reason) == ("digits.NPZ", "a NumPy archive")

    def test_any_other_folder_is_one_of_images(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="a folder without images"):
            load(str(tmp_path), progress=ignore)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("my digits", "my_digits"),
            ("цифры", "_____"),
            (".hidden", "hidden"),
            ("\x1b[31m", "__31m"),
            ("x" * 200, "x" * 48),
        ],
    )
    def test_its_name_is_fit_to_name_a_run(self, tmp_path: Path, name: str, expected: str) -> None:
        folder = write_idx_folder(tmp_path / name, digits(), None)

        assert load(str(folder), progress=ignore).images.name == expected

    def test_the_folder_that_one_is_in_has_its_own_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = write_idx_folder(tmp_path / "mnist", digits(), None)
        monkeypatch.chdir(folder)

        assert load(".", progress=ignore).images.name == "mnist"
        assert load("../mnist/.", progress=ignore).images.name == "mnist"

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            (
                "minst",
                r"^minst: received neither .* can be read \(No such file or directory\)",
            ),
            ("\x1b[2J\n", "No such file or directory"),
            ("zero\0byte", "null (byte|character)"),
            ("\ud800", "surrogates not allowed"),
            ("x" * 5000, "File name too long"),
            ("/dev/null", "received neither a file nor a folder"),
            ("", "a path that can be read|without images"),
        ],
    )
    def test_what_is_neither_a_name_nor_a_path_is_refused_in_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
    ) -> None:
        monkeypatch.chdir(tmp_path)

        with pytest.raises(DataError, match=message) as caught:
            load(source, progress=ignore)

        assert str(caught.value).isprintable()

    def test_a_pipe_is_refused_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")

        with pytest.raises(DataError, match="neither a file nor a folder"):
            load(str(tmp_path / "pipe"), progress=ignore)

    @pytest.mark.parametrize("name", ["a.png", "a.tif", "a.JPEG"])
    def test_a_single_image_is_refused_with_what_would_do(self, tmp_path: Path, name: str) -> None:
        path = write(tmp_path / name, b"")

        with pytest.raises(DataError, match=r"a single \.\w+ file, expected .*a folder of images"):
            load(str(path), progress=ignore)

    def test_a_name_after_the_path_chooses_the_array(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.npz", npz_bytes(one=digits(5), other=digits(7)))

        loaded = load(f"{path}:other", progress=ignore)

        assert np.array_equal(loaded.images.images, digits(7))
        assert loaded.images.name == "a.npz"

    def test_a_file_with_a_colon_in_its_name_is_that_file(self, tmp_path: Path) -> None:
        write(tmp_path / "a.npz", npz_bytes(images=digits(5)))
        path = write(tmp_path / "a.npz:images", idx_bytes(digits(7)))

        assert len(load(str(path), progress=ignore).images) == 7

    @pytest.mark.parametrize("kind", ["folder", "a.npz", "a.idx", "train-images-idx3-ubyte"])
    def test_what_may_not_be_read_is_refused(
        self, public_folder: Path, request: pytest.FixtureRequest, kind: str
    ) -> None:
        path = public_folder / kind
        path.mkdir() if kind == "folder" else path.write_bytes(b"")
        path.chmod(0)
        request.getfixturevalue("unprivileged")

        with pytest.raises(DataError, match=rf"/{kind}: received .*\(Permission denied\)"):
            load(str(path), progress=ignore)

    def test_a_path_through_a_forbidden_folder_is_refused(
        self, public_folder: Path, request: pytest.FixtureRequest
    ) -> None:
        path = write(public_folder / "forbidden" / "a.npz", b"")
        path.parent.chmod(0)
        request.getfixturevalue("unprivileged")

        with pytest.raises(DataError, match=r"/a\.npz: received .*\(Permission denied\)"):
            load(str(path), progress=ignore)

    def test_more_images_than_fit_in_memory_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def exhausted(*_arguments: object) -> None:
            raise MemoryError

        path = write(tmp_path / "a", idx_bytes(digits()))
        monkeypatch.setattr(np, "empty", exhausted)

        with pytest.raises(DataError, match="received more images than fit in memory"):
            load(str(path), progress=ignore)


def test_the_real_mnist_is_loaded_under_its_name(real_mnist: Path) -> None:
    loaded = load(str(real_mnist), progress=ignore)

    assert loaded.images.name == "mnist"
    assert len(loaded.images) == 60_000
    assert loaded.images.labels is not None


def test_importing_it_loads_neither_tensorflow_nor_a_screen() -> None:
    code = "import gan.data, sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"tensorflow", "keras", "textual", "rich"}
