from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from gan.errors import DataError
from tests.gan.data.making import Reports, digits, write
from tests.gan.data.pictures.drawing import digit, grey, png_of, save
from tests.gan.data.reading import read_source, told, warned

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Bytes


def write_all(folder: Path, images: Bytes, suffix: str = "png") -> Path:
    for number, image in enumerate(images):
        save(folder / f"{number:03}.{suffix}", Image.fromarray(image))
    return folder


class TestDamage:
    """A few pictures that can't be decoded are no reason to refuse a set."""

    def test_a_few_damaged_images_are_passed_over_by_name(self, tmp_path: Path) -> None:
        write_all(tmp_path, digits(60))
        write(tmp_path / "030.png", b"")
        write(tmp_path / "cut.png", png_of(28, 28)[:50])

        arrays = read_source(tmp_path)

        kept = np.delete(digits(60), 30, axis=0)
        assert np.array_equal(arrays.images, kept)
        (warning,) = warned(arrays)
        assert warning.startswith(
            "2 images that cannot be decoded were passed over: 030.png, cut.png"
        )

    def test_the_labels_are_those_of_the_images_that_are_left(self, tmp_path: Path) -> None:
        for label in (0, 1):
            write_all(tmp_path / str(label), digits(30))
        write(tmp_path / "0" / "003.png", b"")

        labels = read_source(tmp_path).labels

        assert labels is not None
        assert labels.tolist() == [0] * 29 + [1] * 30

    def test_many_names_are_cut(self, tmp_path: Path) -> None:
        write_all(tmp_path, digits(2)[:1].repeat(1000, axis=0))
        for number in range(10):
            write(tmp_path / f"{number:03}.png", b"")

        (warning,) = warned(read_source(tmp_path))
        assert warning.startswith("10 images that cannot be decoded were passed over: 000.png, ")
        assert warning.endswith(", 007.png and 2 more (--strict refuses them)")

    def test_one_is_enough_to_refuse_a_set_strictly(self, tmp_path: Path) -> None:
        write_all(tmp_path, digits(60))
        write(tmp_path / "030.png", b"")

        with pytest.raises(DataError, match=r"030\.png: received an image that cannot be decoded"):
            read_source(tmp_path, strict=True)

    @pytest.mark.parametrize(("count", "broken"), [(400, 5), (98, 4), (20, 2), (1, 1)])
    def test_more_than_a_hundredth_or_a_few_are_refused(
        self, tmp_path: Path, count: int, broken: int
    ) -> None:
        write_all(tmp_path, digits(2)[:1].repeat(count - broken, axis=0))
        for number in range(broken):
            write(tmp_path / f"x{number}.png", b"")

        with pytest.raises(DataError, match=r"x0\.png: received an image that cannot be decoded"):
            read_source(tmp_path)

    def test_one_that_is_too_large_is_no_damage(self, tmp_path: Path) -> None:
        write_all(tmp_path, digits(100))
        write(tmp_path / "x.png", png_of(4097, 4096))

        with pytest.raises(DataError, match=r"x\.png: received 4097 x 4096 pixels"):
            read_source(tmp_path)

    def test_what_is_there_instead_is_named(self, tmp_path: Path) -> None:
        """A clone without Git LFS has pointers under the names of its pictures."""
        write(tmp_path / "a.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")

        with pytest.raises(DataError, match="a Git LFS pointer"):
            read_source(tmp_path)

    def test_a_pipe_is_passed_over_and_not_waited_for(self, tmp_path: Path) -> None:
        write_all(tmp_path, digits(60))
        os.mkfifo(tmp_path / "pipe.png")

        assert len(read_source(tmp_path).images) == 60

    def test_a_pipe_alone_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.png")

        with pytest.raises(DataError, match=r"a\.png: received something that is not a regular"):
            read_source(tmp_path)

    def test_a_dangling_link_alone_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")

        with pytest.raises(DataError, match=r"a\.png: received"):
            read_source(tmp_path)


class TestInversion:
    def test_black_on_white_is_inverted_and_told(self, tmp_path: Path) -> None:
        images = np.stack([digit(i) for i in range(20)])

        arrays = read_source(write_all(tmp_path, 255 - images))

        assert np.array_equal(arrays.images, images)
        assert told(arrays) == [
            "the images are black on white and were inverted (--invert no keeps them)"
        ]

    def test_white_on_black_is_kept_without_a_word(self, tmp_path: Path) -> None:
        images = np.stack([digit(i) for i in range(20)])

        arrays = read_source(write_all(tmp_path, images))

        assert np.array_equal(arrays.images, images)
        assert told(arrays) == []

    @pytest.mark.parametrize("invert", ["yes", "no"])
    def test_an_option_decides(self, tmp_path: Path, invert: str) -> None:
        images = np.stack([digit(i) for i in range(20)])
        write_all(tmp_path, 255 - images)

        found = read_source(tmp_path, invert=invert).images

        assert np.array_equal(found, images if invert == "yes" else 255 - images)

    def test_grey_paper_and_thin_ink_are_black_on_white(self, tmp_path: Path) -> None:
        images = np.stack([digit(i) // 6 for i in range(20)])
        paper = np.random.default_rng(0).integers(195, 206, images.shape).astype(np.uint8)

        arrays = read_source(write_all(tmp_path, paper - images))

        assert np.array_equal(arrays.images, 255 - (paper - images))

    @pytest.mark.parametrize("seed", range(3))
    def test_photographs_are_not_inverted(self, tmp_path: Path, seed: int) -> None:
        """Their borders are of any brightness: a bright sky, a dark meadow."""
        random = np.random.default_rng(seed)
        images = np.empty((40, 28, 28), np.uint8)
        images[:, :14] = random.integers(150, 256, (40, 1, 1))
        images[:, 14:] = random.integers(0, 150, (40, 1, 1))

        assert np.array_equal(read_source(write_all(tmp_path, images)).images, images)

    def test_dark_ink_on_nothing_is_read_as_ink(self, tmp_path: Path) -> None:
        images = np.stack([digit(i) for i in range(20)])
        for number, image in enumerate(images):
            ink = np.zeros((28, 28, 4), np.uint8)
            ink[..., 3] = image
            save(tmp_path / f"{number:03}.png", Image.fromarray(ink))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, images)
        assert told(arrays) == [
            "dark ink on a transparent ground was read as white on black (--invert no: on white)"
        ]

    def test_light_ink_on_nothing_stays_over_black(self, tmp_path: Path) -> None:
        images = np.stack([digit(i) for i in range(20)])
        for number, image in enumerate(images):
            ink = np.full((28, 28, 4), 255, np.uint8)
            ink[..., 3] = image
            save(tmp_path / f"{number:03}.png", Image.fromarray(ink))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, images)
        assert told(arrays) == []

    def test_opaque_white_on_black_with_transparent_corners_stays_over_black(
        self, tmp_path: Path
    ) -> None:
        """Most of it is dark, but it is no ink."""
        images = np.stack([digit(i) for i in range(20)])
        for number, image in enumerate(images):
            layers = np.dstack([image, image, image, np.full((28, 28), 255, np.uint8)])
            layers[:3, :3, 3] = 0
            save(tmp_path / f"{number:03}.png", Image.fromarray(layers))

        arrays = read_source(tmp_path)

        assert np.array_equal(arrays.images, images)
        assert told(arrays) == []


class TestSizes:
    def test_other_sizes_are_fitted_and_told_once(self, tmp_path: Path) -> None:
        for number in range(3):
            save(tmp_path / f"{number}.png", grey(9, (32, 32)))

        arrays = read_source(tmp_path)

        assert arrays.images.shape == (3, 28, 28)
        assert told(arrays) == [
            "3 images of 32 x 32 fitted into 28 x 28 (--exact-size refuses them)"
        ]

    def test_many_sizes_are_told_as_a_range(self, tmp_path: Path) -> None:
        for number in (10, 20, 40):
            save(tmp_path / f"{number}.png", grey(9, (number, number)))

        (note,) = told(read_source(tmp_path))

        assert note.startswith("3 images of 3 sizes, 10 x 10 to 40 x 40, fitted into 28 x 28")

    def test_they_are_refused_if_the_size_must_be_exact(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png", grey(9))
        save(tmp_path / "b.png", grey(9, (32, 30)))

        with pytest.raises(DataError, match=r"b\.png: received an image of 32 x 30 pixels"):
            read_source(tmp_path, exact_size=True)


def test_colour_is_greyed_and_told(tmp_path: Path) -> None:
    save(tmp_path / "a.png", Image.new("RGB", (28, 28), (255, 0, 0)))

    arrays = read_source(tmp_path)

    assert np.unique(arrays.images).tolist() == [76]
    assert told(arrays) == ["coloured images were converted to grey"]


def test_sixteen_bits_that_hold_eight_are_not_all_black(tmp_path: Path) -> None:
    pixels = digits(1)[0]
    save(tmp_path / "a.png", Image.fromarray(pixels.astype(np.uint16)))

    assert np.array_equal(read_source(tmp_path).images[0], pixels)


def test_what_pillow_has_to_say_reaches_nobody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    palette = Image.new("P", (28, 28))
    palette.info["transparency"] = bytes(range(256))
    save(tmp_path / "a.png", palette)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[65_000] = "unknown"
    grey(3).save(tmp_path / "b.tif", tiffinfo=tags, compression="tiff_lzw")
    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = logged.append  # type: ignore[method-assign]
    logging.getLogger("PIL").addHandler(handler)

    try:
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            read_source(tmp_path)
    finally:
        logging.getLogger("PIL").removeHandler(handler)

    assert (shown, logged) == ([], [])
    assert capfd.readouterr() == ("", "")


def test_progress_counts_images_to_the_last(tmp_path: Path) -> None:
    for index in range(65):
        save(tmp_path / f"{index}.png", grey(index))
    reports = Reports()

    read_source(tmp_path, reports)

    what = f"reading {tmp_path.name}"
    assert reports.calls == [(what, done, 65, "images") for done in (0, 0, 64, 65)]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-1, 1, "from -1 to 1 "), (-0.5, 0.5, "from -0.5 to 0.5 "), (-40, 200, "from -40 to 200 ")],
)
def test_floats_below_0_are_read_from_their_least_value_on(
    tmp_path: Path, low: float, high: float, said: str
) -> None:
    shades = digits(6)
    shades[:, 0, 0], shades[:, 0, 1] = 0, 255
    for number, image in enumerate(shades):
        floats = image.astype(np.float32) / 255 * (high - low) + low
        save(tmp_path / f"{number}.tif", Image.fromarray(floats.astype(np.float32)))

    found = read_source(tmp_path)

    assert np.abs(found.images.astype(int) - shades).max() <= 1
    assert any(said in note for note in told(found))
