"""A disk that fails, a device without memory and an error that nobody foresaw, in real training."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from gan import events
from gan.commands import Stop
from gan.disk.files import Files
from gan.errors import StorageError
from gan.run import stall
from gan.run.checkpoints.store import CheckpointStore
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from gan.run.mailbox import Mailbox
from gan.run.status import read_status
from gan.session import heartbeat
from gan.text.wording import describe
from tests.gan.housing import LONG_ENOUGH, House, losses

if TYPE_CHECKING:
    from gan.events import Event
    from gan.session.session import TrainingSession
    from tests.gan.programs import Programs


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat that nobody has to wait for: it is what tries again."""
    monkeypatch.setattr(heartbeat, "POLL_SECONDS", 0.002)


def last_step(event: Event) -> int:
    return event.last_step if isinstance(event, events.StepsCompleted) else 0


class TestTheDisk:
    def test_a_log_that_is_refused_for_a_while_holds_every_step_in_the_end(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        append, reached = EventLog.append, [0]

        def refuse_for_a_while(log: EventLog, event: Event) -> str:
            if 5 <= reached[0] < 60:
                raise StorageError("cannot write: no space left")
            return append(log, event)

        def on(_session: TrainingSession, event: Event) -> None:
            reached[0] = max(reached[0], last_step(event))

        monkeypatch.setattr(EventLog, "append", refuse_for_a_while)
        ended = house.train(steps=100, sample_every="off", checkpoint_every="3", on=on)

        assert ended.last.completed
        np.testing.assert_array_equal(losses(read_events(ended.run))[0], np.arange(1, 101))
        told = [event.what for event in ended.all(events.StorageFaulted)]
        assert told.count("log") == 1
        assert "log" in {event.what for event in ended.all(events.StorageRecovered)}

    def test_a_mailbox_that_cannot_be_read_for_a_while_is_reported_once_and_read_again(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        take, is_refused = Mailbox.take, [False]

        def refuse_for_a_while(mailbox: Mailbox) -> Any:
            if is_refused[0]:
                raise StorageError("cannot read mailbox: Permission denied.")
            return take(mailbox)

        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.StorageRecovered):
                session.send(Stop())
            elif isinstance(event, events.StorageFaulted):
                is_refused[0] = False
            elif last_step(event) and not is_refused[1:]:
                is_refused[:] = [True, True]

        monkeypatch.setattr(Mailbox, "take", refuse_for_a_while)
        ended = house.train(steps=1_000_000, sample_every="off", checkpoint_every="off", on=on)

        (fault,) = ended.all(events.StorageFaulted)
        (recovered,) = ended.all(events.StorageRecovered)
        assert describe(fault) == (
            "mailbox: cannot read mailbox: Permission denied. Training goes on.",
        )
        assert describe(recovered) == ("mailbox works again",)

    def test_no_checkpoint_is_ahead_of_a_log_that_is_refused(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        append, full = EventLog.append, [False]

        def refuse(log: EventLog, event: Event) -> str:
            if full[0]:
                raise StorageError("cannot write: no space left")
            return append(log, event)

        def on(_session: TrainingSession, event: Event) -> None:
            full[0] = full[0] or last_step(event) >= 10

        monkeypatch.setattr(EventLog, "append", refuse)
        ended = house.train(steps=40, sample_every="off", checkpoint_every="5", on=on)

        assert (ended.last.error, ended.last.exit_code) == ("StorageError", 74)
        last = losses(read_events(ended.run))[0][-1]
        assert all(step <= last for step in CheckpointStore(ended.run, keep=9).steps())

    def test_a_checkpoint_that_is_refused_stops_no_step_unless_it_is_the_last(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Files, "write", full)
        ended = house.train(steps=30, sample_every="off", checkpoint_every="10")

        assert [event.what for event in ended.all(events.StorageFaulted)] == ["checkpoint"]
        assert losses(read_events(ended.run))[0][-1] == 30
        assert (ended.last.error, ended.last.exit_code) == ("StorageError", 74)
        assert "No space left on device" in ended.last.message
        assert read_status(ended.run)["exit_reason"] == "storage"


@pytest.mark.parametrize("where", ["step", "samples", "compiling"])
def test_a_device_without_memory_is_told_from_a_full_disk_wherever_it_runs_out(
    house: House, programs: Programs, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def run_out(*_: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor")

    if where == "compiling":
        monkeypatch.setattr("gan.training.build.compile_program", run_out)
    else:
        program = programs.of("mlp")
        part, name = {"step": (program.execution, "_run"), "samples": (program.sampler, "images")}[
            where
        ]
        monkeypatch.setattr(part, name, run_out)
    ended = house.train(steps=10)
    assert (ended.last.error, ended.last.exit_code) == ("DeviceError", 1)
    assert "--batch-size" in ended.last.message
    assert ended.all(events.StorageFaulted) == []


def test_an_error_that_nobody_foresaw_ends_it_with_a_traceback_and_no_values(
    house: House, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value could be anybody's password, and a log is passed on."""
    execution, digits = programs.of("mlp").execution, "3141592653589793"

    def explode(*_: Any) -> None:
        password = digits[:9] * 3
        raise KeyError(len(password))

    monkeypatch.setattr(execution, "_run", explode)
    ended = house.train(steps=10)

    assert (ended.last.error, ended.last.exit_code) == ("KeyError", 1)
    assert "in explode" in ended.last.traceback
    assert "loop.py" in ended.last.traceback
    assert digits[:9] not in ended.run.log_path.read_text()
    (logged,) = [event for event in read_events(ended.run) if isinstance(event, events.RunFailed)]
    assert logged.traceback == ended.last.traceback


def test_a_device_that_hangs_is_told_and_its_old_speed_no_more(
    house: House, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "STALLED_SECONDS", 0.01)
    monkeypatch.setattr(stall, "_TIMES", 0)
    program = programs.of("mlp")
    usual, back = program.execution._run, threading.Event()
    speeds: list[float] = []

    def hang(step: Any, *arguments: Any) -> Any:
        if int(step) >= 9:
            assert back.wait(LONG_ENOUGH)
        return usual(step, *arguments)

    def on(session: TrainingSession, event: Event) -> None:
        if isinstance(event, events.AlertRaised) and int(event.step) >= 9:
            speeds.append(session.progress.steps_per_second)
            back.set()

    monkeypatch.setattr(program.execution, "_run", hang)
    ended = house.train(steps=30, sample_every="9", on=on)

    assert ended.last.completed
    assert {alert.name for alert in ended.all(events.AlertRaised)} == {events.STALLED}
    assert speeds[0] == 0.0
    assert any("the steps have come back" in note.text for note in ended.notes)
