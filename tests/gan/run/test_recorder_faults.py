"""A disk that refuses a run's log or status loses nothing, and stops nothing."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.errors import CheckpointError, StorageError
from gan.events import CheckpointRejected, Event, Noted, Phase, StorageFaulted, StorageRecovered
from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.event_log import EventLog
from gan.run.event_writer import RETRY_SECONDS
from gan.run.follower import read_events
from gan.run.recorder import Recorder
from gan.run.status import StatusFile, read_status
from tests.fakes import steps
from tests.gan.run.states import point, prepare
from tests.gan.training.fakes import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory

STATE = {"generator/0": np.arange(3, dtype=np.float32)}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The recorder's clock, which the test advances."""
    made = Clock()
    monkeypatch.setattr(
        "gan.run.event_writer.time", SimpleNamespace(monotonic=made, time=time.time)
    )
    return made


class Disk:
    """A run's recorder on a disk that refuses to write while `refuses` is set."""

    def __init__(self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.told: list[Event] = []
        self.refuses = False
        self.tries = 0
        self.recorder = Recorder([self.told.append])
        self.recorder.open(run, CheckpointStore(run, keep=3))
        append = EventLog.append

        def may_fail(log: EventLog, event: Event) -> str:
            self.tries += 1
            if self.refuses:
                raise StorageError("the disk is full")
            return append(log, event)

        monkeypatch.setattr(EventLog, "append", may_fail)

    @property
    def logged(self) -> list[str]:
        return [words(event) for event in read_events(self.run)]

    @property
    def heard(self) -> list[str]:
        return [words(event) for event in self.told]

    def say(self, *texts: str) -> None:
        for text in texts:
            self.recorder.emit(note(text))

    def save(self, step: int) -> None:
        prepare(self.recorder, step, STATE)()


@pytest.fixture
def disk(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    del clock
    made = Disk(create_run(tmp_path / "run"), monkeypatch)
    yield made
    made.recorder.close()


def note(text: str) -> Noted:
    return Noted(time=1.0, text=text)


def words(event: Event) -> str:
    """A note's text, a fault's subject, or the kind of the event."""
    if isinstance(event, Noted):
        return event.text
    if isinstance(event, StorageFaulted):
        return f"{event.what} faulted"
    return (
        f"{event.what} recovered" if isinstance(event, StorageRecovered) else type(event).__name__
    )


def test_a_log_that_lost_what_a_checkpoint_vouches_for_is_told_of(
    disk: Disk,
) -> None:
    disk.say("one", "two")
    length = disk.run.log_path.stat().st_size
    told: list[Event] = []
    resumed = Recorder([told.append])
    resumed.open(
        disk.run, CheckpointStore(disk.run, keep=3), cut_at=point(2, log_offset=length + 3000)
    )
    resumed.close()
    (warning,) = told

    assert isinstance(warning, Noted)
    assert warning.warning
    assert "events.jsonl is shorter than when the checkpoint was saved: 3,000 bytes" in warning.text


def test_the_log_is_on_disk_before_a_checkpoint_that_vouches_for_it(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a loss of power leaves a checkpoint of steps that nothing tells of."""
    order: list[str] = []
    save = CheckpointStore.save
    monkeypatch.setattr(EventLog, "start_sync", lambda _: lambda: order.append("log"))
    monkeypatch.setattr(
        CheckpointStore,
        "save",
        lambda store, *words, **named: order.append("checkpoint") or save(store, *words, **named),
    )
    disk.save(1)

    assert order == ["log", "checkpoint"]


def test_the_log_is_on_disk_when_it_is_let_go_of(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[object] = []
    sync = EventLog.sync
    monkeypatch.setattr(EventLog, "sync", lambda log: synced.append(log) or sync(log))
    disk.recorder.close()

    assert synced


def test_a_preview_is_not_queued_for_a_log_that_would_not_hold_it(disk: Disk) -> None:
    """Otherwise a disk that refuses for long would fill the memory with pictures."""
    disk.refuses = True
    images = np.zeros((16, 28, 28), np.uint8)
    for step in range(100):
        disk.recorder.emit(events.SamplesDrawn(time=1.0, step=step, images=images, path=None))

    assert len(disk.recorder._writer._pending) < 5


class TestTheLog:
    def test_nothing_is_raised_and_listeners_are_told_of_it_once(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a", "b")
        disk.recorder.beat()
        disk.say("c")
        assert disk.heard == ["a", "log faulted", "b", "c"]
        assert disk.told[1].message == "the disk is full"

    def test_nothing_is_missing_when_it_is_over_and_the_order_is_kept(self, disk: Disk) -> None:
        disk.say("before")
        disk.refuses = True
        disk.say("a", "b", "c")
        disk.refuses = False
        disk.recorder.beat()
        disk.say("after")
        assert disk.logged == [
            "before",
            "a",
            "log faulted",
            "b",
            "c",
            "log recovered",
            "after",
        ]
        assert disk.heard == disk.logged

    def test_a_disk_that_fills_up_in_the_middle_repeats_nothing(
        self, disk: Disk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk.refuses = True
        disk.say("a", "b", "c")
        disk.refuses = False
        append = EventLog.append

        def fill_up(log: EventLog, event: Event) -> str:
            if words(event) == "c":
                disk.refuses = True
            return append(log, event)

        with monkeypatch.context() as patch:
            patch.setattr(EventLog, "append", fill_up)
            disk.recorder.beat()
        assert disk.logged == ["a", "log faulted", "b"]
        disk.refuses = False
        disk.recorder.beat()
        disk.say("d")
        assert disk.logged == ["a", "log faulted", "b", "c", "log recovered", "d"]

    def test_it_is_asked_once_a_second_however_much_happens(self, disk: Disk, clock: Clock) -> None:
        disk.refuses = True
        disk.say("a")
        tries = disk.tries
        disk.say(*"bcdefghij")
        assert disk.tries == tries
        clock.advance(RETRY_SECONDS)
        disk.say("k")
        assert disk.tries == tries + 1

    def test_the_heartbeat_tries_again_though_nothing_happens(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a")
        disk.refuses = False
        disk.recorder.beat()
        assert disk.logged == ["a", "log faulted"]
        assert disk.heard[-1] == "log recovered"

    def test_what_is_left_is_written_at_the_end_and_that_it_could_be(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a")
        disk.refuses = False
        disk.recorder.close()
        assert disk.logged == ["a", "log faulted", "log recovered"]
        assert read_status(disk.run)["faults"] == {}

    def test_a_disk_that_refuses_to_the_end_does_not_raise_there(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a")
        disk.recorder.close()
        assert disk.logged == []

    def test_the_status_tells_while_it_lasts(self, disk: Disk) -> None:
        """It may be on the same disk, and be small enough."""
        disk.refuses = True
        disk.say("a")
        disk.recorder.beat()
        assert read_status(disk.run)["faults"] == {"log": "the disk is full"}
        disk.refuses = False
        disk.recorder.beat()
        assert read_status(disk.run)["faults"] == {}


class TestTheStatus:
    def test_a_status_that_is_refused_does_not_stop_the_log(
        self, disk: Disk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise StorageError("not yours")

        with monkeypatch.context() as patch:
            patch.setattr(StatusFile, "update", refuse)
            disk.say("a")
            disk.recorder.beat()
            disk.recorder.beat()
        disk.recorder.beat()
        disk.say("b")
        assert disk.logged == ["a", "status faulted", "status recovered", "b"]


class TestCheckpoints:
    def test_none_is_saved_while_the_log_lacks_what_came_before(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a")
        with pytest.raises(StorageError, match="the disk is full"):
            disk.save(7)
        assert CheckpointStore(disk.run, keep=3).steps() == []

    def test_what_the_disk_refused_is_in_front_of_the_checkpoint(self, disk: Disk) -> None:
        disk.refuses = True
        disk.say("a")
        disk.refuses = False
        disk.save(7)
        offset = CheckpointStore(disk.run, keep=3).load(7).resume_point.log_offset
        assert disk.run.log_path.read_bytes()[:offset].count(b"\n") == 2
        assert disk.logged == ["a", "log faulted"]


class TestRollingBack:
    def test_the_log_is_cut_and_what_was_cut_is_kept(self, disk: Disk) -> None:
        disk.say("before")
        disk.save(7)
        disk.recorder.emit(steps(8, 3))
        checkpoint = disk.recorder.checkpoints.roll_back()
        disk.say("after")
        np.testing.assert_array_equal(checkpoint.arrays["generator/0"], STATE["generator/0"])
        assert checkpoint.step == 7
        assert disk.logged == ["before", "after"]
        (kept,) = disk.run.path.glob("events.jsonl.cut-*")
        assert '"StepsCompleted"' in kept.read_text()

    def test_what_the_disk_refused_before_is_cut_too(self, disk: Disk) -> None:
        """It would stand behind the cut else, as if it had happened after."""
        disk.say("before")
        disk.save(7)
        disk.refuses = True
        disk.say("lost")
        disk.refuses = False
        disk.recorder.checkpoints.roll_back()
        disk.say("after")
        disk.recorder.beat()
        assert [text for text in disk.logged if "log " not in text] == ["before", "after"]

    def test_a_disk_that_refuses_keeps_everything(self, disk: Disk) -> None:
        disk.say("before")
        disk.save(7)
        disk.refuses = True
        disk.say("lost")
        with pytest.raises(StorageError):
            disk.recorder.checkpoints.roll_back()
        disk.refuses = False
        disk.recorder.beat()
        assert disk.logged == ["before", "lost", "log faulted"]

    def test_a_damaged_checkpoint_is_told_of_and_the_one_before_is_used(self, disk: Disk) -> None:
        disk.save(7)
        disk.say("between")
        disk.save(8)
        (disk.run.checkpoints_path / "step-00000008" / "state.npz").write_bytes(b"damaged")
        assert disk.recorder.checkpoints.roll_back().step == 7
        assert any(isinstance(event, CheckpointRejected) for event in disk.told)

    def test_a_run_that_never_saved_cannot_go_back(self, disk: Disk) -> None:
        disk.say("before")
        with pytest.raises(CheckpointError, match="no checkpoint yet"):
            disk.recorder.checkpoints.roll_back()
        assert disk.logged == ["before"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_state_never_replaces_a_good_one(disk: Disk, value: float) -> None:
    disk.save(7)
    disk.save(8)
    broken = {**STATE, "discriminator/0": np.array([1.0, value, 3.0], np.float32)}
    with pytest.raises(CheckpointError, match="step 8 is not saved: discriminator/0 holds"):
        prepare(disk.recorder, 8, broken, requested=True)
    assert CheckpointStore(disk.run, keep=3).steps() == [7, 8]
    assert "discriminator/0" not in CheckpointStore(disk.run, keep=3).load(8).arrays


def test_a_phase_is_in_the_status_when_its_event_was_refused_by_the_log(disk: Disk) -> None:
    disk.refuses = True
    disk.recorder.emit(events.PhaseEntered(time=1.0, phase=Phase.PAUSED))
    assert read_status(disk.run)["phase"] == "paused"
