"""A viewer over a real run directory; the test plays the process that trains."""

from __future__ import annotations

import json
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.commands import Pause, RollBack, SaveCheckpoint, Stop
from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.events import Phase
from gan.readings import MachineReading, WorkerReading
from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.live import LiveWriter
from gan.run.mailbox import Mailbox
from gan.run.recorder import Recorder
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness
from gan.viewing.process_watch import ProcessWatch
from gan.viewing.viewer import Viewer, name_of
from tests.fakes import START, squares, steps
from tests.gan.strategy.meeting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory

SECONDS = 20.0


class House:
    """A run, the recorder of its process, and a viewer of it."""

    def __init__(
        self,
        run: RunDirectory,
        *,
        may_steer: bool = True,
        has_room: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        notes: list[str] | None = None,
    ) -> None:
        self.run = run
        self.recorder = Recorder([])
        self.recorder.open(run, CheckpointStore(run, keep=3))
        self.changed = threading.Condition()
        self.is_whole = False
        self.seen: list[Event] = []
        self.anew: list[list[Event]] = []
        self.has_room = has_room
        self.viewer = Viewer(
            run,
            screen=self,
            preview_seconds=0.5 if may_steer else None,
            clock=clock,
            notes=notes or [],
        )

    def emit(self, *happened: Event) -> None:
        for event in happened:
            self.recorder.emit(event)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until the viewer has brought it about."""
        with self.changed:
            assert self.changed.wait_for(condition, SECONDS)

    def texts(self) -> list[str]:
        return [event.text for event in self.seen if isinstance(event, events.Noted)]

    def __call__(self, event: Event) -> None:
        with self.changed:
            self.seen.append(event)
            self.changed.notify_all()

    def show_anew(self, events: Iterable[Event], *, is_whole: bool) -> None:
        self.is_whole = is_whole
        with self.changed:
            self.anew.append(list(events))
            self.changed.notify_all()

    show_more = show_anew


class AskingHouse(House):
    """One whose viewer is asked for something as soon as a part of the log is shown."""

    posted_at: int | None = None
    """How many parts were shown when the message and the lease were there."""

    def show_anew(self, events: Iterable[Event], *, is_whole: bool) -> None:
        super().show_anew(events, is_whole=is_whole)
        if len(self.anew) == 1:
            self.viewer.send(Pause())
        is_posted = any(self.run.mailbox_path.iterdir()) and any(self.run.leases_path.iterdir())
        if is_posted and not is_whole and self.posted_at is None:
            self.posted_at = len(self.anew)

    show_more = show_anew


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


@pytest.fixture
def house(run: RunDirectory) -> Iterator[House]:
    """A run that trains, and a viewer that has read what happened so far."""
    made = House(run)
    made.emit(events.PhaseEntered(time=START, phase=Phase.TRAINING), steps(1, 5))
    made.recorder.beat()
    made.viewer.start()
    made.until(lambda: made.anew)
    yield made
    made.viewer.close()
    made.recorder.close()


@pytest.fixture
def hasty(run: RunDirectory) -> Iterator[House]:
    """The same with a viewer whose clock runs a hundred times as fast."""
    made = House(run, clock=lambda: 100 * time.monotonic())
    made.emit(events.PhaseEntered(time=START, phase=Phase.TRAINING), steps(1, 5))
    made.recorder.beat()
    made.viewer.start()
    made.until(lambda: made.anew)
    yield made
    made.viewer.close()
    made.recorder.close()


def of_kind(found: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in found if isinstance(event, kind)]


def test_machines_of_all_workers_are_known_as_long_as_somebody_trains(house: House) -> None:
    machine = MachineReading(process_cpu=150.0, machine_cpu=80.0, memory=2**30)
    reading = WorkerReading(worker=1, host="gpu2", machine=machine)
    house.recorder.beat((reading,))
    until(lambda: house.viewer.machines == (reading,))
    house.emit(
        events.RunFinished(time=START, step=5, completed=True, train_seconds=1.0, exit_code=0)
    )
    until(lambda: house.viewer.machines == ())


def test_machines_that_cannot_be_read_are_a_line_and_hide_nothing_else(
    run: RunDirectory, house: House
) -> None:
    house.recorder.beat()
    record = {**read_status(run), "machines": [{"worker": "1"}]}
    watch = ProcessWatch(run, time.monotonic, pytest.fail)
    run.status_path.write_text(json.dumps(record))
    with pytest.raises(StorageError, match="expected the number of a worker"):
        watch.read_status()
    watch.judge()
    assert watch.sighting.liveness is Liveness.LIVE


def test_what_happened_before_is_shown_at_once_and_what_happens_as_it_does(house: House) -> None:
    assert [type(event).__name__ for event in house.anew[0]] == ["PhaseEntered", "StepsCompleted"]

    house.emit(steps(6, 5))

    house.until(lambda: of_kind(house.seen, events.StepsCompleted))
    assert house.seen[0].first_step == 6  # type: ignore[attr-defined]


def test_it_knows_the_process_that_trains(house: House) -> None:
    sighting = house.viewer.viewing.sighting

    assert sighting.liveness is Liveness.LIVE
    assert sighting.process is not None
    assert sighting.process.is_same_as(ProcessIdentity.current())


def test_a_command_is_asked_until_it_is_answered(house: House) -> None:
    house.viewer.send(Pause())
    mailbox = Mailbox(house.run)
    while not (taken := mailbox.take()[0]):
        pass
    (message,) = taken
    ticket = message.ticket
    assert ticket is not None
    assert [asked.name for asked in house.viewer.viewing.asked] == ["pause"]
    assert house.viewer.has_asked(ticket.id)

    house.emit(ticket.answer("pause", 5, ""))

    house.until(lambda: of_kind(house.seen, events.CommandAnswered))
    while house.viewer.viewing.asked:
        pass
    assert house.viewer.viewing.done == "pause"
    assert house.viewer.has_asked(ticket.id)


def test_what_a_killed_process_has_not_answered_is_a_line(hasty: House) -> None:
    while hasty.viewer.viewing.sighting.process is None:
        pass
    hasty.viewer.send(SaveCheckpoint())
    while not Mailbox(hasty.run).take()[0]:
        pass
    status = json.loads(hasty.run.status_path.read_bytes())
    status["start_ticks"] += 1

    hasty.run.status_path.write_text(json.dumps(status))

    hasty.until(lambda: any("save: no answer was seen" in t for t in hasty.texts()))
    assert hasty.viewer.viewing.asked == ()


def test_a_message_names_the_process_that_it_is_meant_for(house: House) -> None:
    house.viewer.send(SaveCheckpoint())
    while not (names := [p for p in house.run.mailbox_path.iterdir() if p.name[0] != "."]):
        pass

    meant_for = ProcessIdentity.from_json(json.loads(names[0].read_bytes())["for"])

    assert meant_for.is_same_as(ProcessIdentity.current())


def test_it_asks_for_previews_and_shows_them(house: House) -> None:
    writer = LiveWriter(house.run)
    writer(events.SamplesDrawn(time=START, step=7, images=squares(), path=None))
    writer.write()

    house.until(lambda: of_kind(house.seen, events.SamplesDrawn))

    assert len(list(house.run.leases_path.iterdir())) == 1
    house.viewer.close()
    assert list(house.run.leases_path.iterdir()) == []


def test_a_preview_older_than_a_grid_in_the_log_is_left_out(house: House) -> None:
    house.emit(events.SamplesDrawn(time=START, step=9, images=squares(), path="samples/000009.png"))
    house.until(lambda: of_kind(house.seen, events.SamplesDrawn))
    writer = LiveWriter(house.run)
    writer(events.SamplesDrawn(time=START, step=7, images=squares(), path=None))
    writer.write()
    house.emit(steps(6, 5))

    house.until(lambda: of_kind(house.seen, events.StepsCompleted))
    house.emit(steps(11, 5))
    house.until(lambda: len(of_kind(house.seen, events.StepsCompleted)) > 1)

    assert [event.step for event in of_kind(house.seen, events.SamplesDrawn)] == [9]


def test_a_run_that_has_ended_is_asked_for_nothing(house: House) -> None:
    house.emit(
        events.RunFinished(time=START, step=5, completed=True, train_seconds=1.0, exit_code=0)
    )
    while house.viewer.viewing.can_steer:
        pass

    house.viewer.send(Stop())

    house.until(lambda: any("not asked" in text for text in house.texts()))


def test_a_mailbox_that_is_gone_is_a_line(house: House) -> None:
    house.run.mailbox_path.rmdir()

    house.viewer.send(Pause())

    house.until(lambda: any("pause: not asked" in text for text in house.texts()))


def test_it_follows_a_directory_that_is_renamed(house: House) -> None:
    target = house.run.path.with_name("renamed")
    house.run.path.rename(target)
    house.recorder.beat()

    house.emit(steps(6, 5))

    house.until(lambda: of_kind(house.seen, events.StepsCompleted))


def test_a_directory_that_is_gone_is_a_line(house: House) -> None:
    shutil.rmtree(house.run.path)

    house.until(lambda: any("is gone" in text for text in house.texts()))
    assert len([text for text in house.texts() if "is gone" in text]) == 1


def test_a_directory_that_is_gone_does_not_work_again(house: House) -> None:
    log = house.run.log_path
    log.rename(log.with_name("away"))
    house.until(lambda: any(text.startswith("the log: ") for text in house.texts()))

    shutil.rmtree(house.run.path)

    house.until(lambda: any("the run's directory: " in text for text in house.texts()))
    house.viewer.send(Pause())
    house.until(lambda: any("pause: not asked" in text for text in house.texts()))
    assert not any("works again" in text for text in house.texts())


@pytest.mark.parametrize("damage", ["gone", "not JSON"])
def test_a_status_that_cannot_be_read_any_more_falls_silent(hasty: House, damage: str) -> None:
    while hasty.viewer.viewing.sighting.liveness is not Liveness.LIVE:
        pass

    if damage == "gone":
        hasty.run.status_path.unlink()
    else:
        hasty.run.status_path.write_text("{")

    end = time.monotonic() + SECONDS
    while hasty.viewer.viewing.sighting.liveness is not Liveness.SILENT:
        assert time.monotonic() < end
    assert hasty.viewer.viewing.sighting.seconds >= 15.0
    assert any("status.json: " in text for text in hasty.texts()) == (damage == "not JSON")


def test_an_unforeseen_error_is_a_line_and_what_comes_next_is_followed(
    hasty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("gan.viewing.process_watch.read_status", lambda _: 1 / 0)
        hasty.until(lambda: any("unexpected error, ZeroDivision" in t for t in hasty.texts()))
        hasty.emit(steps(6, 5))
        hasty.until(lambda: of_kind(hasty.seen, events.StepsCompleted))

    hasty.until(lambda: "status.json: works again" in hasty.texts())


def test_what_a_newer_version_has_written_is_said_with_the_run(run: RunDirectory) -> None:
    house = House(run)
    house.emit(steps(1, 5))
    house.recorder.beat()
    status = json.loads(run.status_path.read_bytes())
    run.status_path.write_text(json.dumps({**status, "schema_version": 9, "mood": "good"}))
    house.viewer.start()

    house.until(lambda: house.anew)

    house.viewer.close()
    house.recorder.close()
    (line,) = of_kind(house.anew[0], events.Noted)
    assert line.warning
    assert "status.json has schema_version 9" in line.text
    assert "without mood" in line.text


def test_what_is_to_be_said_and_what_failed_first_is_with_the_run(run: RunDirectory) -> None:
    """The status and the lease are tried before there is anything to show."""
    shutil.rmtree(run.leases_path)
    made = House(run, notes=["keys.toml: unknown key"])
    made.emit(steps(1, 5))
    run.status_path.write_text('{"phase": "trai')
    made.viewer.start()
    made.until(lambda: made.anew)
    made.viewer.close()
    made.recorder.close()

    said = [event.text for event in of_kind(made.anew[0], events.Noted)]

    assert said[0] == "keys.toml: unknown key"
    assert any(text.startswith("status.json: ") for text in said)
    assert any(text.startswith("the lease: ") for text in said)


def test_what_the_viewer_has_said_outlives_that_all_is_shown_anew(house: House) -> None:
    house.run.mailbox_path.rmdir()
    house.viewer.send(Pause())
    house.until(lambda: any("pause: not asked" in text for text in house.texts()))

    house.emit(events.PhaseEntered(time=START, phase=Phase.LOADING))

    house.until(lambda: len(house.anew) > 1)
    assert any("pause: not asked" in e.text for e in of_kind(house.anew[1], events.Noted))


def test_while_a_long_log_is_read_commands_are_posted_and_the_lease_renewed(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.run.follower._PIECE", 1)
    monkeypatch.setattr("gan.viewing.run_log._PARTS_AT_ONCE", 1)
    house = AskingHouse(run)
    house.emit(*(steps(n, 1) for n in range(1, 200)))
    house.recorder.beat()
    house.viewer.start()
    house.until(lambda: house.is_whole)
    house.viewer.close()
    house.recorder.close()

    assert len(house.anew) > 100
    assert house.posted_at is not None
    assert house.posted_at < 10


def test_no_more_is_read_than_the_screen_takes(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.run.follower._PIECE", 1)
    monkeypatch.setattr("gan.viewing.run_log._PARTS_AT_ONCE", 1)
    monkeypatch.setattr("gan.viewing.showing._PROGRESS_SECONDS", 0.0)
    room = threading.Event()
    house = House(run, has_room=lambda: not house.anew or room.is_set())
    house.emit(*(steps(n, 1) for n in range(1, 10)))
    house.recorder.beat()
    house.viewer.start()
    house.viewer.send(Pause())
    while not any(run.mailbox_path.iterdir()):
        pass
    assert len(house.anew) <= 1
    assert 0.0 < (house.viewer.viewing.reading or 0.0) < 1.0

    room.set()

    house.until(lambda: house.is_whole)
    assert house.viewer.viewing.reading is None
    house.viewer.close()
    house.recorder.close()


def test_who_only_watches_writes_nothing(run: RunDirectory) -> None:
    house = House(run, may_steer=False)
    house.emit(steps(1, 5))
    house.recorder.beat()
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    house.viewer.start()
    house.until(lambda: house.anew)

    house.viewer.send(Pause())
    house.until(lambda: any("not asked" in text for text in house.texts()))
    house.viewer.close()

    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    house.recorder.close()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Pause(), "pause"),
        (RollBack(), "roll back"),
        (Stop(), "stop"),
        (Stop("epoch_end"), "stop at the end of the epoch"),
    ],
)
def test_commands_have_names(command: Any, name: str) -> None:
    assert name_of(command) == name
