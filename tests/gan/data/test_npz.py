from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.npz import read_npy, read_npz
from gan.data.reading_options import ReadingOptions
from gan.errors import DataError
from tests.gan.data.making import digits, ignore, memory_at_most, npy_bytes, npz_bytes, write

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


IMAGES = "expected an array of images"

BAD = {
    "no arrays": ({}, "received no arrays, expected x_train"),
    "objects": ({"images": objects()}, rf"received images \(2, Python objects\), {IMAGES}"),
    "structured": ({"images": np.zeros(3, "u1,u1")}, IMAGES),
    "text": ({"images": np.array(["a"])}, IMAGES),
    "complex": ({"images": digits().astype(complex)}, rf"complex128\), {IMAGES}"),
    "scalar": ({"images": np.uint8(3)}, rf"received images \(no axes, uint8\), {IMAGES}"),
    "empty": ({"images": np.zeros((0, 28, 28), np.uint8)}, rf"images \(0 x 28 x 28, .* {IMAGES}"),
    "narrow": ({"images": np.zeros((9, 5, 5), np.uint8)}, IMAGES),
    "only labels": ({"labels": np.zeros((9, 784), np.uint8)}, IMAGES),
    "several": (
        {"one": digits(), "other": digits()},
        r"several arrays that may be images: one \(5 x 28 x 28, uint8\), .* --data bad.npz:NAME",
    ),
    "NaN": ({"images": with_value(float("nan"))}, r"nan in image 1 \(counted.* expected finite"),
    "infinity": ({"images": with_value(float("inf"))}, "inf in image 1 .*, expected finite"),
    "all that floats hold": (
        {"images": np.where(np.arange(784).reshape(28, 28) % 2, 1.7e308, -1.7e308)[None]},
        r"received values from -1\.7e\+308 to 1\.7e\+308",
    ),
    "hardly a difference": ({"images": with_value(0).astype(float) + 7 + with_value(1e-16)}, "one"),
    "one value": ({"images": with_value(0) + 7}, "received images of one value, 7, expected"),
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
    "encrypted": (encrypted(), "images.npy encrypted"),
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
    "too many images": (shaped(f"({10**18}, 28, 28)"), "received 1 bytes of data in images.npy"),
    "a negative count": (shaped("(-1, 28, 28)"), "expected an array of images"),
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
    names = ["\x1b]0;owned\x07", "\x1b]0;again\x07"]
    path = write(tmp_path / "bad.npz", archive_of(**dict.fromkeys(names, NPY)))

    with pytest.raises(DataError) as caught:
        read_npz(DiskFile(path), ignore)

    assert str(caught.value).isprintable()


FORMS: dict[str, Any] = {
    "a channel, last": digits()[..., None],
    "a channel, first": digits()[:, None],
    "flat": digits().reshape(5, 784),
    "flat, by columns": np.asfortranarray(digits().reshape(5, 784)),
    "counted last": digits().transpose(1, 2, 0),
    "grey in three channels": np.repeat(digits()[..., None], 3, 3),
    "grey in three planes": np.repeat(digits()[:, None], 3, 1),
    "grey and opaque": np.concatenate(
        [np.repeat(digits()[..., None], 3, 3), np.full((5, 28, 28, 1), 255, np.uint8)], 3
    ),
    "drawn by opacity": np.concatenate(
        [np.zeros((5, 28, 28, 3), np.uint8), digits()[..., None]], 3
    ),
    "by class": np.stack([digits(), digits()]),
    **{name: digits().astype(name) for name in ("int16", ">u2", "int32", "int64", "uint64")},
    "int8": (digits().astype(int) - 128).astype(np.int8),
    "16 bits": digits().astype(np.uint16) * 257,
    "-1 to 1": (digits() / 127.5 - 1).astype(np.float32),
    "-1 to 1 in halves": (digits() / 127.5 - 1).astype(np.float16),
    "beyond 1": digits() / 255 * 1.000001,
    "standardised": (digits() / 255 - 0.1307) / 0.3081,
    "per cent": digits() / 2.55,
}
"""The same images in other forms."""


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_each_form_of_the_same_images_is_read_alike_and_told(tmp_path: Path, form: Any) -> None:
    read = read_npz(DiskFile(write(tmp_path / "a.npz", npz_bytes(images=form))), ignore)

    expected = np.concatenate([digits()] * (len(read.images) // 5))
    assert read.images.dtype == np.uint8
    assert read.images.shape == expected.shape
    # Half floats have 11 bits.
    assert np.abs(read.images.astype(int) - expected).max() <= (form.dtype == np.float16)
    assert len(read.notes) == 1
    assert not read.notes[0].is_warning
    assert " of " + form.dtype.name in read.notes[0].text


def test_booleans_are_black_and_white(tmp_path: Path) -> None:
    content = npz_bytes(images=digits() > 127)

    images = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore).images

    assert np.array_equal(images, (digits() > 127) * 255)


@pytest.mark.parametrize("dtype", ["u1", "i8", "f4"])
def test_zeros_and_ones_are_black_and_white(tmp_path: Path, dtype: str) -> None:
    content = npz_bytes(images=(digits() > 127).astype(dtype))

    images = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore).images

    assert np.array_equal(images, (digits() > 127) * 255)


def test_bytes_of_mnists_form_are_taken_as_they_are_though_they_are_dim(tmp_path: Path) -> None:
    content = npz_bytes(images=digits() // 4)

    read = read_npz(DiskFile(write(tmp_path / "a.npz", content)), ignore)

    assert np.array_equal(read.images, digits() // 4)
    assert "the greatest value is 63 of 255" in read.notes[0].text


def test_an_array_may_be_larger_than_a_block(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((3000, 28, 28))
    path = write(tmp_path / "a.npz", npz_bytes(images=images))

    read = read_npz(DiskFile(path), ignore)

    assert np.array_equal(read.images, np.rint(images.astype(np.float32) * np.float32(255)))


def test_memory_is_that_of_the_images_whatever_their_type(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.npz", npz_bytes(images=np.random.default_rng(0).random((3000, 28, 28)))
    )

    with memory_at_most(3000 * 784 + 14_000_000):
        read_npz(DiskFile(path), ignore)


def ink() -> Any:
    """White on black, with nothing at the border."""
    shades = digits()
    shades[:, :7] = shades[:, -7:] = shades[:, :, :7] = shades[:, :, -7:] = 0
    return shades


@pytest.mark.parametrize("form", [lambda i: i, lambda i: i.reshape(5, 784) / 255])
def test_black_on_white_is_inverted_and_told(tmp_path: Path, form: Any) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(images=form(255 - ink())))

    read = read_npz(DiskFile(path), ignore)
    kept = read_npz(DiskFile(path), ignore, ReadingOptions(invert="no"))

    assert np.array_equal(read.images, ink())
    assert "inverted, because they are black on white" in read.notes[0].text
    assert np.array_equal(kept.images, 255 - ink())


def test_black_on_white_of_another_size_gets_a_black_border(tmp_path: Path) -> None:
    wide = np.full((5, 28, 56), 255, np.uint8)
    wide[:, 10:18, 20:36] = 0

    read = read_npz(DiskFile(write(tmp_path / "a.npz", npz_bytes(images=wide))), ignore)

    assert read.images[:, 0].max() == 0
    assert read.images[:, 14, 14].min() == 255


def test_any_images_are_inverted_if_the_user_asks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(images=ink()))

    read = read_npz(DiskFile(path), ignore, ReadingOptions(invert="yes"))

    assert np.array_equal(read.images, 255 - ink())
    assert "as --invert asks" in read.notes[0].text


def test_the_array_that_was_named_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(x_train=digits(5), other=digits(7)))

    read = read_npz(DiskFile(path), ignore, ReadingOptions(array="other"))

    assert np.array_equal(read.images, digits(7))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x_tran", r"received no array x_tran, but x_train \(5 x 28 x 28, uint8\), y_train"),
        ("y_train", r"received y_train \(5, int64\), expected an array of images"),
    ],
)
def test_a_name_of_no_images_is_refused(tmp_path: Path, name: str, message: str) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(x_train=digits(5), y_train=LABELS))

    with pytest.raises(DataError, match=message):
        read_npz(DiskFile(path), ignore, ReadingOptions(array=name))


UNUSABLE: dict[str, tuple[Any, str]] = {
    "too few": (LABELS[:4], r"there are 4 \(4\) for 5 images"),
    "objects": (np.array([None] * 5, dtype=object), "Python objects, which are never opened"),
    "not whole": (LABELS + 0.5, "they are not whole numbers"),
    "NaN": (LABELS * np.nan, "they are not whole numbers"),
    "two in a row": (np.ones((5, 2), int), "5 x 2 has more than one value for an image"),
    "complex": (LABELS.astype(complex), "they are of type complex128"),
}


@pytest.mark.parametrize(("labels", "why"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_labels_that_cannot_be_used_are_left_out_with_a_warning(
    tmp_path: Path, labels: Any, why: str
) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(x_train=digits(5), y_train=labels))

    read = read_npz(DiskFile(path), ignore)

    assert np.array_equal(read.images, digits(5))
    assert read.labels is None
    assert [note.is_warning for note in read.notes] == [True]
    assert re.search(f"the labels in y_train were left out: .*{why}", read.notes[0].text)


def test_damaged_labels_are_left_out(tmp_path: Path) -> None:
    content = npz_bytes(x_train=digits(5), y_train=LABELS)
    begin = content.rindex(b"y_train.npy", 0, content.index(b"PK\x01\x02"))
    path = write(tmp_path / "a.npz", content[: begin + 90] + b"!!" + content[begin + 92 :])

    try:
        read = read_npz(DiskFile(path), ignore)
    except DataError as error:
        # The damage was in the header, which says what the array is.
        assert "damaged archive" in str(error)  # noqa: PT017
    else:
        assert read.labels is None


class TestNpy:
    def test_an_array_is_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.npy", npy_bytes(digits()))

        assert np.array_equal(read_npy(DiskFile(path), ignore).images, digits())

    def test_a_gzipped_one_is_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.npy.gz", gzip.compress(npy_bytes(digits() / 255)))

        assert np.array_equal(read_npy(DiskFile(path), ignore).images, digits())

    @pytest.mark.parametrize("place", [0, 784])
    def test_a_table_has_its_labels_first_or_last(self, tmp_path: Path, place: int) -> None:
        pixels = digits().reshape(5, 784)
        pixels[:, [0, -1]] = 0
        path = write(tmp_path / "a.npy", npy_bytes(np.insert(pixels, place, LABELS, axis=1)))

        read = read_npy(DiskFile(path), ignore)

        assert np.array_equal(read.images.reshape(5, 784), pixels)
        assert read.labels is not None
        assert read.labels.tolist() == LABELS.tolist()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (npy_bytes(np.array([None])), "Python objects, a pickle, which is never opened"),
            (npy_bytes(LABELS), r"the array a \(5, int64\), expected n x 28 x 28"),
            (npy_bytes(digits())[:-1], "received 3919 bytes of data, expected 3920"),
            (npy_bytes(digits()) + b"!", "received more than 3920 bytes"),
            (b"\x93NUMPY\x01", "a damaged array"),
            (b"", "a damaged array"),
        ],
    )
    def test_a_bad_one_is_refused(self, tmp_path: Path, content: bytes, message: str) -> None:
        path = write(tmp_path / "a.npy", content)

        with pytest.raises(DataError, match=message) as caught:
            read_npy(DiskFile(path), ignore)

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
