"""Sample grids on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.errors import StorageError
from gan.run.samples import read_samples, sample_path, sample_steps, tile, write_samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.directory import RunDirectory

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 28, 28), np.uint8)
LATENTS = np.random.default_rng(1).standard_normal((16, 100), np.float32)


def test_images_are_in_reading_order() -> None:
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


def test_a_missing_folder_is_a_storage_error(run: RunDirectory) -> None:
    run.samples_path.rmdir()

    with pytest.raises(StorageError, match=r"cannot write .*000500"):
        write_samples(run, 500, IMAGES, LATENTS)


@pytest.mark.parametrize("latent_dim", [1, 2, 100, 65_536])
def test_a_grid_is_read_back_as_it_was_drawn(run: RunDirectory, latent_dim: int) -> None:
    path = write_samples(run, 500, IMAGES, np.ones((16, latent_dim), np.float32))

    images = read_samples(run, path)

    np.testing.assert_array_equal(images, IMAGES)
    assert not images.flags.writeable


@pytest.mark.parametrize(
    "path",
    [
        "",
        "samples",
        "000500.png",
        "samples/000500.npz",
        "samples/500.png",
        "samples/../samples/000500.png",
        "samples/x/000500.png",
        "../run/samples/000500.png",
        "/etc/000500.png",
        "samples/000500.png\n",
        "samples/\x00000500.png",
        "samples\udcff/000500.png",
    ],
)
def test_a_path_that_is_not_a_grid_is_refused_unread(run: RunDirectory, path: str) -> None:
    """Paths come from a log, which anyone may have written."""
    write_samples(run, 500, IMAGES, LATENTS)

    with pytest.raises(StorageError, match=r"expected a path like samples/000500\.png"):
        read_samples(run, path)


def flipped(data: bytes) -> bytes:
    """The data with one bit of one pixel flipped."""
    return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]


def linked(file: Path) -> None:
    file.rename(file.with_suffix(".other"))
    file.symlink_to(file.with_suffix(".other"))


SPOIL: dict[str, Callable[[Path], object]] = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:9000]),
    "flipped": lambda file: file.write_bytes(flipped(file.read_bytes())),
    "longer": lambda file: file.write_bytes(file.read_bytes() + bytes(64)),
    "empty": lambda file: file.write_bytes(b""),
    "endless": lambda file: os.truncate(file, 1 << 40),
    "gone": lambda file: file.unlink(),
    "a link": linked,
    "fewer images": lambda file: np.savez(file, images=IMAGES[:9], latents=LATENTS),
    "other numbers": lambda file: np.savez(file, images=IMAGES.astype("<f4"), latents=LATENTS),
    "packed": lambda file: np.savez_compressed(file, images=IMAGES, latents=LATENTS),
    "objects": lambda file: np.savez(file, images=np.array([print] * 16), latents=LATENTS),
}
"""Ways in which the arrays of a grid may be damaged or replaced."""


@pytest.mark.parametrize("damage", SPOIL)
def test_arrays_that_are_not_a_grid_are_a_storage_error(run: RunDirectory, damage: str) -> None:
    path = write_samples(run, 500, IMAGES, LATENTS)
    SPOIL[damage](run.samples_path / "000500.npz")

    with pytest.raises(StorageError, match=r"cannot read .*000500\.npz"):
        read_samples(run, path)


def test_the_steps_of_the_grids_are_in_ascending_order(run: RunDirectory) -> None:
    for step in (1_000_000, 500, 0):
        write_samples(run, step, IMAGES, LATENTS)
    for stray in (".000700.png.tmp-1-ab", "000800.npz", "notes.png", "900.png"):
        (run.samples_path / stray).write_bytes(b"")

    assert sample_steps(run) == [0, 500, 1_000_000]
    assert sample_path(run, 500) == "samples/000500.png"
    for step in sample_steps(run):
        np.testing.assert_array_equal(read_samples(run, sample_path(run, step)), IMAGES)


def test_a_run_without_the_folder_has_no_grids(run: RunDirectory) -> None:
    run.samples_path.rmdir()

    assert sample_steps(run) == []


def test_a_file_in_place_of_the_folder_is_a_storage_error(run: RunDirectory) -> None:
    run.samples_path.rmdir()
    run.samples_path.write_bytes(b"")

    with pytest.raises(StorageError, match=r"cannot read .*samples"):
        sample_steps(run)
