"""A set for which memory has no room is the same set, byte for byte, and stays in its files."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data import room
from gan.data.arrays import conforming
from gan.data.image_set import ImageSet
from gan.data.loader import load
from gan.data.reading_options import ReadingOptions
from gan.data.stored_images import ImagesOnDisk, JoinedImages, blocks_of
from gan.errors import DataError
from tests.gan.data.making import (
    Reports,
    digits,
    idx_bytes,
    ignore,
    memory_at_most,
    npy_bytes,
    npz_bytes,
    write,
)
from tests.gan.data.reading import read_source, told
from tests.gan.data.test_forms import FORMS, X, Y, make

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Arrays

STAYS = "stay in their file"


def image_set(arrays: Arrays) -> ImageSet:
    return ImageSet.of("a", arrays.images, arrays.labels, arrays.class_names)


def require_same(on_disk: Arrays, held: Arrays) -> None:
    """Check everything that the rest of the program sees of a set."""
    assert np.array_equal(np.concatenate(list(blocks_of(on_disk.images))), held.images)
    assert (on_disk.labels is None) == (held.labels is None)
    assert held.labels is None or np.array_equal(on_disk.labels, held.labels)
    assert on_disk.class_names == held.class_names
    assert [text for text in told(on_disk) if STAYS not in text] == told(held)
    one, other = image_set(on_disk), image_set(held)
    assert one.fingerprint == other.fingerprint
    assert np.array_equal(one.examples(), other.examples())
    assert np.array_equal(one.first(3), other.first(3))


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_read_the_same_without_room(name: str, tmp_path: Path) -> None:
    if FORMS[name].needs:
        pytest.importorskip(FORMS[name].needs)
    source = make(FORMS[name], tmp_path)

    require_same(read_source(source, memory=0), read_source(source))


STAYING = {
    "an array": {"a.npy": npy_bytes(X)},
    "an array of rows": {"a.npy": npy_bytes(X.reshape(-1, 784))},
    "an array with a channel": {"a.npy": npy_bytes(X[..., None])},
    "IDX": {"a": idx_bytes(X)},
    "IDX with labels": {
        "train-images-idx3-ubyte": idx_bytes(X), "train-labels-idx1-ubyte": idx_bytes(Y),
    },
    "zeros and ones": {"a.npy": npy_bytes((X > 127).astype(np.uint8))},
    "black on white": {"a.npy": npy_bytes(255 - X)},
    "ones on zeros, inverted": {"a.npy": npy_bytes((X < 128).astype(np.uint8))},
    "dim ones": {"a.npy": npy_bytes(X // 3)},
    "dim rows": {"a.npy": npy_bytes(X.reshape(-1, 784) // 3)},
    "EMNIST's": {"emnist-digits-train-images-idx3-ubyte": idx_bytes(X.transpose(0, 2, 1))},
    "a class each": {"cat.npy": npy_bytes(X[:9].reshape(-1, 784)), "dog.npy": npy_bytes(X[9:])},
}  # fmt: skip


@pytest.mark.parametrize("files", STAYING.values(), ids=STAYING.keys())
def test_bytes_in_an_unpacked_file_stay_there(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        write(tmp_path / "set" / name, content)

    on_disk = read_source(tmp_path / "set", memory=0)

    assert isinstance(on_disk.images, ImagesOnDisk)
    assert any(STAYS in text for text in told(on_disk))
    held = read_source(tmp_path / "set")
    assert isinstance(held.images, np.ndarray)
    require_same(on_disk, held)


HELD = {
    "compressed": {"a.npy.gz": gzip.compress(npy_bytes(X))},
    "in an archive": {"a.npz": npz_bytes(images=X)},
    "floats": {"a.npy": npy_bytes((X / 255).astype(np.float32))},
    "column-major": {"a.npy": npy_bytes(np.asfortranarray(X))},
    "another size": {"a.npy": npy_bytes(X[:, 4:24, 4:24])},
    "counted last": {"a.npy": npy_bytes(np.moveaxis(X, 0, -1).copy())},
}


@pytest.mark.parametrize("files", HELD.values(), ids=HELD.keys())
def test_what_has_to_be_unpacked_or_fitted_is_held(tmp_path: Path, files: dict[str, bytes]) -> None:
    ((name, content),) = files.items()

    arrays = read_source(write(tmp_path / name, content), memory=0)

    assert isinstance(arrays.images, np.ndarray)


def test_what_has_to_be_held_is_refused_before_memory_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_ALWAYS", 0)
    monkeypatch.setattr(room, "free_memory", lambda: 40_000)
    path = write(tmp_path / "a.npy.gz", gzip.compress(npy_bytes(X)))

    message = r"received 47\.0 kB of images, with 40\.0 kB of memory free.*unpacked \.npy"
    with pytest.raises(DataError, match=message):
        read_source(path)


def test_files_that_fit_alone_and_not_together_stay_on_disk(tmp_path: Path) -> None:
    for name in ("cat", "dog", "owl"):
        write(tmp_path / f"{name}.npy", npy_bytes(X))
    room_for_two = 2 * len(npy_bytes(X))

    arrays = read_source(tmp_path, memory=room_for_two)

    assert isinstance(arrays.images, JoinedImages)
    (tmp_path / "owl.npy").unlink()
    assert isinstance(read_source(tmp_path, memory=room_for_two).images, np.ndarray)


def test_more_images_than_any_array_may_have_stay_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.npy", npy_bytes(X))
    packed = write(tmp_path / "a.npy.gz", gzip.compress(npy_bytes(X)))
    monkeypatch.setattr(conforming, "MAX_IMAGES", len(X) - 1)

    assert isinstance(read_source(path).images, ImagesOnDisk)
    with pytest.raises(DataError, match="received 60 images, expected 1 to 59"):
        read_source(packed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy_bytes(X)[:-1], "received 47039 bytes of data, expected 47040"),
        (npy_bytes(X) + b"!", "received more than 47040 bytes of data"),
        (npy_bytes(np.full((5, 784), 7, np.uint8)), "images of one value, 7"),
    ],
    ids=["shorter", "longer", "of one value"],
)
@pytest.mark.parametrize("memory", [0, None], ids=["on disk", "in memory"])
def test_a_bad_file_is_refused_alike(
    tmp_path: Path, content: bytes, message: str, memory: int | None
) -> None:
    path = write(tmp_path / "a.npy", content)

    with pytest.raises(DataError, match=message):
        read_source(path, memory=memory)


def test_loading_is_reported_to_its_end_and_says_that_they_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npy", npy_bytes(X))
    reports = Reports()

    loaded = load(str(path), progress=reports, options=ReadingOptions(memory=0))

    assert reports.calls[-1] == ("reading a.npy for its fingerprint", X.size, X.size, "bytes")
    (note,) = (note for note in loaded.notes if STAYS in note.text)
    assert "47.0 kB" in note.text
    assert not note.is_warning


def test_a_file_that_changes_while_it_is_loaded_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npy", npy_bytes(X))

    def cut(what: str, *_: Any) -> None:
        if "black and white" in what:
            path.write_bytes(npy_bytes(X)[:-500])

    with pytest.raises(DataError, match="while it was in use"):
        load(str(path), progress=cut, options=ReadingOptions(memory=0))


def test_memory_holds_a_part_of_what_is_loaded(tmp_path: Path) -> None:
    count = 40_000
    with (tmp_path / "a").open("wb") as file:
        file.write(idx_bytes(digits(1))[:4] + np.array([count, 28, 28], ">u4").tobytes())
        for _ in range(count // 1000):
            file.write(digits(1000).tobytes())

    with memory_at_most(count * 784 // 3):
        images = load(
            str(tmp_path / "a"), progress=ignore, options=ReadingOptions(memory=10**7)
        ).images
        assert len(images) == count
