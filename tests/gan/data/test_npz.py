from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.npz import read_npz
from gan.errors import DataError
from tests.gan.data.making import digits, ignore, memory_at_most, npz_bytes, write

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.array([5, 0, 4, 1, 9])


def archive_of(**members: bytes) -> bytes:
    """An archive with these bytes as its members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_the_layout_of_keras_gives_the_training_images(tmp_path: Path) -> None:
    content = npz_bytes(
        x_train=digits(5), y_train=LABELS.astype(np.uint8), x_test=digits(2), y_test=LABELS[:2]
    )

    images, labels, *_ = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore)

    assert np.array_equal(images, digits(5))
    assert labels is not None
    assert labels.tolist() == LABELS.tolist()
    assert labels.dtype == np.uint8


def test_one_array_of_images_needs_no_labels(tmp_path: Path) -> None:
    images, labels, *_ = read_npz(
        DiskFile(write(tmp_path / "a.npz", npz_bytes(images=digits(5)))), ignore
    )

    assert np.array_equal(images, digits(5))
    assert labels is None


def test_labels_with_images_are_read(tmp_path: Path) -> None:
    content = npz_bytes(images=digits(5), labels=LABELS)

    labels = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore).labels

    assert labels is not None
    assert labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("white", [1, 255])
def test_floats_up_to_1_or_255_become_the_same_bytes(
    tmp_path: Path, dtype: str, white: int
) -> None:
    pixels = np.linspace(0, 255, 5 * 784).round().reshape(5, 28, 28)
    content = npz_bytes(images=(pixels / 255 * white).astype(dtype))

    images = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore).images

    assert images.dtype == np.uint8
    assert np.array_equal(images, pixels)


def test_an_array_stored_by_columns_keeps_its_shape(tmp_path: Path) -> None:
    content = npz_bytes(images=np.asfortranarray(digits(5)))

    assert np.array_equal(
        read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore).images, digits(5)
    )


def with_value(value: float) -> np.ndarray[Any, Any]:
    images = np.zeros((2, 28, 28), np.float32)
    images[1, 3, 3] = value
    return images


def objects() -> np.ndarray[Any, Any]:
    return np.array([None, "a"], dtype=object)


BAD = {
    "no images": ({"x": digits()}, "received arrays x.npy, expected x_train"),
    "no arrays": ({}, "received no arrays"),
    "objects": (
        {"images": objects()},
        "received images of Python objects, expected uint8 or floats",
    ),
    "structured": ({"images": np.zeros(3, "u1,u1")}, "received images of type"),
    "text": ({"images": np.array(["a"])}, "received images of type <U1"),
    "int64": ({"images": digits().astype(int)}, "received images of type int64"),
    "complex": ({"images": digits().astype(complex)}, "received images of type complex128"),
    "32 x 32": ({"x_train": np.zeros((2, 32, 32), np.uint8)}, "shape 2 x 32 x 32, expected"),
    "flat": ({"x_train": np.zeros((2, 784), np.uint8)}, "shape 2 x 784, expected"),
    "scalar": ({"images": np.uint8(3)}, r"shape \(\), expected"),
    "empty": ({"images": np.zeros((0, 28, 28), np.uint8)}, "received 0 images"),
    "NaN": ({"images": with_value(float("nan"))}, "floats from nan to nan, expected finite"),
    "infinity": ({"images": with_value(float("inf"))}, "floats from 0 to inf, expected finite"),
    "-1 to 1": ({"images": with_value(-1)}, "floats from -1 to 0, expected 0 to 1 or 0 to 255"),
    "up to 3": ({"images": with_value(3)}, "floats from 0 to 3, expected 0 to 1 or 0 to 255"),
    "up to 256": ({"images": with_value(256)}, "floats from 0 to 256, expected"),
    "a label short": ({"x_train": digits(5), "y_train": LABELS[:4]}, "received 4 labels"),
    "labels of 300": ({"x_train": digits(2), "y_train": [0, 300]}, "y_train from 0 to 300"),
    "labels of -1": ({"x_train": digits(2), "y_train": [-1, 0]}, "y_train from -1 to 0"),
    "float labels": ({"x_train": digits(1), "y_train": [0.0]}, "y_train of type float64"),
    "one-hot labels": ({"x_train": digits(2), "y_train": np.eye(2, dtype=int)}, r"\(2, 2\)"),
    "object labels": ({"images": digits(2), "labels": objects()}, "labels of Python objects"),
}
"""Invalid arrays in valid archives, and the message for each."""


@pytest.mark.parametrize(("arrays", "message"), BAD.values(), ids=BAD.keys())
def test_bad_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "bad.npz", npz_bytes(**arrays))

    with pytest.raises(DataError, match=message) as caught:
        read_npz(DiskFile(path), ignore)

    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


GOOD = npz_bytes(images=digits())
NPY = npy_bytes(digits())


def lying(header: bytes) -> bytes:
    """An archive with an array that has this header and one byte of data."""
    prefix = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    return archive_of(images=prefix + header + b"!")


def shaped(shape: str) -> bytes:
    return lying(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}".encode())


def encrypted() -> bytes:
    """A valid archive whose member is marked as encrypted."""
    content = bytearray(archive_of(images=NPY))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


DAMAGED = {
    "empty file": (b"", "damaged archive"),
    "no archive": (b"hello, world", "damaged archive"),
    "a lone .npy": (NPY, "damaged archive"),
    "truncated": (GOOD[:-50], "damaged archive"),
    "overwritten": (GOOD[:300] + bytes(300) + GOOD[600:], "damaged archive"),
    "wrong checksum": (archive_of(images=NPY).replace(NPY[-9:], bytes(9)), "damaged archive"),
    "encrypted": (encrypted(), "images encrypted"),
    "no header": (archive_of(images=b""), "damaged archive"),
    "no magic": (archive_of(images=b"hello, world"), "damaged archive"),
    "a version to come": (archive_of(images=b"\x93NUMPY\x09\x00" + NPY), "damaged archive"),
    "half a header": (archive_of(images=NPY[:40]), "damaged archive"),
    "nonsense": (lying(b"{'descr': "), "damaged archive"),
    "code": (lying(b"__import__('os').abort()"), "damaged archive"),
    "deep nesting": (lying(b"(" * 9000), "damaged archive"),
    "short data": (archive_of(images=NPY[:-1]), "3919 bytes of data in images.npy, expected 3920"),
    "long data": (archive_of(images=NPY + b"!"), "received 3921 bytes of data in images.npy"),
    "a huge claim": (shaped("(9000000, 28, 28)"), "received 1 bytes of data in images.npy"),
    "too many images": (shaped(f"({10**18}, 28, 28)"), "received 1000000000000000000 images"),
    "a negative count": (shaped("(-1, 28, 28)"), "received -1 images"),
}
"""Invalid archives, and the message for each."""


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "bad.npz", content)

    with memory_at_most(8_000_000), pytest.raises(DataError, match=message) as caught:
        read_npz(DiskFile(path), ignore)

    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


def test_an_escape_sequence_in_the_name_of_an_array_does_not_reach_the_message(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "bad.npz", archive_of(**{"\x1b]0;owned\x07": NPY}))

    with pytest.raises(DataError) as caught:
        read_npz(DiskFile(path), ignore)

    assert str(caught.value).isprintable()


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    """100 MB of zeros in 100 kB, and a header that says so."""
    path = write(tmp_path / "bomb.npz", npz_bytes(images=np.zeros((127_551, 28, 28), np.uint8)))

    with memory_at_most(2_000_000), pytest.raises(DataError, match="claims to unpack to"):
        read_npz(DiskFile(path), ignore)


def test_a_bomb_behind_a_small_header_is_not_inflated(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("images.npy", NPY + bytes(100_000_000))
    path = write(tmp_path / "bomb.npz", buffer.getvalue())

    with memory_at_most(2_000_000), pytest.raises(DataError, match="received 100003920 bytes"):
        read_npz(DiskFile(path), ignore)
