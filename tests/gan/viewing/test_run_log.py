"""A log as a viewer reads it: in parts, over damage, cuts, and a disk that fails meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import StorageError
from gan.events import Phase
from gan.run import event_json
from gan.run.creation import create_run
from gan.run.follower import Follower
from gan.run.samples import write_samples
from gan.viewing.run_log import Reading, RunLog
from tests.fakes import START, squares, steps

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory

CUT = "events.jsonl was cut or replaced while it was read"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a part, and a part a reading."""
    monkeypatch.setattr("gan.run.follower._PIECE", 1)
    monkeypatch.setattr("gan.viewing.run_log._PARTS_AT_ONCE", 1)


def begun(number: int = 0) -> Event:
    return events.PhaseEntered(time=START + number, phase=Phase.LOADING)


def log(run: RunDirectory, *found: Event) -> int:
    """Append events to the log; returns its length."""
    with run.log_path.open("a") as file:
        file.writelines(f"{event_json.to_line(event)}\n" for event in found)
    return run.log_path.stat().st_size


def cut(run: RunDirectory, length: int) -> None:
    with run.log_path.open("r+b") as file:
        file.truncate(length)


def whole(reader: RunLog) -> list[Event]:
    """All events of a log from its beginning, in as many readings as it takes."""
    found: list[Event] = []
    while True:
        reading = reader.read()
        assert reading.is_anew
        found = [*([] if reading.is_first else found), *reading.events]
        if not reading.has_more:
            return found


def names(found: list[Event]) -> list[str]:
    return [type(event).__name__ for event in found]


def texts(found: list[Event]) -> list[str]:
    return [event.text for event in found if isinstance(event, events.Noted)]


def losses(found: list[Event]) -> int:
    return sum(len(event.d_loss) for event in found if isinstance(event, events.StepsCompleted))


@pytest.mark.usefixtures("in_small_parts")
class TestParts:
    def test_none_waits_for_the_last_and_every_step_comes_once(self, run: RunDirectory) -> None:
        log(run, begun(), *(steps(1 + 5 * n, 5) for n in range(10)))
        reader = RunLog(run)

        readings = [reader.read() for _ in range(12)]

        assert [reading.has_more for reading in readings] == [True] * 11 + [False]
        assert [reading.is_first for reading in readings] == [True] + [False] * 11
        assert all(len(reading.events) <= 3 for reading in readings)
        assert sum(losses(reading.events) for reading in readings) == 50
        assert not reader.read().is_anew

    def test_of_former_processes_only_what_outlives_them_is_handed_on(
        self, run: RunDirectory
    ) -> None:
        paused = events.Paused(time=START, step=5)
        log(run, begun(), steps(1, 5), paused, begun(1), steps(6, 5), paused)

        found = whole(RunLog(run))

        assert names(found) == ["StepsCompleted", "PhaseEntered", "StepsCompleted", "Paused"]

    def test_one_that_is_resumed_meanwhile_begins_again(self, run: RunDirectory) -> None:
        log(run, begun(), events.Paused(time=START, step=5), steps(1, 5), steps(6, 5))
        reader = RunLog(run)
        for _ in range(4):
            reader.read()

        log(run, begun(1))

        assert names(whole(reader)) == ["StepsCompleted", "StepsCompleted", "PhaseEntered"]

    def test_one_that_is_cut_meanwhile_begins_again(self, run: RunDirectory) -> None:
        length = log(run, begun(), steps(1, 5))
        log(run, steps(6, 5))
        reader = RunLog(run)
        for _ in range(3):
            reader.read()

        cut(run, length)
        log(run, steps(6, 1))

        assert losses(whole(reader)) == 6

    def test_only_the_newest_grid_has_images(self, run: RunDirectory) -> None:
        for step in (5, 10):
            path = write_samples(run, step, squares(), np.zeros((16, 2), np.float32))
            log(run, steps(step - 4, 5))
            log(run, events.SamplesDrawn(time=START, step=step, images=squares(), path=path))
        log(run, *(steps(11 + n, 1) for n in range(5)))

        grids = [e for e in whole(RunLog(run)) if isinstance(e, events.SamplesDrawn)]

        assert [len(grid.images) for grid in grids] == [0, 16]


class TestFailures:
    def test_nothing_is_lost_to_a_disk_that_fails_in_between(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gan.run.follower._PIECE", 1)
        log(run, begun(), steps(1, 5), steps(6, 5), steps(11, 5))
        reader = RunLog(run)
        polls = iter([True, True, False, True, True, True, True])
        poll = Follower.poll

        def flaky(follower: Follower) -> list[Event]:
            if not next(polls):
                raise StorageError("cannot read")
            return poll(follower)

        with monkeypatch.context() as patched:
            patched.setattr(Follower, "poll", flaky)
            first = reader.read()
            rest = reader.read()

        assert first.has_more
        assert losses([*first.events, *rest.events]) == 15

    def test_after_an_unforeseen_error_all_is_read_again(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log(run, begun(), steps(1, 5))
        reader = RunLog(run)
        reader.read()
        log(run, steps(6, 5))
        with monkeypatch.context() as patched:
            patched.setattr(RunLog, "_without_repeats", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                reader.read()

        assert losses(whole(reader)) == 10

    def test_a_log_that_is_gone_is_an_error_and_no_empty_screen(self, run: RunDirectory) -> None:
        log(run, begun(), steps(1, 5))
        reader = RunLog(run)
        reader.read()
        kept = run.log_path.rename(run.path / "kept")

        for _ in range(2):
            with pytest.raises(StorageError, match=r"is gone\. What is shown is the last"):
                reader.read()

        kept.rename(run.log_path)
        assert reader.read() == Reading()

    def test_a_run_without_a_log_yet_is_none(self, run: RunDirectory) -> None:
        reader = RunLog(run)
        assert reader.read() == Reading(is_anew=True, is_first=True)

        log(run, steps(1, 5))
        assert losses(reader.read().events) == 5

    @pytest.mark.parametrize("later", [0, 1], ids=["newest-process", "former-process"])
    def test_an_event_of_a_newer_version_is_a_line(self, run: RunDirectory, later: int) -> None:
        log(run, begun())
        with run.log_path.open("a") as file:
            file.write('{"event":"Applauded","time":1.0}\n')
        log(run, steps(1, 5), *(begun(1) for _ in range(later)))

        (text,) = texts(whole(RunLog(run)))

        assert text.startswith("events.jsonl line 2: ")
        assert "not an event: 'Applauded'" in text


class TestCuts:
    @pytest.fixture
    def reader(self, run: RunDirectory, clock: Clock) -> RunLog:
        """Has read ten steps, the first five of which stay."""
        self.kept = log(run, begun(), steps(1, 5))
        log(run, steps(6, 5))
        made = RunLog(run, clock)
        made.read()
        return made

    def test_a_rollback_is_no_damage(self, run: RunDirectory, reader: RunLog, clock: Clock) -> None:
        cut(run, self.kept)
        assert reader.read() == Reading()
        clock.now += 5.0
        log(run, events.RolledBack(time=START, step=5, branch=1), steps(6, 3))

        reading = reader.read()

        assert not reading.is_anew
        assert names(reading.events) == ["RolledBack", "StepsCompleted"]
        clock.now += 60.0
        assert reader.read() == Reading()

    def test_a_resume_is_no_damage(self, run: RunDirectory, reader: RunLog) -> None:
        cut(run, self.kept)
        log(run, begun(1), steps(6, 3))

        found = whole(reader)

        assert texts(found) == []
        assert losses(found) == 8

    def test_steps_after_a_cut_that_nobody_tells_of_are_read_anew(
        self, run: RunDirectory, reader: RunLog
    ) -> None:
        cut(run, self.kept)
        log(run, steps(6, 2))

        found = whole(reader)

        assert losses(found) == 7
        assert texts(found) == [CUT]
        assert not reader.read().is_anew

    def test_a_cut_after_which_nothing_comes_is_known_after_a_while(
        self, run: RunDirectory, reader: RunLog, clock: Clock
    ) -> None:
        cut(run, self.kept)
        assert reader.read() == Reading()
        clock.now += 10.0

        found = whole(reader)

        assert losses(found) == 5
        assert texts(found) == [CUT]

    def test_an_emptied_log_is_known_at_once(self, run: RunDirectory, reader: RunLog) -> None:
        cut(run, 0)

        found = whole(reader)

        assert names(found) == ["Noted"]
        assert texts(found) == [CUT]

    def test_a_replaced_one_is_read_alone(self, run: RunDirectory, reader: RunLog) -> None:
        run.log_path.unlink()
        log(run, begun(7), steps(1, 3))

        found = whole(reader)

        assert losses(found) == 3
        assert texts(found) == [CUT]
