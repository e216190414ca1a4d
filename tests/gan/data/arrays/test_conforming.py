"""Arrays in any order of their values take little more memory than their images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data import npz
from gan.data.arrays.conforming import conform
from gan.data.data_file import DiskFile
from gan.data.image_set import ImageSet
from gan.data.reading_options import DEFAULT_READING
from gan.errors import DataError
from tests.gan.data.making import Bytes, idx_bytes, ignore, memory_at_most, npz_bytes, write
from tests.gan.data.reading import read_source, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 30_000


def drawn(count: int) -> Bytes:
    """White on black, all different."""
    images = np.zeros((count, 28, 28), np.uint8)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 15, 13))
    images[:, 5:20, 6:19] = pixels
    return images


ORDERS: dict[str, Callable[[Bytes], Any]] = {
    "column-major": np.asfortranarray,
    "column-major rows": lambda images: np.asfortranarray(images.reshape(-1, 784)),
    "column-major with a channel": lambda images: np.asfortranarray(images[:, np.newaxis]),
    "counted last": lambda images: np.ascontiguousarray(images.transpose(1, 2, 0)),
    "a column each": lambda images: np.ascontiguousarray(images.reshape(-1, 784).T),
    "counted last and column-major": lambda images: np.asfortranarray(images.transpose(1, 2, 0)),
    "a column each and column-major": lambda images: np.asfortranarray(images.reshape(-1, 784).T),
    "column-major floats": lambda images: np.asfortranarray(images.astype(np.float32) / 255),
    "column-major, wide": lambda images: np.asfortranarray(images.astype(">i8")),
    "inverted": lambda images: 255 - images,
    "inverted and column-major": lambda images: np.asfortranarray(255 - images),
    "inverted floats": lambda images: (255 - images).astype(np.float32) / 255,
    "inverted, with labels beside": lambda images: np.column_stack(
        [np.arange(len(images)).astype(np.uint8) % 10, 255 - images.reshape(-1, 784)]
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_each_order_holds_the_same_images_in_little_memory(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.npy"
    np.save(path, ORDERS[order](drawn(COUNT)))
    read_source(path)

    with memory_at_most(int(1.3 * COUNT * 784)):
        arrays = read_source(path)
        images = ImageSet.of("a", arrays.images).images

    assert np.array_equal(images, drawn(COUNT))
    assert any("were inverted" in note for note in told(arrays)) == ("inverted" in order)


@pytest.mark.parametrize("order", ORDERS)
def test_packed_ones_are_read_alike(tmp_path: Path, order: str) -> None:
    path = write(tmp_path / "a.npz", npz_bytes(images=ORDERS[order](drawn(50))))

    assert np.array_equal(read_source(path).images, drawn(50))


def test_colours_that_are_counted_last_and_column_major_are_greyed(tmp_path: Path) -> None:
    colours = np.repeat(drawn(50)[..., np.newaxis], 3, axis=-1)
    path = tmp_path / "a.npy"
    np.save(path, np.asfortranarray(colours.transpose(1, 2, 3, 0)))

    assert np.array_equal(read_source(path).images, drawn(50))


def test_inverted_idx_files_take_little_more_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a", idx_bytes(255 - drawn(COUNT)))

    with memory_at_most(int(1.3 * COUNT * 784)):
        images = read_source(path).images

    assert np.array_equal(images, drawn(COUNT))


def test_a_column_major_array_is_turned_upright_too(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.asfortranarray(drawn(6).transpose(0, 2, 1)))

    found = conform(
        path, npz._npy_array(DiskFile(path)), ignore, DEFAULT_READING, is_transposed=True
    )

    assert np.array_equal(found.images, drawn(6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-7], "bytes of data|damaged"),
        (lambda content: content + b"more", "more than|as the header says"),
    ],
    ids=["cut off", "longer"],
)
def test_a_column_major_array_of_another_length_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.asfortranarray(drawn(9)))
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(DataError, match=message):
        read_source(path)


def test_a_number_that_is_none_is_named_by_its_image_in_any_order(tmp_path: Path) -> None:
    floats = drawn(9).astype(np.float32)
    floats[4, 3, 2] = np.nan
    path = tmp_path / "a.npy"
    np.save(path, np.asfortranarray(floats))

    with pytest.raises(DataError, match="nan in image 4"):
        read_source(path)
