"""A recording is played as a run that is live, and says that it is none."""

from __future__ import annotations

import pytest

from gan import events
from gan.commands import Pause, Resample, SaveCheckpoint, Unpause
from gan.errors import StorageError
from gan.events import Phase
from gan.export.request import ExportRequest
from tests import fakes
from tests.tui.comparing import grid
from tests.tui.demo.test_timing import FakeClock
from tui.demo.player import LAST_WORDS, OVER, PLAYING, RecordingPlayer
from tui.demo.recording import Recording
from tui.demo.timing import LONGEST_WAIT, SPEED


def phase(time: float, name: Phase) -> events.PhaseEntered:
    return events.PhaseEntered(time=time, phase=name)


STORY = (
    phase(0.0, Phase.COMPILING),
    phase(0.3 * SPEED, Phase.TRAINING),
    fakes.steps(1, 5),
)


def player(clock: FakeClock, *story: events.Event) -> RecordingPlayer:
    return RecordingPlayer(
        Recording(events=story or STORY, grids={"samples/000010.png": grid(10).images}), clock
    )


def test_an_event_comes_when_it_is_due_and_only_once() -> None:
    clock = FakeClock()
    playing = player(clock)

    first = playing.drain()
    clock.now += 0.29
    none = playing.drain()
    clock.now += 0.02
    second = playing.drain()

    assert (first, none, second) == ([STORY[0]], [], [STORY[1]])


def test_the_last_event_is_followed_by_how_to_start_a_run() -> None:
    clock = FakeClock()
    playing = player(clock)
    clock.now += 0.31 + LONGEST_WAIT

    *played, last = playing.drain()

    assert tuple(played) == STORY
    assert isinstance(last, events.Noted)
    assert last.text == LAST_WORDS
    assert playing.drain() == []


def test_the_header_says_that_it_is_a_recording_and_when_it_is_over() -> None:
    clock = FakeClock()
    playing = player(clock)
    playing.drain()
    before = playing.viewing().recording
    clock.now += 9
    playing.drain()

    assert (before, playing.viewing().recording) == (PLAYING, OVER)


def test_a_pause_holds_the_events_and_is_answered_as_a_run_answers() -> None:
    clock = FakeClock()
    playing = player(clock)
    clock.now += 0.31
    playing.drain()

    playing.send(Pause())
    clock.now += 60
    (paused,) = playing.drain()
    playing.send(Unpause())
    (unpaused,) = playing.drain()
    clock.now += LONGEST_WAIT

    assert isinstance(paused, events.Paused)
    assert isinstance(unpaused, events.Unpaused)
    assert playing.drain()[0] == STORY[2]


def test_after_a_pause_before_the_training_the_run_is_where_it_was() -> None:
    playing = player(FakeClock())
    playing.drain()

    playing.send(Pause())
    playing.send(Unpause())

    *_, last = playing.drain()
    assert isinstance(last, events.PhaseEntered)
    assert last.phase is Phase.COMPILING


def test_it_obeys_a_pause_and_nothing_else() -> None:
    playing = player(FakeClock())
    playing.drain()

    playing.send(SaveCheckpoint())
    playing.send(Resample())

    assert playing.drain() == []
    assert [name for name in ("pause", "unpause", "save", "resample", "interpolate")
            if playing.viewing().obeys(name)] == ["pause", "unpause"]  # fmt: skip


def test_its_grids_come_from_memory_and_nothing_is_exported() -> None:
    playing = player(FakeClock())

    assert playing.read_grid("samples/000010.png").shape == (16, 28, 28)
    with pytest.raises(StorageError, match="no directory to export to"):
        playing.export(ExportRequest(kind="losses", step=1, images=None, svg=""))
