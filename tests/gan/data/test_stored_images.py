"""Images are the same wherever they are: in memory, on disk, or some here and some there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.image_file import FileImages, OpenFile
from gan.data.stored_images import ImagesOnDisk, blocks_of, expect, joined, read_into
from tests.gan.data.making import digits, write

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.stored_images import AnyImages

ALL = digits(30)


def on_disk(folder: Path, begin: int, end: int) -> FileImages:
    path = write(folder / f"{begin}-{end}", ALL[begin:end].tobytes())
    return FileImages(OpenFile(path), 0, end - begin)


@pytest.fixture(params=["in memory", "on disk", "in parts"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> AnyImages:
    made: dict[str, AnyImages] = {
        "in memory": ALL,
        "on disk": on_disk(tmp_path, 0, 30),
        "in parts": joined([on_disk(tmp_path, 0, 7), ALL[7:8], on_disk(tmp_path, 8, 30)]),
    }
    return made[request.param]


def test_some_of_them_are_the_same(images: AnyImages) -> None:
    chosen = np.array([29, 7, 0, 8, 6, 7, 1], np.int32)
    out = np.empty((len(chosen), 28, 28), np.uint8)
    expect(images, chosen)

    read_into(images, chosen, out)

    assert np.array_equal(out, ALL[chosen])
    assert np.array_equal(images[chosen], ALL[chosen])


def test_all_of_them_are_the_same(images: AnyImages) -> None:
    assert np.array_equal(np.concatenate(list(blocks_of(images))), ALL)
    assert (len(images), images.shape, images.nbytes) == (30, (30, 28, 28), ALL.nbytes)


def test_parts_in_memory_become_one_array() -> None:
    whole = joined([ALL[:10], ALL[10:]])

    assert isinstance(whole, np.ndarray)
    assert np.array_equal(whole, ALL)


def test_a_number_beyond_all_parts_is_refused(tmp_path: Path) -> None:
    parts = joined([on_disk(tmp_path, 0, 7), on_disk(tmp_path, 7, 30)])
    assert isinstance(parts, ImagesOnDisk)

    with pytest.raises(IndexError, match="images 3 to 30 of 30"):
        parts[np.array([3, 30])]
