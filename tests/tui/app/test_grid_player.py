"""What stands in the digits' place when it is not the newest samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gan import events
from gan.progress import RunProgress
from tests.fakes import START
from tui.app.grid_cache import GridCache
from tui.app.grid_player import GridPlayer
from tui.model.interpolation import FRAMES_PER_SECOND
from tui.model.run_state import Grid, RunState
from tui.model.view import View

REAL = np.full((16, 28, 28), 200, np.uint8)
RUN = RunState(
    images=np.arange(16, dtype=np.uint8)[:, None, None] + np.zeros((28, 28), np.uint8),
    images_step=7,
    grids=(Grid(0, "a"), Grid(500, "b")),
    examples=REAL,
    progress=RunProgress(data="mnist"),
)
FRAMES = np.zeros((3, 16, 28, 28), np.uint8)
WALK = events.LatentsInterpolated(time=START, step=7, frames=FRAMES)


class Room:
    """A projector whose clock is the test's."""

    def __init__(self) -> None:
        self.now = 0.0
        album = GridCache(lambda path: np.full((16, 28, 28), ord(path), np.uint8))
        self.projector = GridPlayer(album, lambda: self.now)

    def words(self, view: View, run: RunState = RUN) -> str | None:
        picture = self.projector.picture(run, view)
        return None if picture is None else picture.words


def test_usually_it_is_nothing() -> None:
    assert Room().words(View()) is None


def test_real_images_stand_beside_the_samples() -> None:
    picture = Room().projector.picture(RUN, View(real=True))

    assert picture is not None
    assert picture.words == "step 7 | real images of mnist"
    assert picture.images[:, 0, 0].reshape(4, 4).tolist() == [
        [0, 1, 200, 200],
        [4, 5, 200, 200],
        [8, 9, 200, 200],
        [12, 13, 200, 200],
    ]


async def test_real_images_stand_beside_an_earlier_grid_too() -> None:
    room = Room()
    await room.projector.open(RUN, 1)
    picture = room.projector.picture(RUN, View(real=True, grid=1))

    assert picture is not None
    assert picture.words == "step 500 | real images of mnist"
    assert picture.images[:3, 0, 0].tolist() == [ord("b"), ord("b"), 200]


def test_new_samples_make_a_new_picture() -> None:
    room, view = Room(), View(real=True)
    before = room.projector.picture(RUN, view)
    after = room.projector.picture(replace(RUN, images=REAL, images_step=8), view)

    assert after is not None
    assert after is not before
    assert after.words == "step 8 | real images of mnist"


def test_before_there_are_any_the_samples_stay() -> None:
    assert Room().words(View(real=True), replace(RUN, examples=None)) is None


def test_the_same_picture_is_the_same_object() -> None:
    """Else the digits would be drawn anew at every look."""
    room, view = Room(), View(real=True)

    assert room.projector.picture(RUN, view) is room.projector.picture(RUN, view)


async def test_an_earlier_grid_shows_once_it_is_read() -> None:
    room, view = Room(), View(grid=1)
    assert room.words(view) is None

    await room.projector.open(RUN, 1)
    assert room.words(view) == "step 500, grid 2 of 2"


async def test_after_a_roll_back_it_is_gone() -> None:
    room = Room()
    await room.projector.open(RUN, 1)
    room.projector.forget()

    assert room.words(View(grid=1)) is None


def test_a_walk_goes_before_all_else_and_ends_by_itself() -> None:
    room, view = Room(), View(real=True)
    room.projector.walk(WALK)
    assert room.words(view) == "between latents, step 7 (1 of 3)"

    room.now = 5.5 / FRAMES_PER_SECOND
    assert room.words(view) == "step 7 | real images of mnist"
    assert not room.projector.is_interpolating


def test_a_walk_can_be_ended() -> None:
    room = Room()
    room.projector.walk(WALK)
    room.projector.end_walk()

    assert room.words(View()) is None
