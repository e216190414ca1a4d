"""Earlier grids: read once, in another thread, and dropped when the run has gone back."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gan.errors import StorageError
from tui.app.grid_cache import GridCache
from tui.model.run_state import Grid, RunState

RUN = RunState(grids=tuple(Grid(step, f"samples/{step:06d}.png") for step in (0, 500, 1000)))


class Shelf:
    """A disk that counts."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.threads: set[int] = set()
        self.error: StorageError | None = None

    def __call__(self, path: str) -> np.ndarray:
        if self.error:
            raise self.error
        self.read.append(path)
        self.threads.add(threading.get_ident())
        return np.full((16, 28, 28), len(self.read) % 256, np.uint8)


async def test_a_grid_says_which_it_is() -> None:
    picture = await GridCache(Shelf()).open(RUN, 1)

    assert picture.words == "step 500, grid 2 of 3"


async def test_it_is_read_away_from_the_screens_thread() -> None:
    shelf = Shelf()
    await GridCache(shelf).open(RUN, 1)

    assert threading.get_ident() not in shelf.threads


async def test_it_is_read_once() -> None:
    shelf = Shelf()
    album = GridCache(shelf)
    for place in (0, 1, 0, 1):
        await album.open(RUN, place)

    assert shelf.read == ["samples/000000.png", "samples/000500.png"]


async def test_after_a_roll_back_it_is_read_anew() -> None:
    shelf = Shelf()
    album = GridCache(shelf)
    before = await album.open(RUN, 1)
    album.forget()
    after = await album.open(RUN, 1)

    assert before.images[0, 0, 0] != after.images[0, 0, 0]


async def test_only_so_many_are_kept() -> None:
    shelf = Shelf()
    album = GridCache(shelf)
    run = RunState(grids=tuple(Grid(step, str(step)) for step in range(300)))
    for place in range(300):
        await album.open(run, place)
    await album.open(run, 299)
    await album.open(run, 0)

    assert len(shelf.read) == 301


async def test_a_disk_that_refuses_is_told_of() -> None:
    shelf = Shelf()
    shelf.error = StorageError("cannot read")
    with pytest.raises(StorageError):
        await GridCache(shelf).open(RUN, 1)
