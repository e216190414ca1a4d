from __future__ import annotations

import io
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.extras.matlab import read_matlab
from gan.data.reading_options import ReadingOptions
from gan.errors import DataError
from tests.gan.data.making import digits, ignore, memory_at_most, write

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Arrays

LABELS = np.array([5, 0, 4, 1, 9])
TEXT = b"MATLAB 5.0 MAT-file, made by hand"
HEADER = TEXT.ljust(124) + b"\x00\x01IM"


def mat_bytes(variables: dict[str, Any], *, compressed: bool = True) -> bytes:
    io_ = pytest.importorskip("scipy.io")
    buffer = io.BytesIO()
    io_.savemat(buffer, variables, do_compression=compressed)
    return buffer.getvalue()


def read(path: Path, variables: dict[str, Any], name: str = "a.mat", **options: Any) -> Arrays:
    write(path / name, mat_bytes(variables, compressed=options.pop("compressed", True)))
    return read_matlab(DiskFile(path / name), ignore, ReadingOptions(**options))


@pytest.mark.parametrize("compressed", [True, False])
def test_images_counted_last_are_read_with_their_labels(tmp_path: Path, compressed: bool) -> None:
    variables = {"data": digits().reshape(5, 784).T, "label": LABELS[None].astype(float)}

    found = read(tmp_path, variables, compressed=compressed)

    assert np.array_equal(found.images, digits())
    assert found.labels is not None
    assert found.labels.tolist() == LABELS.tolist()


def test_colour_images_counted_last_are_greyed_and_fitted(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 9)).astype(np.uint8)

    found = read(tmp_path, {"X": colours, "y": np.arange(1, 10)[:, None]})

    assert found.images.shape == (9, 28, 28)
    assert found.labels is not None
    assert found.labels.tolist() == list(range(1, 10))
    assert "colour was made grey; 32 x 32" in found.notes[0].text


def test_the_images_of_emnist_are_turned_upright(tmp_path: Path) -> None:
    sideways = digits().transpose(0, 2, 1).reshape(5, 784)
    train = {"images": sideways, "labels": LABELS[:, None], "writers": LABELS[:, None] + 700}
    test = {"images": sideways[:2], "labels": LABELS[:2, None]}
    mapping = np.stack([np.arange(10), np.arange(48, 58)], axis=1)

    found = read(tmp_path, {"dataset": {"train": train, "test": test, "mapping": mapping}})

    assert np.array_equal(found.images, digits())
    assert found.labels is not None
    assert found.labels.tolist() == LABELS.tolist()
    assert any("turned upright" in note.text for note in found.notes)


def test_an_array_for_each_class_is_a_class(tmp_path: Path) -> None:
    rows = digits().reshape(5, 784)
    variables = {"train0": rows[:2], "test0": rows[:1], "train1": rows[2:], "test1": rows[:1]}

    found = read(tmp_path, variables)

    assert np.array_equal(found.images, digits())
    assert found.labels is not None
    assert found.labels.tolist() == [0, 0, 1, 1, 1]


def test_cells_of_images_are_images(tmp_path: Path) -> None:
    cells = np.empty((2, 3), object)
    for index, image in zip(np.ndindex(2, 3), digits(6), strict=True):
        cells[index] = image

    found = read(tmp_path, {"dat": cells})

    assert np.array_equal(found.images, digits(6))


def test_the_array_that_was_named_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, {"one": digits(5), "s": {"two": digits(7)}}, array="s/two")

    assert np.array_equal(found.images, digits(7))


def test_a_file_without_images_is_refused_with_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"received a \(1 x 3, int64\), b .*, expected an array"):
        read(tmp_path, {"a": [[1, 2, 3]], "b": "text"})


def matrix(lengths: tuple[int, ...], array_class: int, rest: bytes = b"") -> bytes:
    """An array of a class, with no name, and what follows that."""
    sizes = struct.pack(f"<{len(lengths)}i", *lengths)
    padded = sizes.ljust(-(-len(sizes) // 8) * 8, b"\0")
    inner = struct.pack("<IIII", 6, 8, array_class, 0)
    inner += struct.pack("<II", 5, len(sizes)) + padded + struct.pack("<II", 1, 0) + rest
    return struct.pack("<II", 14, len(inner)) + inner


BOMB = zlib.compress(bytes(100_000_000), 9)

DAMAGED = {
    "empty": (b"", "no MATLAB file of version 5"),
    "version 4": (struct.pack("<5I", 0, 1, 1, 0, 2) + bytes(200), "no MATLAB file of version 5"),
    "version 7.3": (b"MATLAB 7.3 MAT-file".ljust(512), "version 7.3, which is HDF5.*-v7"),
    "HDF5": (b"\x89HDF\r\n\x1a\n".ljust(512), "an HDF5 file, expected version 5 to 7"),
    "a large element": (HEADER + struct.pack("<II", 14, 2**31), "an element of 2147483648 bytes"),
    "cut in an element": (HEADER + struct.pack("<II", 14, 99), "of which 0 are there"),
    "cut in a tag": (HEADER + b"\0\0\0", "it ends within an element"),
    "cells that are not there": (HEADER + matrix((2**16, 2**14), 1), "1073741824 arrays in 0"),
    "a negative length": (HEADER + matrix((-1, 2), 1), "an array of -1 x 2"),
    "a claim in an array": (
        HEADER + matrix((9, 9), 6, struct.pack("<II", 9, 2**30)),
        "an element of 1073741824 bytes in 0",
    ),
    "a value of no type": (
        HEADER + matrix((1, 1), 6, struct.pack("<II", 0xFFFF, 8) + bytes(8)),
        "an element of type 65535",
    ),
    "an object": (HEADER + matrix((1, 1), 17), "an array of class 17"),
    "not deflated": (HEADER + struct.pack("<II", 15, 8) + b"garbage!", "a damaged MATLAB file"),
    "deflated, and too large": (
        HEADER + struct.pack("<II", 15, len(BOMB)) + BOMB,
        "unpacks to more than",
    ),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    pytest.importorskip("scipy.io")
    path = write(tmp_path / "a.mat", content)

    with memory_at_most(150_000_000), pytest.raises(DataError, match=message) as caught:
        read_matlab(DiskFile(path), ignore)

    assert str(caught.value).isprintable()


def test_arrays_in_arrays_without_end_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("scipy.io")
    inner = matrix((1, 1), 6)
    for _ in range(100):
        inner = matrix((1, 1), 1, inner)
    path = write(tmp_path / "a.mat", HEADER + inner)

    with pytest.raises(DataError, match="without end"):
        read_matlab(DiskFile(path), ignore)


def test_without_scipy_the_line_that_installs_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    path = write(tmp_path / "a.mat", HEADER)

    with pytest.raises(DataError, match=r"pip install 'gan-tui\[mat\]'"):
        read_matlab(DiskFile(path), ignore)


def test_an_array_of_pixels_by_images_by_classes_is_read_with_its_classes(tmp_path: Path) -> None:
    """As `usps_all.mat` is: 256 x 1100 x 10."""
    shades = np.random.default_rng(0).integers(0, 256, (3, 20, 784)).astype(np.uint8)

    found = read(tmp_path, {"data": shades.transpose(2, 1, 0)}, "usps_all.mat")

    assert np.array_equal(found.images, shades.reshape(60, 28, 28))
    assert found.labels is not None
    assert found.labels.tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert "784 pixels x 20 images x 3 classes" in found.notes[0].text
