"""Every event to the log, the status file and the listeners, in one order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.errors import CheckpointError
from gan.events import Event, Noted, Phase, StepsCompleted
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore, SavedCheckpoint
from gan.run.creation import create_run
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from gan.run.recorder import Recorder
from gan.run.status import read_status
from tests.fakes import quality, steps
from tests.gan.run.states import point, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.events import Listener
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory

STATE = {"generator/0": np.zeros(3, np.float32)}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def note(text: str) -> Noted:
    return Noted(time=1.0, text=text)


def notes(run: RunDirectory) -> list[str]:
    """The texts in the log."""
    return [event.text for event in read_events(run) if isinstance(event, Noted)]


def of_steps(run: RunDirectory) -> list[StepsCompleted]:
    """The steps in the log."""
    return [event for event in read_events(run) if isinstance(event, StepsCompleted)]


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
    cut = resumed.open(run, CheckpointStore(run, keep=3), cut_at=point(1, log_offset=offset))
    assert notes(run) == ["before"]

    resumed.emit(note("after"))
    assert notes(run) == ["before", "early", "after"]
    assert '"StepsCompleted"' in (run.path / str(cut)).read_text()


def test_nothing_is_cut_where_nothing_came_after(
    make: Make, recorder: Recorder, run: RunDirectory
) -> None:
    recorder.emit(note("before"))
    here = point(1, log_offset=run.log_path.stat().st_size)
    assert make().open(run, CheckpointStore(run, keep=3), cut_at=here) is None


def answered(message: str, step: int) -> events.CommandAnswered:
    return events.CommandAnswered(
        time=1.0, id=message, command="save", sender="ann@box (pid 1)", step=step, done=True
    )


def answers(run: RunDirectory) -> list[str]:
    """The ids of the messages that the log answers."""
    return [event.id for event in read_events(run) if isinstance(event, events.CommandAnswered)]


class TestAnswers:
    """Whoever has sent a message may read the log only after it was cut."""

    def test_a_rollback_keeps_all_whatever_their_step(
        self, recorder: Recorder, run: RunDirectory
    ) -> None:
        recorder.emit(answered("a", 0))
        recorder.emit(steps(1, 100))
        prepare(recorder, 100, STATE)()
        recorder.emit(answered("b", 100))
        recorder.emit(steps(101, 100))
        recorder.emit(answered("c", 200))

        assert recorder.checkpoints.roll_back().step == 100

        assert answers(run) == ["a", "b", "c"]
        assert [event.last_step for event in of_steps(run)] == [100]

    def test_a_resume_keeps_them_and_repeats_none(
        self, make: Make, recorder: Recorder, run: RunDirectory
    ) -> None:
        recorder.emit(steps(1, 100))
        here = point(100, log_offset=run.log_path.stat().st_size)
        recorder.emit(answered("a", 150))
        recorder.close()

        for _ in range(2):
            resumed = make()
            resumed.open(run, CheckpointStore(run, keep=3), cut_at=here)
            resumed.close()

        assert answers(run) == ["a"]


class TestEvaluations:
    """They are logged some steps after the step that they are of."""

    def test_those_of_steps_that_a_resumed_run_keeps_stay_in_its_log(
        self, make: Make, recorder: Recorder, run: RunDirectory
    ) -> None:
        recorder.emit(steps(1, 100))
        offset = run.log_path.stat().st_size
        recorder.emit(quality(90, 5.0))
        recorder.emit(steps(101, 100))
        recorder.emit(quality(180, 4.0))
        recorder.close()

        resumed = make()
        resumed.open(run, CheckpointStore(run, keep=3), cut_at=point(100, log_offset=offset))
        kept = [event for event in read_events(run) if isinstance(event, events.QualityMeasured)]
        assert [(event.step, event.fd) for event in kept] == [(90, 5.0)]
        assert [event.last_step for event in of_steps(run)] == [100]

    def test_a_rollback_keeps_them_too(self, recorder: Recorder, run: RunDirectory) -> None:
        recorder.emit(steps(1, 100))
        prepare(recorder, 100, STATE)()
        recorder.emit(quality(90, 5.0))
        recorder.emit(steps(101, 100))
        recorder.emit(quality(180, 4.0))
        assert recorder.checkpoints.roll_back().step == 100
        kept = [event for event in read_events(run) if isinstance(event, events.QualityMeasured)]
        assert [event.step for event in kept] == [90]

    def test_a_resumed_run_recalls_the_best_of_its_earlier_processes(self, make: Make) -> None:
        recorder = make()
        recorder.recall(quality(90, 5.0))
        recorder.recall(quality(180, 6.0, is_best=False))
        assert recorder.progress.best is not None
        assert recorder.progress.best.step == 90
        assert recorder.progress.evaluated_step == 180

    def test_a_best_whose_checkpoint_is_gone_gives_way_to_the_next(
        self, make: Make, recorder: Recorder, run: RunDirectory
    ) -> None:
        """As after a resume from an earlier step, or if the process was killed before it saved."""
        prepare(recorder, 90, STATE)()
        recorder.close()
        resumed = make()
        resumed.open(run, CheckpointStore(run, keep=3))
        for event in (quality(90, 6.0), quality(180, 5.0)):
            resumed.recall(event)
        resumed.forget_lost_bests()
        assert [best.step for best in resumed.progress.bests] == [90]


class TestBest:
    """A state of the past whose images turned out to be the best."""

    def saved(self, recorder: Recorder, run: RunDirectory, step: int = 90) -> Checkpoint:
        recorder.emit(steps(1, step))
        where = recorder.checkpoints.resume_point(step=step, branch=0, draw=2, train_seconds=3.0)
        recorder.emit(steps(step + 1, 100))
        recorder.checkpoints.prepare_best(STATE, where)()
        return CheckpointStore(run, keep=3).load(step)

    def test_its_checkpoint_knows_the_log_as_it_was(
        self, recorder: Recorder, run: RunDirectory
    ) -> None:
        point = self.saved(recorder, run).resume_point
        kept = run.log_path.read_bytes()[: point.log_offset]
        assert len(kept.splitlines()) == 1
        assert (point.step, point.draw, point.train_seconds) == (90, 2, 3.0)

    def test_it_is_pinned(self, recorder: Recorder, run: RunDirectory) -> None:
        manifest = self.saved(recorder, run).path / "manifest.json"
        assert json.loads(manifest.read_text())["pinned"] == "best"

    def test_a_state_that_is_not_finite_is_refused(self, recorder: Recorder) -> None:
        where = recorder.checkpoints.resume_point(step=90, branch=0, draw=0, train_seconds=3.0)
        with pytest.raises(CheckpointError, match="non-finite"):
            recorder.checkpoints.prepare_best(
                {"generator/0": np.array([np.nan], np.float32)}, where
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
    recorder.checkpoints.fingerprint, recorder.checkpoints.environment = "abc", {"device": "CPU"}

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


def test_what_comes_after_the_end_is_only_passed_on(make: Make, run: RunDirectory) -> None:
    told: list[Event] = []
    recorder = make(told.append)
    recorder.open(run, CheckpointStore(run, keep=3))
    recorder.emit(note("last"))
    recorder.close()
    recorder.emit(note("too late"))
    assert notes(run) == ["last"]
    assert told == [note("last"), note("too late")]


def test_closing_what_was_never_opened_does_nothing(make: Make) -> None:
    make().close()
