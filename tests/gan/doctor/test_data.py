"""The cache of MNIST."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gan.data import published
from gan.doctor.data import CachedFile, data_url, read_facts, row
from tests.gan.data.making import published as file_of

if TYPE_CHECKING:
    import pytest

URL = "https://example.org/mnist.npz"


def test_a_right_copy_is_ok_wherever_it_is() -> None:
    files = [CachedFile(Path("/a/mnist.npz")), CachedFile(Path("/b/mnist.npz"), 11_490_434, True)]

    found = row(files, URL)

    assert (found.verdict, found.text) == ("ok", "11.5 MB in /b")


def test_without_a_copy_the_command_gets_one_where_it_is_looked_for() -> None:
    found = row([CachedFile(Path("/home/ann b/mnist.npz"))], URL)

    assert found.verdict == "warn"
    assert found.fix == f"curl --create-dirs -o '/home/ann b/mnist.npz' {URL}"


def test_a_damaged_copy_is_named() -> None:
    found = row([CachedFile(Path("/a/mnist.npz"), 17)], URL)

    assert (found.verdict, found.text) == ("warn", "a damaged copy in /a")


def test_the_cache_is_read_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = dataclasses.replace(published.MNIST.copies[0], files=(file_of("mnist.npz", b"right"),))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(published, "MNIST", dataclasses.replace(published.MNIST, copies=(copy,)))
    path = tmp_path / "datasets" / "mnist.npz"

    assert read_facts() == [CachedFile(path)]
    path.parent.mkdir()
    path.write_bytes(b"wrong")
    assert read_facts() == [CachedFile(path, 5)]
    path.write_bytes(b"right")
    assert read_facts() == [CachedFile(path, 5, True)]


def test_the_address_is_kerass() -> None:
    assert data_url().endswith("/tf-keras-datasets/mnist.npz")


def test_a_pipe_in_the_place_of_the_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = tmp_path / "datasets" / "mnist.npz"
    path.parent.mkdir()
    os.mkfifo(path)

    found = row(read_facts(), URL)

    assert found.verdict == "warn"
    assert found.text == f"{path} is no readable file"
    assert found.fix == f"mv {path} {path}.old"
