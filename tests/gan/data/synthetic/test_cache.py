from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.synthetic.cache import read_digits, write_digits

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 3
IMAGES = np.arange(COUNT * 28 * 28).reshape(COUNT, 28, 28).astype(np.uint8)
LABELS = np.array([7, 0, 9], np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    kept = tmp_path / "cache" / "digits.bin"
    write_digits(kept, IMAGES, LABELS)
    return kept


def test_what_was_written_is_read(path: Path) -> None:
    kept = read_digits(path, COUNT)

    assert kept is not None
    np.testing.assert_array_equal(kept[0], IMAGES)
    np.testing.assert_array_equal(kept[1], LABELS)


def test_a_missing_file_is_not_read(tmp_path: Path) -> None:
    assert read_digits(tmp_path / "none.bin", COUNT) is None


@pytest.mark.parametrize("place", [0, 32, 1000, -1], ids=["digest", "first", "middle", "label"])
def test_one_changed_byte_is_noticed(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)

    assert read_digits(path, COUNT) is None


def test_a_torn_file_is_not_read(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])

    assert read_digits(path, COUNT) is None


def test_a_file_of_another_count_is_not_read(path: Path) -> None:
    assert read_digits(path, COUNT - 1) is None


def test_a_folder_in_place_of_the_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    write_digits(tmp_path, IMAGES, LABELS)

    assert read_digits(tmp_path, COUNT) is None
    assert tmp_path.is_dir()


def test_no_other_file_is_left(path: Path) -> None:
    write_digits(path, IMAGES, LABELS)

    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "digits.bin").mkdir()

    write_digits(tmp_path / "digits.bin", IMAGES, LABELS)

    assert [file.name for file in tmp_path.iterdir()] == ["digits.bin"]


def test_an_unwritable_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    write_digits(tmp_path / "file" / "digits.bin", IMAGES, LABELS)

    assert (tmp_path / "file").read_text() == "not a folder"
