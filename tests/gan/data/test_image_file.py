"""Images that stay in their file are those of the file, or an error: never others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan.data.image_file import FileImages, OpenFile
from gan.errors import DataError
from tests.gan.data.making import Bytes, digits, memory_at_most, write

COUNT = 40
HEADER = b"sixteen bytes..."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "digits.npy", HEADER + digits(COUNT).tobytes())


@pytest.fixture
def images(path: Path) -> FileImages:
    return FileImages(OpenFile(path), len(HEADER), COUNT)


def rewrite(path: Path, content: bytes) -> None:
    """Change a file in place, at a later time by its clock."""
    before = path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def shrink(path: Path) -> None:
    os.truncate(path, len(HEADER) + 784 * 20)


def grow(path: Path) -> None:
    rewrite(path, path.read_bytes() + b"!")


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    rewrite(path, bytes(content))


CHANGES = {
    "shrinks": (shrink, "a file that went from 31376 to 15696 bytes while it was in use"),
    "grows": (grow, "a file that went from 31376 to 31377 bytes while it was in use"),
    "changes": (change_a_byte, "a file that was written to while it was in use"),
}


def test_images_come_in_the_order_in_which_they_are_asked_for(images: FileImages) -> None:
    chosen = np.array([39, 0, 7, 7, 12], np.int32)

    assert np.array_equal(images[chosen], digits(COUNT)[chosen])
    assert images[chosen[:0]].shape == (0, 28, 28)


def test_all_of_them_come_in_blocks(images: FileImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.data.image_file.BLOCK", 15)

    blocks = list(images.blocks())

    assert [len(block) for block in blocks] == [15, 15, 10]
    assert np.array_equal(np.concatenate(blocks), digits(COUNT))


def test_they_have_the_shape_and_the_size_of_an_array(images: FileImages) -> None:
    assert (len(images), images.shape, images.nbytes) == (COUNT, (COUNT, 28, 28), COUNT * 784)


def test_what_is_soon_to_be_read_may_be_announced(images: FileImages) -> None:
    images.expect(np.array([3, 1, 2]))

    assert np.array_equal(images[np.array([3])], digits(COUNT)[[3]])


def test_shades_and_turns_are_those_of_every_read(images: FileImages) -> None:
    shades = (255 - np.arange(256)).astype(np.uint8)
    right = (255 - digits(COUNT)).transpose(0, 2, 1)

    shown = images.shown(shades, is_transposed=True)

    assert np.array_equal(shown[np.array([5, 2])], right[[5, 2]])
    assert np.array_equal(np.concatenate(list(shown.blocks())), right)
    assert np.array_equal(images[np.array([5])], digits(COUNT)[[5]])


@pytest.mark.parametrize("number", [-1, COUNT])
def test_a_number_that_no_image_has_is_refused(images: FileImages, number: int) -> None:
    with pytest.raises(IndexError, match=f"images {number} to {number} of {COUNT}"):
        images[np.array([number])]


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_a_file_that_changes_is_an_error_and_no_other_images(
    images: FileImages, path: Path, change: object, message: str
) -> None:
    assert callable(change)
    change(path)

    for read in (lambda: images[np.array([2])], lambda: list(images.blocks())):
        with pytest.raises(DataError, match=message) as caught:
            read()
        assert str(caught.value).startswith(f"{path}: ")
        assert "resume the run" in str(caught.value)


def test_what_lies_beyond_the_end_of_a_shrunken_file_is_the_same_error(
    images: FileImages, path: Path
) -> None:
    """In a mapping of the file this would be SIGBUS, which ends the process."""
    shrink(path)

    with pytest.raises(DataError, match="went from 31376 to 15696 bytes"):
        images[np.array([COUNT - 1])]


def test_a_file_that_another_has_replaced_is_still_the_same(images: FileImages, path: Path) -> None:
    """It is open, so the system keeps it."""
    other = write(path.with_name("other"), HEADER + digits(COUNT - 1).tobytes())
    shutil.move(other, path)

    assert np.array_equal(images[np.arange(COUNT)], digits(COUNT))


def test_a_file_that_was_deleted_is_still_there(images: FileImages, path: Path) -> None:
    path.unlink()

    assert np.array_equal(images[np.arange(COUNT)], digits(COUNT))


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (COUNT + 1, r"received 31360 bytes of data, expected 32144, as the header says"),
        (COUNT - 1, r"received more than 30576 bytes of data, expected 30576, as the header says"),
    ],
    ids=["shorter", "longer"],
)
def test_a_file_of_another_length_than_announced_is_refused(
    path: Path, count: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        FileImages(OpenFile(path), len(HEADER), count)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file or directory"):
        OpenFile(tmp_path / "none.npy")


def test_the_file_is_closed_with_the_last_of_its_images(path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    before = open_files()
    images = FileImages(OpenFile(path), len(HEADER), COUNT)
    turned = images.shown(None, is_transposed=True)
    del images
    assert open_files() == before + 1

    del turned

    assert open_files() == before


def test_memory_holds_what_was_asked_for_and_little_more(tmp_path: Path) -> None:
    count = 20_000
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(count * 784)
    images = FileImages(OpenFile(path), 0, count)

    with memory_at_most(9 * 10**6):
        assert sum(len(block) for block in images.blocks()) == count
    with memory_at_most(3 * 10**5):
        chosen: Bytes = images[np.arange(0, count, 100)]
    assert chosen.nbytes == 156_800
