"""Every event to the log, the status file and the listeners, in one order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.events import Event, Noted, Phase
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore, SavedCheckpoint
from gan.run.directory import RunDirectory
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from gan.run.recorder import Recorder
from gan.run.status import read_status
from tests.fakes import steps
from tests.gan.run.states import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.events import Listener

STATE = {"generator/0": np.zeros(3, np.float32)}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run")


def note(text: str) -> Noted:
    return Noted(time=1.0, text=text)


def notes(run: RunDirectory) -> list[str]:
    """The texts in the log."""
    return [event.text for event in read_events(run) if isinstance(event, Noted)]


Make = Callable[..., Recorder]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes records that let go of their log when the test is over."""
    # A log that a test has closed already cannot be synced.
    with suppress(ValueError), ExitStack() as stack:

        def made(*listeners: Listener) -> Recorder:
            recorder = Recorder(listeners)
            stack.callback(recorder.close)
            return recorder

        yield made


@pytest.fixture
def recorder(make: Make, run: RunDirectory) -> Recorder:
    """A record that is open, and nobody who listens."""
    made = make()
    made.open(run, CheckpointStore(run, keep=3))
    return made


def test_listeners_are_told_before_there_is_a_directory(make: Make) -> None:
    told: list[Event] = []
    make(told.append, told.append).emit(note("early"))
    assert [event.text for event in told] == ["early", "early"]


def test_what_happened_before_there_was_a_directory_stands_first_in_the_log(
    make: Make, run: RunDirectory
) -> None:
    recorder = make()
    recorder.emit(note("first"))
    recorder.emit(note("second"))
    recorder.open(run, CheckpointStore(run, keep=3))
    recorder.emit(note("third"))
    recorder.emit(note("fourth"))
    assert notes(run) == ["first", "second", "third", "fourth"]


def test_opening_leaves_the_log_as_the_checkpoint_knew_it(
    make: Make, recorder: Recorder, run: RunDirectory
) -> None:
    """Whoever replays a resumed run reads the log then, without this process's own events."""
    recorder.emit(note("before"))
    offset = run.log_path.stat().st_size
    recorder.emit(steps(1, 5))
    recorder.close()

    resumed = make()
    resumed.emit(note("early"))
    cut = resumed.open(run, CheckpointStore(run, keep=3), cut_at=offset)
    assert notes(run) == ["before"]

    resumed.emit(note("after"))
    assert notes(run) == ["before", "early", "after"]
    assert '"StepsCompleted"' in (run.path / str(cut)).read_text()


def test_nothing_is_cut_where_nothing_came_after(
    make: Make, recorder: Recorder, run: RunDirectory
) -> None:
    recorder.emit(note("before"))
    assert (
        make().open(run, CheckpointStore(run, keep=3), cut_at=run.log_path.stat().st_size) is None
    )


def test_progress_follows_every_event(make: Make, run: RunDirectory) -> None:
    recorder = make()
    assert recorder.progress.phase is Phase.STARTING
    recorder.emit(events.PhaseEntered(time=1.0, phase=Phase.LOADING))
    assert recorder.progress.phase is Phase.LOADING
    recorder.open(run, CheckpointStore(run, keep=3))
    recorder.emit(events.PhaseEntered(time=2.0, phase=Phase.TRAINING))
    assert recorder.progress.phase is Phase.TRAINING
    assert read_status(run)["phase"] == "training"


def test_a_listener_sees_the_progress_that_the_event_made(make: Make) -> None:
    seen: list[Phase] = []
    recorder = make(lambda _: seen.append(recorder.progress.phase))
    recorder.emit(events.PhaseEntered(time=1.0, phase=Phase.COMPILING))
    assert seen == [Phase.COMPILING]


def test_a_glance_that_leaves_no_trace_is_told_but_not_written(
    make: Make, run: RunDirectory
) -> None:
    told: list[Event] = []
    recorder = make(told.append)
    recorder.open(run, CheckpointStore(run, keep=3))
    recorder.emit(events.ProgressMade(time=1.0, what="drawing", done=1, total=2, unit="images"))
    assert len(told) == 1
    assert read_events(run) == []


def test_a_checkpoint_knows_how_long_the_log_was_and_what_the_run_is(
    recorder: Recorder, run: RunDirectory
) -> None:
    recorder.emit(note("before"))
    length = run.log_path.stat().st_size
    recorder.fingerprint, recorder.environment = "abc", {"device": "CPU"}

    path, size = prepare(recorder, 7, STATE, draw=2)()
    recorder.emit(note("after"))

    assert path == "checkpoints/step-00000007"
    assert size == sum(file.stat().st_size for file in (run.path / path).iterdir())
    assert CheckpointStore(run, keep=3).load(7).resume_point == ResumePoint(
        fingerprint="abc",
        environment={"device": "CPU"},
        branch=0,
        step=7,
        draw=2,
        train_seconds=1.5,
        log_offset=length,
    )


def test_no_event_waits_for_the_disk_that_a_checkpoint_waits_for(
    make: Make, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def slow_sync(_: EventLog) -> Callable[[], None]:
        def wait() -> None:
            asked.set()
            assert answered.wait(10)

        return wait

    monkeypatch.setattr(EventLog, "start_sync", slow_sync)
    recorder = make()
    recorder.open(run, CheckpointStore(run, keep=3))
    with ThreadPoolExecutor(1) as executor:
        written = executor.submit(prepare(recorder, 7, STATE))
        assert asked.wait(10)
        recorder.emit(note("meanwhile"))
        assert not written.done()
        answered.set()
        assert written.result()[0] == "checkpoints/step-00000007"
    assert read_events(run) == [note("meanwhile")]


def test_only_so_many_checkpoints_are_kept(make: Make, run: RunDirectory) -> None:
    recorder = make()
    recorder.open(run, CheckpointStore(run, keep=2))
    for step in range(1, 5):
        prepare(recorder, step, STATE)()
    assert CheckpointStore(run, keep=2).steps() == [3, 4]


def test_one_that_somebody_asked_for_stays(make: Make, run: RunDirectory) -> None:
    recorder = make()
    recorder.open(run, CheckpointStore(run, keep=1))
    for step in range(1, 5):
        prepare(recorder, step, STATE, requested=step == 2)()
    assert CheckpointStore(run, keep=1).steps() == [2, 4]


def test_what_stood_in_the_way_of_pruning_is_told(
    recorder: Recorder, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = SavedCheckpoint(run.checkpoints_path / "step-00000001", 5, "an old one is stuck.")
    monkeypatch.setattr(CheckpointStore, "save", lambda *_, **__: saved)
    prepare(recorder, 1, STATE)()
    recorder.beat()
    (event,) = read_events(run)
    assert isinstance(event, Noted)
    assert (event.text, event.warning) == ("an old one is stuck.", True)


def test_samples_are_written_next_to_the_log(recorder: Recorder, run: RunDirectory) -> None:
    images, latents = np.zeros((16, 28, 28), np.uint8), np.zeros((16, 2), np.float32)
    path = recorder.save_samples(3, images, latents)
    assert (run.path / path).is_file()


def test_nothing_can_be_saved_before_there_is_a_directory(make: Make) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        prepare(make(), 1, STATE)()


def test_a_heartbeat_renews_the_status(recorder: Recorder, run: RunDirectory) -> None:
    recorder.emit(events.PhaseEntered(time=1.0, phase=Phase.PAUSED))
    before = read_status(run)["heartbeat"]
    recorder.beat()
    assert read_status(run)["heartbeat"] > before


def test_a_heartbeat_before_there_is_a_directory_does_nothing(make: Make) -> None:
    make().beat()


def test_several_threads_leave_the_log_in_the_listeners_order(
    make: Make, run: RunDirectory
) -> None:
    told: list[Event] = []
    recorder = make(told.append)
    recorder.open(run, CheckpointStore(run, keep=3))
    together = threading.Barrier(4)

    def talk(name: str) -> None:
        together.wait()
        for number in range(50):
            recorder.emit(note(f"{name}{number}"))

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 200
    assert notes(run) == [event.text for event in told]


def test_a_closed_record_lets_go_of_the_log(recorder: Recorder, run: RunDirectory) -> None:
    recorder.emit(note("last"))
    recorder.close()
    with pytest.raises(ValueError, match="closed"):
        recorder.emit(note("too late"))
    assert notes(run) == ["last"]


def test_closing_what_was_never_opened_does_nothing(make: Make) -> None:
    make().close()
