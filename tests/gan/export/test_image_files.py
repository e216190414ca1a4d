"""Images as files that other programs read: the same pixels, in the order in which they came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.data.data_file import DiskFile
from gan.data.npz import read_npz
from gan.errors import UsageError
from gan.export import image_files
from gan.export.image_files import Sheet, kind_of, require_free_place
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.events import Floats, Images

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
LATENTS = np.random.default_rng(1).standard_normal((7, 3), np.float32)


def drawn() -> Iterator[tuple[Images, Floats]]:
    """In blocks of unequal sizes."""
    for begin, end in ((0, 3), (3, 4), (4, 7)):
        yield IMAGES[begin:end], LATENTS[begin:end]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.npz", "npz"),
        ("a.NPY", "npy"),
        ("a.png", "png"),
        ("a.gif", "gif"),
        ("a", "folder"),
        ("a.png/", "folder"),
        (".", "folder"),
        ("a/b.c/d", "folder"),
    ],
)
def test_a_name_says_what_is_written(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_another_suffix_is_refused_by_the_ones_there_are() -> None:
    with pytest.raises(UsageError, match=r"'a.jpg', expected a name that ends in .npz, .npy, .png"):
        kind_of("a.jpg")


def test_an_array_holds_the_images(tmp_path: Path) -> None:
    image_files.write_npy(tmp_path / "a.npy", drawn(), 7, force=False)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), IMAGES)


def test_an_archive_holds_the_images_and_their_latents(tmp_path: Path) -> None:
    image_files.write_npz(tmp_path / "a.npz", drawn(), 7, 3, force=False)
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == ["images", "latents"]
        np.testing.assert_array_equal(archive["images"], IMAGES)
        np.testing.assert_array_equal(archive["latents"], LATENTS)
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]


def test_a_run_can_be_trained_on_an_archive(tmp_path: Path) -> None:
    image_files.write_npz(tmp_path / "a.npz", drawn(), 7, 3, force=False)
    read = read_npz(DiskFile(tmp_path / "a.npz"), ignore)
    np.testing.assert_array_equal(read.images, IMAGES)


def test_a_sheet_has_the_images_row_by_row(tmp_path: Path) -> None:
    image_files.write_sheet(tmp_path / "a.png", drawn(), Sheet(4, 2), force=False)
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.mode, picture.size) == ("L", (4 * 28 * 4, 2 * 28 * 4))
        pixels = np.asarray(picture)[::4, ::4]
    np.testing.assert_array_equal(pixels[:28, 28:56], IMAGES[1])
    np.testing.assert_array_equal(pixels[28:, :28], IMAGES[4])
    assert not pixels[28:, 84:].any(), "the last cell has no image"


@pytest.mark.parametrize(("columns", "width"), [(1, 112), (10, 1120), (20, 1120), (100, 2800)])
def test_a_sheet_is_enlarged_while_it_is_small(tmp_path: Path, columns: int, width: int) -> None:
    image_files.write_sheet(tmp_path / "a.png", drawn(), Sheet(columns, 7), force=False)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == width


@pytest.mark.parametrize(
    ("count", "sheet"), [(1, (1, 1)), (2, (2, 1)), (16, (4, 4)), (17, (5, 4)), (100, (10, 10))]
)
def test_images_are_arranged_about_square(count: int, sheet: tuple[int, int]) -> None:
    assert Sheet.for_count(count) == sheet
    assert Sheet.for_count(count).cells >= count


def test_a_film_shows_the_frames_without_end(tmp_path: Path) -> None:
    frames = [np.full((1, 28, 28), grey, np.uint8) for grey in (0, 100, 200)]
    image_files.write_film(tmp_path / "a.gif", frames, Sheet(1, 1), force=False)
    with Image.open(tmp_path / "a.gif") as film:
        assert (film.n_frames, film.info["loop"], film.info["duration"]) == (3, 0, 80)
        assert film.size == (56, 56)
        for number, grey in enumerate((0, 100, 200)):
            film.seek(number)
            assert film.convert("L").getpixel((0, 0)) == grey


def test_a_folder_has_a_picture_of_each_image(tmp_path: Path) -> None:
    image_files.write_folder(tmp_path / "out", drawn(), force=False)
    names = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert names == [f"{number:06d}.png" for number in range(7)]
    for name, image in zip(names, IMAGES, strict=True):
        with Image.open(tmp_path / "out" / name) as picture:
            np.testing.assert_array_equal(np.asarray(picture), image)


def test_only_pictures_with_numbers_are_replaced_by_force(tmp_path: Path) -> None:
    image_files.write_folder(tmp_path / "out", drawn(), force=False)
    require_free_place(tmp_path / "out", "folder", force=True)
    (tmp_path / "out" / "cat.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"'cat.png', which no export made"):
        require_free_place(tmp_path / "out", "folder", force=True)


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"old")
    with pytest.raises(UsageError, match="exists"):
        image_files.write_npy(tmp_path / "a.npy", drawn(), 7, force=False)
    assert (tmp_path / "a.npy").read_bytes() == b"old"
