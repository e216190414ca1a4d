"""Sample grids on disk."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.errors import StorageError
from gan.run.samples import tile, write_samples

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
LATENTS = np.random.default_rng(1).standard_normal((16, 100), np.float32)


def test_images_stand_in_reading_order() -> None:
    grid = tile(IMAGES)

    assert (grid.shape, grid.dtype) == ((112, 112), np.uint8)
    for number in range(16):
        row, column = divmod(number, 4)
        cell = grid[28 * row : 28 * (row + 1), 28 * column : 28 * (column + 1)]
        np.testing.assert_array_equal(cell, IMAGES[number])


def test_another_number_of_images_is_refused() -> None:
    with pytest.raises(ValueError, match="received 15 images, expected 16"):
        tile(IMAGES[:15])


def test_the_picture_is_the_grid_in_eight_bit_grey(run: RunDirectory) -> None:
    path = write_samples(run, 500, IMAGES, LATENTS)

    assert path == "samples/000500.png"
    with Image.open(run.path / path) as picture:
        assert (picture.mode, picture.size, picture.format) == ("L", (112, 112), "PNG")
        np.testing.assert_array_equal(np.asarray(picture), tile(IMAGES))


def test_the_arrays_are_kept_exactly(run: RunDirectory) -> None:
    write_samples(run, 500, IMAGES, LATENTS)

    with np.load(run.samples_path / "000500.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["images"], IMAGES)
        np.testing.assert_array_equal(arrays["latents"], LATENTS)
        assert arrays["latents"].dtype == np.float32


def test_samples_of_the_same_step_are_replaced(run: RunDirectory) -> None:
    write_samples(run, 500, IMAGES, LATENTS)
    write_samples(run, 500, IMAGES[::-1], LATENTS)

    with Image.open(run.samples_path / "000500.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), tile(IMAGES[::-1]))
    files = sorted(run.samples_path.iterdir())
    assert [file.name for file in files] == ["000500.npz", "000500.png"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_folder_that_is_gone_is_a_storage_error(run: RunDirectory) -> None:
    run.samples_path.rmdir()

    with pytest.raises(StorageError, match=r"cannot write .*000500"):
        write_samples(run, 500, IMAGES, LATENTS)
