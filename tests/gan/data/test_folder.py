from __future__ import annotations

import os
import struct
import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.data.folder import MAX_PIXELS, read_image, read_image_folder
from gan.errors import DataError
from tests.gan.data.making import Reports, digits, ignore, write

if TYPE_CHECKING:
    from pathlib import Path


def save(path: Path, image: Image.Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def grey(value: int, size: tuple[int, int] = (28, 28)) -> Image.Image:
    return Image.new("L", size, value)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header gives a size, with almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


class TestOneImage:
    def test_a_grey_image_of_the_right_size_is_taken_as_it_is(self, tmp_path: Path) -> None:
        pixels = digits(1)[0]

        assert np.array_equal(read_image(save(tmp_path / "a.png", Image.fromarray(pixels))), pixels)

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            (Image.new("1", (28, 28), 1), 255),
            (Image.new("RGB", (28, 28), (255, 0, 0)), 76),
            (Image.new("RGB", (28, 28), (200, 200, 200)).quantize(4), 200),
            (Image.new("RGBA", (28, 28), (255, 255, 255, 0)), 0),
            (Image.new("RGBA", (28, 28), (255, 255, 255, 128)), 128),
            (Image.new("LA", (28, 28), (90, 255)), 90),
            (Image.fromarray(np.full((28, 28), 0x8000, np.uint16)), 128),
        ],
        ids=["bits", "red", "palette", "transparent", "half transparent", "grey", "16 bits"],
    )
    def test_any_mode_is_greyed(self, tmp_path: Path, image: Image.Image, expected: int) -> None:
        pixels = read_image(save(tmp_path / "a.png", image))

        assert np.unique(pixels).tolist() == [expected]

    @pytest.mark.parametrize("suffix", ["jpg", "gif", "bmp", "webp", "pgm"])
    def test_other_formats_are_read(self, tmp_path: Path, suffix: str) -> None:
        pixels = read_image(save(tmp_path / f"a.{suffix}", grey(200)))

        assert abs(pixels.astype(int) - 200).max() <= 2

    @pytest.mark.parametrize(
        ("size", "rows", "columns"),
        [
            ((56, 28), slice(7, 21), slice(0, 28)),
            ((100, 400), slice(0, 28), slice(10, 17)),
            ((7, 7), slice(0, 28), slice(0, 28)),
            ((5000, 1), slice(13, 14), slice(0, 28)),
        ],
        ids=["wide", "tall", "small", "a line"],
    )
    def test_any_size_is_fitted_with_its_proportions_kept(
        self, tmp_path: Path, size: tuple[int, int], rows: slice, columns: slice
    ) -> None:
        expected = np.zeros((28, 28), np.uint8)
        expected[rows, columns] = 255

        assert np.array_equal(read_image(save(tmp_path / "a.png", grey(255, size))), expected)

    def test_dark_on_light_is_not_inverted(self, tmp_path: Path) -> None:
        image = grey(255)
        image.putpixel((3, 4), 0)

        pixels = read_image(save(tmp_path / "a.png", image))

        assert (pixels[4, 3], pixels[0, 0]) == (0, 255)

    def test_a_photograph_is_turned_upright(self, tmp_path: Path) -> None:
        lying = Image.new("L", (64, 32))
        lying.paste(255, (0, 0, 32, 32))
        exif = Image.Exif()
        exif[0x0112] = 6
        lying.save(tmp_path / "a.jpg", exif=exif)

        pixels = read_image(tmp_path / "a.jpg")

        assert pixels[3, 14] > 200
        assert pixels[24, 14] < 50

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "an image that cannot be decoded"),
            (b"not an image", "an image that cannot be decoded"),
            (png_of(28, 28)[:50], "an image that cannot be decoded"),
            (png_of(28, 28)[:-30], "an image that cannot be decoded"),
            (png_of(0, 28), "an image that cannot be decoded"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be decoded"),
            (png_of(4097, 4096), f"received 4097 x 4096 pixels, expected at most {MAX_PIXELS}"),
            (png_of(10_000, 10_000), "received "),
            (png_of(20_000, 20_000), "received "),
            (png_of(2**31 - 1, 2**31 - 1), "received "),
        ],
        ids=[
            "empty", "text", "cut header", "cut data", "no width", "PostScript",
            "too large", "worth a warning", "a bomb", "the largest",
        ],
    )  # fmt: skip
    def test_an_unusable_image_is_refused_by_name(
        self, tmp_path: Path, content: bytes, message: str
    ) -> None:
        write(tmp_path / "a.png", grey_png(tmp_path))
        write(tmp_path / "bad.png", content)

        with pytest.raises(DataError, match=message) as caught:
            read_image_folder(tmp_path, ignore)

        assert str(caught.value).startswith(f"{tmp_path / 'bad.png'}: ")
        assert str(caught.value).isprintable()


def test_an_image_that_pillow_would_warn_about_is_refused_without_a_warning(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.png", png_of(10_000, 10_000))

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(DataError, match=r"a\.png: received"):
            read_image_folder(tmp_path, ignore)

    assert shown == []


def grey_png(folder: Path) -> bytes:
    return save(folder / "a.png", grey(9)).read_bytes()


class TestFolder:
    def test_images_come_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for name, value in [("c", 3), ("a", 1), ("b", 2)]:
            save(tmp_path / f"{name}.PNG", grey(value))

        images, labels, *_ = read_image_folder(tmp_path, ignore)

        assert images[:, 0, 0].tolist() == [1, 2, 3]
        assert labels is None

    def test_sub_folders_are_labels(self, tmp_path: Path) -> None:
        for name, value in [("b/1", 20), ("a/2", 11), ("a/1", 10)]:
            save(tmp_path / f"{name}.png", grey(value))

        images, labels, *_ = read_image_folder(tmp_path, ignore)

        assert images[:, 0, 0].tolist() == [10, 11, 20]
        assert labels is not None
        assert labels.tolist() == [0, 0, 1]

    def test_numbers_are_labelled_by_value_and_before_words(self, tmp_path: Path) -> None:
        for value, name in enumerate(["2", "10", "other"]):
            save(tmp_path / name / "a.png", grey(value))

        images, labels, *_ = read_image_folder(tmp_path, ignore)

        assert images[:, 0, 0].tolist() == [0, 1, 2]
        assert labels is not None
        assert labels.tolist() == [0, 1, 2]

    def test_an_empty_sub_folder_keeps_its_number(self, tmp_path: Path) -> None:
        (tmp_path / "0").mkdir()
        save(tmp_path / "1" / "a.png", grey(1))

        labels = read_image_folder(tmp_path, ignore).labels

        assert labels is not None
        assert labels.tolist() == [1]

    def test_other_files_and_hidden_ones_are_ignored(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png", grey(1))
        write(tmp_path / "README.md", b"about")
        write(tmp_path / "._a.png", b"not an image")
        write(tmp_path / ".cache" / "b.png", b"not an image")

        assert len(read_image_folder(tmp_path, ignore).images) == 1

    def test_progress_counts_images_to_the_last(self, tmp_path: Path) -> None:
        for index in range(65):
            save(tmp_path / f"{index}.png", grey(index))
        reports = Reports()

        read_image_folder(tmp_path, reports)

        what = f"reading {tmp_path.name}"
        assert reports.calls == [(what, 64, 65, "images"), (what, 65, 65, "images")]

    def test_a_folder_without_images_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "notes.txt", b"")

        with pytest.raises(DataError, match=r"received a folder without images, expected.*\.png"):
            read_image_folder(tmp_path, ignore)

    def test_images_next_to_subfolders_of_images_are_refused(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png", grey(1))
        save(tmp_path / "0" / "a.png", grey(1))

        with pytest.raises(DataError, match="images both in it and in its subfolders"):
            read_image_folder(tmp_path, ignore)

    def test_more_labels_than_a_byte_has_are_refused(self, tmp_path: Path) -> None:
        for index in range(257):
            (tmp_path / str(index)).mkdir()
        save(tmp_path / "256" / "a.png", grey(1))

        with pytest.raises(DataError, match="received 257 subfolders, expected at most 256"):
            read_image_folder(tmp_path, ignore)

    def test_a_pipe_with_the_name_of_an_image_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.png")

        with pytest.raises(DataError, match=r"a\.png: received something that is not a regular"):
            read_image_folder(tmp_path, ignore)

    def test_a_dangling_link_with_the_name_of_an_image_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")

        with pytest.raises(DataError, match=r"a\.png: received"):
            read_image_folder(tmp_path, ignore)
