"""Decoded pictures of a large folder are kept, and never taken for those of another one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.layouts.source import read_source
from gan.data.pictures import cache
from gan.data.reading_options import ReadingOptions
from tests.gan.data.genuine import picture_bytes
from tests.gan.data.making import Reports, digits, ignore, memory_at_most, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.data.image_set import Arrays, Progress

COUNT = 24


@pytest.fixture(autouse=True)
def worth_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep few pictures too, and such as were just written."""
    monkeypatch.setattr(cache, "WORTH", COUNT - 2)
    monkeypatch.setattr(cache, "SETTLED_SECONDS", 0)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which they are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "gan-tui" / "pictures"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, image in enumerate(digits(COUNT)):
        write(tmp_path / "set" / str(number % 3) / f"{number:02}.png", picture_bytes(image))
    return tmp_path / "set"


def read(folder: Path, progress: Progress = ignore, **options: bool | str) -> Arrays:
    return read_source(folder, progress, ReadingOptions(**options))[0]  # type: ignore[arg-type]


def reads(folder: Path, **options: bool | str) -> bool:
    """Whether pictures are decoded rather than taken from the cache."""
    reports = Reports()
    read(folder, reports, **options)
    return not any(call[0].endswith("from the cache") for call in reports.calls)


def test_the_second_time_nothing_is_decoded_and_all_is_the_same(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "0" / "broken.png", b"")
    write(folder / "1" / "large.png", picture_bytes(np.eye(40, dtype=np.uint8) * 255))
    first = read(folder)
    assert len(list(kept.iterdir())) == 1

    def decode(*_: object) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr("gan.data.pictures.reading.grey", decode)
    monkeypatch.setattr("gan.data.pictures.reading.sketch", decode)
    second = read(folder)

    assert np.array_equal(first.images, second.images)
    assert first.labels is not None
    assert second.labels is not None
    assert first.labels.tolist() == second.labels.tolist()
    assert len(second.images) == COUNT + 1
    assert first.notes == second.notes
    assert any("passed over: broken.png" in note.text for note in second.notes)
    assert first.original == second.original
    assert (first.class_names, second.class_names) == ((), ())


def change_bytes(folder: Path) -> None:
    """The same size, and the same time of the last change, as `rsync --times` leaves it."""
    path = next((folder / "1").iterdir())
    status = path.stat()
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def add(folder: Path) -> None:
    write(folder / "1" / "new.png", picture_bytes(digits(1)[0]))


def remove(folder: Path) -> None:
    next((folder / "1").iterdir()).unlink()


def rename(folder: Path) -> None:
    path = next((folder / "1").iterdir())
    path.rename(path.with_name("renamed.png"))


def touch(folder: Path) -> None:
    os.utime(next((folder / "1").iterdir()), (1, 1))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("change", [change_bytes, add, remove, rename, touch])
def test_if_any_file_differs_all_are_decoded_again(
    folder: Path, change: Callable[[Path], None]
) -> None:
    read(folder)
    assert not reads(folder)

    change(folder)

    assert reads(folder)
    assert not reads(folder)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("options", [{"invert": "yes"}, {"strict": True}, {"exact_size": True}])
def test_with_other_options_they_are_decoded_again(
    folder: Path, options: dict[str, bool | str]
) -> None:
    read(folder)

    assert reads(folder, **options)
    assert not reads(folder)


def test_damage_anywhere_is_noticed(folder: Path, kept: Path) -> None:
    right = read(folder)
    (path,) = kept.iterdir()
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert np.array_equal(read(folder).images, right.images)
        assert path.read_bytes() == content, f"byte {place}"


@pytest.mark.parametrize("size", [0, 10, 40, 1000])
def test_what_was_cut_off_is_made_again(folder: Path, kept: Path, size: int) -> None:
    right = read(folder)
    (path,) = kept.iterdir()
    os.truncate(path, size)

    assert np.array_equal(read(folder).images, right.images)
    assert not reads(folder)


def test_a_file_that_has_just_changed_may_change_again(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SETTLED_SECONDS", 1000)

    read(folder)

    assert not kept.exists()


def test_few_pictures_and_those_of_an_archive_are_not_kept(
    folder: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.gan.data.genuine import zip_bytes

    archive = {f"{p.parent.name}/{p.name}": p.read_bytes() for p in folder.glob("*/*")}
    read(write(tmp_path / "a.zip", zip_bytes(archive)))
    monkeypatch.setattr(cache, "WORTH", COUNT + 1)
    read(folder)

    assert not kept.exists()


def test_what_was_not_used_for_longest_makes_room(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = COUNT * 784
    monkeypatch.setattr(cache, "LIMIT", int(2.5 * size))
    for number, invert in enumerate(("auto", "no", "yes")):
        read(folder, invert=invert)
        for path in kept.iterdir():
            # As if some time had passed since.
            status = path.stat()
            os.utime(path, ns=(0, status.st_mtime_ns - 10**9 * (number + 1)))

    assert len(list(kept.iterdir())) == 2
    assert not reads(folder, invert="yes")
    assert not reads(folder, invert="no")
    assert reads(folder)


def test_more_than_half_of_the_cache_is_not_kept(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LIMIT", COUNT * 784)

    read(folder)

    assert not kept.exists()


def test_a_full_disk_is_no_error(folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "free_bytes", lambda _: 100)

    assert len(read(folder).images) == COUNT
    assert list(kept.iterdir()) == []


def test_a_cache_that_cannot_be_written_to_is_no_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(write(tmp_path / "file", b"")))

    assert len(read(folder).images) == COUNT


def test_memory_holds_little_more_than_the_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the paths of all files nor a second copy, of broken ones neither."""
    count = 8_000
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "set").mkdir()
    encoded = [picture_bytes(image) for image in digits(10)]
    for number in range(count):
        content = b"" if number % 500 == 1 else encoded[number % 10]
        name = f"a long name of a picture, number {number:06}.png"
        (tmp_path / "set" / name).write_bytes(content)
    read(tmp_path / "set")
    (path,) = (tmp_path / "cache" / "gan-tui" / "pictures").iterdir()

    for is_kept in (True, False):
        if not is_kept:
            path.unlink()
        # 4 MB for the sample that decides how they are drawn, whatever their number.
        with memory_at_most(int(1.3 * count * 784) + 4_000_000):
            assert len(read(tmp_path / "set").images) == count - 16
