"""The whole set, as `load_synthetic` returns it with and without a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import platformdirs

from gan.data.synthetic import SYNTHETIC_COUNT, load_synthetic

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from gan.data.image_set import ImageSet

COUNT = 40


class Drawn:
    """Progress that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _what: str, _done: int, _total: int, _unit: str) -> None:
        self.calls += 1


def load(folder: Path) -> tuple[ImageSet, int]:
    """The set, and how often progress was called."""
    drawn = Drawn()
    return load_synthetic(drawn, cache_dir=folder, count=COUNT), drawn.calls


def test_it_is_a_labelled_set_of_the_size_of_mnist(tmp_path: Path) -> None:
    images, _ = load(tmp_path)

    assert images.name == "synthetic"
    assert len(images) == COUNT
    assert images.labels is not None
    assert np.bincount(images.labels).tolist() == [COUNT // 10] * 10
    assert SYNTHETIC_COUNT == 60_000


def test_the_second_time_nothing_is_drawn(tmp_path: Path) -> None:
    first, drawn = load(tmp_path)
    second, drawn_again = load(tmp_path)

    assert drawn > 0
    assert drawn_again == 0
    assert second.fingerprint == first.fingerprint
    np.testing.assert_array_equal(second.images, first.images)
    np.testing.assert_array_equal(second.labels, first.labels)


def test_a_corrupt_cache_is_drawn_again_and_replaced(tmp_path: Path) -> None:
    first, _ = load(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(bytes(file.stat().st_size))

    second, drawn = load(tmp_path)
    _, drawn_again = load(tmp_path)

    assert (drawn > 0, drawn_again) == (True, 0)
    assert second.fingerprint == first.fingerprint


def test_without_a_cache_the_digits_are_the_same(tmp_path: Path) -> None:
    """A folder can't be created inside a file, even by root."""
    (tmp_path / "file").write_text("")
    kept, _ = load(tmp_path / "folder")

    for _ in range(2):
        unkept, drawn = load(tmp_path / "file" / "folder")

        assert drawn > 0
        assert unkept.fingerprint == kept.fingerprint


def test_the_cache_is_in_the_users_cache_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)

    load_synthetic(Drawn(), count=COUNT)

    assert [file.name for file in (tmp_path / "gan-tui").iterdir()] == ["synthetic-v1-40.bin"]
