from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.data.pictures.appearance import Appearance
from gan.data.pictures.decoding import MAX_PIXELS
from gan.data.pictures.decoding import grey as shades_of
from gan.data.pictures.fitting import fitted
from gan.errors import DataError
from tests.gan.data.making import digits, write
from tests.gan.data.pictures.drawing import grey, png_of, save
from tests.gan.data.reading import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Bytes


PLAIN = Appearance()


def read_image(path: Path, appearance: Appearance = PLAIN) -> Bytes:
    return np.asarray(fitted(shades_of(path, appearance)))


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

    @pytest.mark.parametrize("suffix", ["jpg", "gif", "bmp", "webp", "pgm", "tif", "jp2"])
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

    def test_ink_of_another_print_is_light_where_there_is_none(self, tmp_path: Path) -> None:
        """CMYK holds ink, not light."""
        image = Image.new("CMYK", (28, 28), (0, 0, 0, 0))

        assert np.unique(read_image(save(tmp_path / "a.tif", image))).tolist() == [255]
        assert read_image(save(tmp_path / "a.jpg", image)).min() >= 253

    @pytest.mark.parametrize("suffix", ["tif", "png"])
    def test_sixteen_bits_are_eight_coarser_ones(self, tmp_path: Path, suffix: str) -> None:
        pixels = digits(1)[0]
        image = Image.fromarray(pixels.astype(np.uint16) * 257)

        assert np.array_equal(read_image(save(tmp_path / f"a.{suffix}", image)), pixels)

    @pytest.mark.parametrize(
        ("values", "white"),
        [(digits(1)[0].astype(np.uint16), 255), (digits(1)[0] / np.float32(255), 1)],
        ids=["16 bits", "floats"],
    )
    def test_values_up_to_another_white_are_scaled_to_it(
        self, tmp_path: Path, values: np.ndarray, white: float
    ) -> None:
        path = save(tmp_path / "a.tif", Image.fromarray(values))

        assert np.array_equal(read_image(path, Appearance(deep_white=white)), digits(1)[0])

    def test_the_first_frame_of_an_animation_is_taken(self, tmp_path: Path) -> None:
        grey(10).save(tmp_path / "a.gif", save_all=True, append_images=[grey(200), grey(90)])

        assert np.unique(read_image(tmp_path / "a.gif")).tolist() == [10]

    def test_what_is_behind_transparent_ink_can_be_white(self, tmp_path: Path) -> None:
        ink = np.zeros((28, 28, 4), np.uint8)
        ink[..., 3] = digits(1)[0]
        path = save(tmp_path / "a.png", Image.fromarray(ink))

        assert np.unique(read_image(path)).tolist() == [0]
        assert np.array_equal(
            read_image(path, Appearance(over_white=True, inverted=True)), digits(1)[0]
        )

    def test_the_border_of_an_inverted_image_is_black_too(self, tmp_path: Path) -> None:
        path = save(tmp_path / "a.png", grey(0, (56, 28)))

        pixels = read_image(path, Appearance(inverted=True))

        assert (pixels[0, 0], pixels[14, 14]) == (0, 255)

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
        save(tmp_path / "a.png", grey(9))
        write(tmp_path / "bad.png", content)

        with pytest.raises(DataError, match=message) as caught:
            read_source(tmp_path)

        assert str(caught.value).startswith(f"{tmp_path / 'bad.png'}: ")
        assert str(caught.value).isprintable()


def test_an_image_that_pillow_would_warn_about_is_refused_without_a_warning(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.png", png_of(10_000, 10_000))

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(DataError, match=r"a\.png: received"):
            read_source(tmp_path)

    assert shown == []
