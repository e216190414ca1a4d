"""What is shown in place of the newest samples: read once, in another thread, and played."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gan import events
from gan.errors import StorageError
from gan.progress import RunProgress
from tests.fakes import START
from tui.app.grid_player import GridPlayer
from tui.model.interpolation import FILM_RATES, FRAMES_PER_SECOND
from tui.model.run_state import Grid, RunState
from tui.model.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images

REAL = np.full((16, 28, 28), 200, np.uint8)
RUN = RunState(
    images=np.arange(16, dtype=np.uint8)[:, None, None] + np.zeros((28, 28), np.uint8),
    images_step=7,
    grids=(Grid(0, "a"), Grid(500, "b")),
    examples=REAL,
    progress=RunProgress(data="mnist"),
)
FRAMES = np.zeros((3, 16, 28, 28), np.uint8)
INTERPOLATION = events.LatentsInterpolated(time=START, step=7, frames=FRAMES)


class Disk:
    """Grids on a disk that counts."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.threads: set[int] = set()
        self.error: StorageError | None = None
        self.wait: Callable[[], object] = int

    def __call__(self, path: str) -> Images:
        if self.error:
            raise self.error
        self.wait()
        self.read.append(path)
        self.threads.add(threading.get_ident())
        return np.full((16, 28, 28), ord(path[0]), np.uint8)


class Timer:
    """A timer that the test fires."""

    def __init__(self, seconds: float, fire: Callable[[], None]) -> None:
        self.seconds, self.fire = seconds, fire
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


class Room:
    """A player with an app, a painter, a disk and a clock that are the test's."""

    def __init__(self, grids: int = 2) -> None:
        self.now = 0.0
        self.disk = Disk()
        self.timers: list[Timer] = []
        self.toasts: list[str] = []
        self.paints = self.frames = self.owed = 0
        self.is_waiting = False
        self.grids_left = grids
        anything: Any = self
        self.player = GridPlayer(anything, self.disk, anything, self.next_grid, lambda: self.now)

    def set_interval(self, seconds: float, fire: Callable[[], None]) -> Timer:
        self.timers.append(Timer(seconds, fire))
        return self.timers[-1]

    def notify(self, message: str, **_: Any) -> None:
        self.toasts.append(message)

    def paint(self) -> None:
        self.paints += 1

    def paint_frame(self) -> None:
        self.frames += 1

    def owe(self) -> None:
        self.owed += 1

    def next_grid(self) -> bool:
        self.grids_left -= 1
        return self.grids_left >= 0

    def words(self, view: View, run: RunState = RUN) -> str | None:
        picture = self.player.picture(run, view)
        return None if picture is None else picture.words


def test_usually_it_is_nothing() -> None:
    assert Room().words(View()) is None


def test_real_images_are_shown_alongside_the_samples() -> None:
    picture = Room().player.picture(RUN, View(real=True))

    assert picture is not None
    assert picture.words == "step 7 | real images of mnist"
    assert picture.images[:, 0, 0].reshape(4, 4).tolist() == [
        [0, 1, 200, 200],
        [4, 5, 200, 200],
        [8, 9, 200, 200],
        [12, 13, 200, 200],
    ]


async def test_real_images_are_shown_alongside_an_earlier_grid_too() -> None:
    room = Room()
    await room.player.load(RUN, 1)
    picture = room.player.picture(RUN, View(real=True, grid=1))

    assert picture is not None
    assert picture.words == "step 500 | real images of mnist"
    assert picture.images[:3, 0, 0].tolist() == [ord("b"), ord("b"), 200]


def test_new_samples_make_a_new_picture() -> None:
    room, view = Room(), View(real=True)
    before = room.player.picture(RUN, view)
    after = room.player.picture(replace(RUN, images=REAL, images_step=8), view)

    assert after is not None
    assert after is not before
    assert after.words == "step 8 | real images of mnist"


def test_before_there_are_any_the_samples_stay() -> None:
    assert Room().words(View(real=True), replace(RUN, examples=None)) is None


def test_the_same_picture_is_the_same_object() -> None:
    """Else the digits would be drawn anew in every frame."""
    room, view = Room(), View(real=True)

    assert room.player.picture(RUN, view) is room.player.picture(RUN, view)


async def test_an_earlier_grid_shows_once_it_is_read() -> None:
    room, view = Room(), View(grid=1)
    assert room.words(view) is None

    await room.player.load(RUN, 1)
    assert room.words(view) == "step 500, grid 2 of 2"


async def test_after_a_rollback_it_is_gone() -> None:
    room = Room()
    await room.player.load(RUN, 1)
    room.player.forget()

    assert room.words(View(grid=1)) is None


def test_an_interpolation_goes_before_all_else_and_ends_by_itself() -> None:
    room, view = Room(), View(real=True)
    room.player.interpolate(INTERPOLATION)
    assert room.words(view) == "between latents, step 7 (1 of 3)"

    room.now = 5.5 / FRAMES_PER_SECOND
    assert room.words(view) == "step 7 | real images of mnist"

    (timer,) = room.timers
    timer.fire()
    assert not room.player.is_interpolating
    assert not timer.is_running
    assert (room.owed, room.frames) == (1, 0)


def test_reading_the_picture_changes_nothing() -> None:
    """Else an interpolation could end without a frame of what is shown after it."""
    room = Room()
    room.player.interpolate(INTERPOLATION)
    room.now = 5.5 / FRAMES_PER_SECOND
    room.words(View())

    assert room.player.is_interpolating


def test_an_interpolation_can_be_ended() -> None:
    room = Room()
    room.player.interpolate(INTERPOLATION)
    room.player.stop_interpolation()

    assert room.words(View()) is None
    assert room.paints == 1


def test_an_interpolations_frames_are_drawn_until_it_is_over() -> None:
    room = Room()
    room.player.interpolate(INTERPOLATION)
    room.player.interpolate(INTERPOLATION)
    (timer,) = room.timers
    timer.fire()

    assert timer.seconds == 1 / FRAMES_PER_SECOND
    assert room.frames == 1

    room.player.stop_interpolation()
    timer.fire()
    assert room.frames == 1
    assert not timer.is_running


class TestDisk:
    async def test_a_grid_is_read_away_from_the_screens_thread_and_drawn(self) -> None:
        room = Room()
        await room.player.load(RUN, 1)

        assert threading.get_ident() not in room.disk.threads
        assert room.paints == 1

    async def test_it_is_read_once(self) -> None:
        room = Room()
        for place in (0, 1, 0, 1):
            await room.player.load(RUN, place)

        assert room.disk.read == ["a", "b"]

    async def test_after_a_rollback_it_is_read_anew(self) -> None:
        room = Room()
        await room.player.load(RUN, 1)
        room.player.forget()
        await room.player.load(RUN, 1)

        assert room.disk.read == ["b", "b"]

    async def test_a_read_that_ends_after_a_rollback_is_not_kept(self) -> None:
        room = Room()
        begun, may_end = threading.Event(), threading.Event()
        room.disk.wait = lambda: begun.set() or may_end.wait(10)
        loading = asyncio.create_task(room.player.load(RUN, 1))
        await asyncio.to_thread(begun.wait, 10)
        room.player.forget()
        may_end.set()
        await loading
        await room.player.load(RUN, 1)

        assert room.disk.read == ["b", "b"]

    async def test_a_limited_number_is_kept(self) -> None:
        room = Room()
        run = RunState(grids=tuple(Grid(step, str(step)) for step in range(300)))
        for place in range(300):
            await room.player.load(run, place)
        await room.player.load(run, 299)
        await room.player.load(run, 0)

        assert len(room.disk.read) == 301

    async def test_one_that_cannot_be_read_is_reported_and_stops_the_film(self) -> None:
        room = Room()
        room.player.toggle()
        room.disk.error = StorageError("cannot read b")
        await room.player.load(RUN, 1)

        assert room.toasts == ["cannot read b"]
        assert not room.player.is_playing
        assert room.words(View(grid=1)) is None


class TestFilm:
    def test_it_ends_after_the_last_grid(self) -> None:
        room = Room(grids=2)
        room.player.toggle()
        (timer,) = room.timers
        timer.fire()
        timer.fire()
        assert room.player.is_playing

        timer.fire()
        assert not room.player.is_playing
        assert not timer.is_running

    def test_it_waits_for_a_terminal_that_is_behind(self) -> None:
        room = Room(grids=2)
        room.player.toggle()
        room.is_waiting = True
        room.timers[0].fire()

        assert room.grids_left == 2

    def test_a_new_rate_holds_at_once(self) -> None:
        room = Room()
        room.player.toggle()
        room.player.change_rate(1)
        before, after = room.timers

        assert not before.is_running
        assert after.seconds == 1 / FILM_RATES[3]
        assert room.player.is_playing
        assert room.toasts == ["10 grids a second"]
