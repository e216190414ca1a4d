"""Images are held in memory where there is room for them, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.data import room
from gan.data.checks import MAX_BYTES
from gan.data.reading_options import ReadingOptions
from gan.data.room import has_room, require_room
from gan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

GB = 10**9


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    def set_free(size: int | None) -> None:
        monkeypatch.setattr(room, "free_memory", lambda: size)

    return set_free


@pytest.mark.parametrize(
    ("size", "memory", "is_held"),
    [(2 * GB, 6 * GB, True), (3 * GB, 6 * GB, False), (GB, 2 * GB, False), (GB, None, True)],
)
def test_they_are_held_if_there_is_room_for_two_copies_and_the_rest(
    free: Callable[[int | None], None], size: int, memory: int | None, is_held: bool
) -> None:
    free(memory)

    assert has_room(size, ReadingOptions()) is is_held


def test_small_sets_are_held_however_little_is_free(free: Callable[[int | None], None]) -> None:
    free(0)

    assert has_room(200_000_000, ReadingOptions())


def test_a_given_limit_decides_alone(free: Callable[[int | None], None]) -> None:
    free(0)
    assert has_room(GB, ReadingOptions(memory=GB))
    free(100 * GB)
    assert not has_room(GB + 1, ReadingOptions(memory=GB))


def test_more_than_any_array_may_have_is_never_held(free: Callable[[int | None], None]) -> None:
    free(10**15)

    assert has_room(MAX_BYTES, ReadingOptions())
    assert not has_room(MAX_BYTES + 1, ReadingOptions())
    assert not has_room(MAX_BYTES + 1, ReadingOptions(memory=10**15))


def test_what_has_to_be_held_and_does_not_fit_once_is_refused(
    free: Callable[[int | None], None],
) -> None:
    free(GB)

    with pytest.raises(DataError, match=r"a.gz: received 1.5 GB of images, with 1.0 GB of memory"):
        require_room(Path("a.gz"), 3 * GB // 2)
    require_room(Path("a.gz"), GB)
    free(0)
    require_room(Path("a.gz"), 200_000_000)
    free(None)
    require_room(Path("a.gz"), 5 * GB)
