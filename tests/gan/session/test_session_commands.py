"""What a session is asked while it prepares and while it trains."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import (
    Evaluate,
    Interpolate,
    Pause,
    Resample,
    RollBack,
    SaveCheckpoint,
    Stop,
    Unpause,
)
from gan.data import loader
from gan.disk.process import ProcessIdentity
from gan.events import Event, Phase
from gan.exchange.requests import name_of
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.finding import open_run
from gan.run.follower import read_events
from gan.run.mailbox import Mailbox
from gan.run.message import Sender
from gan.run.recorder import Recorder
from gan.run.status import read_status
from gan.session import heartbeat
from tests.gan.housing import FOREVER, House, digest, in_turn, losses, story, when
from tests.gan.small import STEPS_PER_EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.readings import WorkerReading
    from gan.session.session import TrainingSession


@pytest.fixture
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat and a mailbox that nobody has to wait for."""
    monkeypatch.setattr(heartbeat, "POLL_SECONDS", 0.002)


ANN = Sender("box", 123, "ann")


def run_of(session: TrainingSession) -> RunDirectory:
    return open_run(Path(session.progress.run_dir))


class TestCommands:
    def test_they_are_carried_out_between_executions(self, house: House) -> None:
        on = in_turn(
            (events.StepsCompleted, Pause()),
            (events.Paused, SaveCheckpoint()),
            (events.CheckpointSaved, Resample()),
            (events.Resampled, Unpause()),
            (events.Unpaused, Stop(exit_code=77)),
        )
        ended = house.train(steps=FOREVER, on=on)
        words = story(ended.told)
        assert words.index("Paused") < words.index("Resampled") < words.index("Unpaused")
        assert ended.last.exit_code == 77

    def test_a_stop_leaves_a_run_that_can_be_resumed(self, house: House) -> None:
        ended = house.train(steps=FOREVER, on=when(events.StepsCompleted, Stop()))
        assert not ended.last.completed
        assert ended.last.exit_code == 75
        assert CheckpointStore(ended.run, keep=3).steps() == [ended.last.step]
        assert read_status(ended.run)["exit_reason"] == "stopped"

    def test_a_stop_at_the_epochs_end_completes_it(self, house: House) -> None:
        ended = house.train(steps=FOREVER, on=when(events.StepsCompleted, Stop("epoch_end")))
        assert ended.last.step % STEPS_PER_EPOCH == 0
        assert ended.last.step > 0

    def test_a_stop_before_the_start_ends_it_with_nothing_written(self, house: House) -> None:
        ended = house.train(first=Stop(exit_code=130))
        assert story(ended.told) == ["loading data", "RunFinished"]
        assert ended.last.exit_code == 130
        assert not ended.last.completed
        assert not house.runs.exists()

    def test_a_stop_while_loading_ends_it_at_once(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def load_for_ever(_source: str, *, progress: Callable[..., None], **_: object) -> Any:
            for done in range(1000):
                progress("drawing digits", done, 1000, "images")
            pytest.fail("not stopped")

        monkeypatch.setattr(loader, "load", load_for_ever)
        ended = house.train(on=when(events.ProgressMade, Stop()))
        assert len(ended.all(events.ProgressMade)) == 1
        assert ended.last.exit_code == 75
        assert not house.runs.exists()

    def test_a_stop_while_compiling_ends_it_before_a_step(self, house: House) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.PhaseEntered) and event.phase is Phase.COMPILING:
                session.send(Stop())

        ended = house.train(steps=FOREVER, on=on)
        assert (ended.last.step, ended.last.exit_code) == (0, 75)
        assert ended.last.resumable
        assert CheckpointStore(ended.run, keep=3).steps() == []

    def test_a_stop_while_compiling_a_resumed_run_leaves_what_there_was(self, house: House) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.PhaseEntered) and event.phase is Phase.COMPILING:
                session.send(Stop())

        run = house.train(steps=3).run
        stopped = house.train(steps=FOREVER, resume=run, on=on)
        assert (stopped.last.step, stopped.last.resumable) == (3, True)
        assert CheckpointStore(run, keep=3).steps() == [3]

    def test_looking_between_latents_changes_no_bit_and_leaves_no_trace(self, house: House) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.SamplesDrawn):
                session.send(Interpolate())

        alone = house.train(steps=40, sample_every="5").run
        watched = house.train(steps=40, sample_every="5", preview_seconds=1e9, on=on)

        told = watched.all(events.LatentsInterpolated)
        assert [event.step for event in told] == list(range(0, 40, 5))
        assert {event.frames.shape[1:] for event in told} == {(16, 28, 28)}
        np.testing.assert_array_equal(losses(read_events(watched.run)), losses(read_events(alone)))
        assert digest(watched.run) == digest(alone)
        assert "LatentsInterpolated" not in watched.run.log_path.read_text()

    def test_an_evaluation_that_was_asked_for_changes_no_bit(self, house: House) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.SamplesDrawn) and event.step in (10, 20):
                session.send(Evaluate())

        off = {"steps": 60, "sample_every": "10", "evaluate_every": "off"}
        alone = house.train(**off).run
        asked = house.train(**off, on=on)

        assert asked.all(events.QualityMeasured)
        np.testing.assert_array_equal(losses(read_events(asked.run)), losses(read_events(alone)))
        assert digest(asked.run) == digest(alone)
        assert asked.all(events.CommandAnswered) == []

    @pytest.mark.usefixtures("quick_polls")
    def test_a_message_to_a_process_that_is_gone_is_not_carried_out(self, house: House) -> None:
        run = house.train(steps=2).run
        Mailbox(run).post(Stop())
        resumed = house.train(steps=200, resume=run)
        assert resumed.last.completed
        assert list(run.mailbox_path.iterdir()) == []

    @pytest.mark.usefixtures("quick_polls")
    def test_of_many_messages_to_a_process_that_is_gone_none_is_carried_out(
        self, house: House
    ) -> None:
        run = house.train(steps=2).run
        for number in range(200):
            (run.mailbox_path / f"{number:03}").write_text('{"command": "stop"}')
        (run.mailbox_path / "folder").mkdir()
        resumed = house.train(steps=200, resume=run)
        assert resumed.last.completed
        assert {path.name for path in run.mailbox_path.iterdir()} == {"refused"}

    @pytest.mark.usefixtures("quick_polls")
    def test_a_message_in_the_mailbox_is_carried_out(self, house: House) -> None:
        def on(_session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.RunStarted):
                Mailbox(open_run(Path(event.run_dir))).post(Stop())

        ended = house.train(steps=FOREVER, on=on)
        assert ended.last.exit_code == 75

    @pytest.mark.usefixtures("quick_polls")
    def test_a_message_that_is_none_is_refused_out_loud(self, house: House) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.RunStarted):
                run = open_run(Path(event.run_dir))
                (run.mailbox_path / "letter").write_text("rm -rf /")
            elif isinstance(event, events.Noted) and event.warning:
                session.send(Stop())

        warning = house.train(steps=FOREVER, on=on).note
        assert warning.warning
        assert warning.text == "mailbox: letter was refused: it is not JSON"

    @pytest.mark.usefixtures("quick_polls")
    def test_each_message_is_answered_in_the_log(self, house: House) -> None:
        sent: dict[str, str] = {}
        asked = [Pause(), SaveCheckpoint(), Resample(), Evaluate(), Unpause(), Stop()]

        def on(_session: TrainingSession, event: Event) -> None:
            is_next = isinstance(event, events.CommandAnswered)
            if asked and (is_next or (isinstance(event, events.StepsCompleted) and not sent)):
                status = read_status(run_of(_session))
                process = ProcessIdentity.from_json(status)
                command = asked.pop(0)
                message = Mailbox(run_of(_session)).post(command, meant_for=process, sender=ANN)
                sent[message] = name_of(command)

        ended = house.train(steps=FOREVER, on=on)

        answers = ended.all(events.CommandAnswered)
        assert [(a.id, a.command, a.done) for a in answers] == [(*m, True) for m in sent.items()]
        assert {answer.sender for answer in answers} == {"ann@box (pid 123)"}
        logged = read_events(ended.run)
        assert [e for e in logged if isinstance(e, events.CommandAnswered)] == answers
        saved = next(e for e in logged if isinstance(e, events.CheckpointSaved) and e.requested)
        assert logged[logged.index(saved) + 1] == answers[1]
        assert (saved.step, answers[1].step) == (answers[0].step, answers[0].step)

    @pytest.mark.usefixtures("quick_polls")
    def test_what_was_sent_to_an_earlier_process_is_refused_in_the_log(self, house: House) -> None:
        run = house.train(steps=2).run
        old = [Mailbox(run).post(Stop(), sender=ANN), Mailbox(run).post(Pause(), sender=ANN)]

        resumed = house.train(steps=20, resume=run)

        answers = resumed.all(events.CommandAnswered)
        assert {(a.id, a.command, a.step, a.done) for a in answers} == {
            (old[0], "stop", 2, False),
            (old[1], "pause", 2, False),
        }
        assert {a.reason for a in answers} == {
            "it was sent before this process began to train the run"
        }
        assert resumed.last.completed
        kept = [e for e in read_events(run) if isinstance(e, events.CommandAnswered)]
        assert kept == answers

    @pytest.mark.usefixtures("quick_polls")
    def test_what_is_for_another_process_or_cannot_be_understood_is_refused_in_the_log(
        self, house: House
    ) -> None:
        other = replace(ProcessIdentity.current(), pid=1, host="box")

        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.RunStarted):
                Mailbox(run_of(session)).post(Pause(), meant_for=other, sender=ANN)
                letter = run_of(session).mailbox_path / "9"
                letter.write_text('{"command": "dance", "id": "mine"}')
            elif isinstance(event, events.CommandAnswered) and event.id == "mine":
                session.send(Stop())

        dance, pause = house.train(steps=FOREVER, on=on).all(events.CommandAnswered)

        assert (pause.command, pause.done) == ("pause", False)
        assert pause.reason == "it was meant for another process, pid 1 on box"
        assert (dance.command, dance.done) == ("dance", False)
        assert "not a known command; expected one of pause" in dance.reason

    @pytest.mark.usefixtures("quick_polls")
    def test_a_stop_while_it_is_prepared_is_answered_and_what_else_waits_refused(
        self, house: House
    ) -> None:
        def on(session: TrainingSession, event: Event) -> None:
            if isinstance(event, events.RunStarted):
                Mailbox(run_of(session)).post(SaveCheckpoint(), sender=ANN)
                Mailbox(run_of(session)).post(Stop(), sender=ANN)
            elif isinstance(event, events.PhaseEntered) and event.phase is Phase.COMPILING:
                # Until the heartbeat has read both.
                while any(run_of(session).mailbox_path.iterdir()):
                    time.sleep(0.001)
                while session._requests.stop is None:
                    time.sleep(0.001)

        ended = house.train(steps=FOREVER, on=on)

        answers = ended.all(events.CommandAnswered)
        assert {(a.command, a.done, a.reason) for a in answers} == {
            ("save", False, "the run has ended"),
            ("stop", True, ""),
        }
        assert ended.last.exit_code == 75
        assert ended.told.index(answers[-1]) == len(ended.told) - 2

    @pytest.mark.usefixtures("quick_polls")
    def test_a_rollback_that_cuts_the_log_keeps_the_answers(self, house: House) -> None:
        sent: list[str] = []
        asked = [SaveCheckpoint(), Resample(), RollBack(), Stop()]

        def on(session: TrainingSession, event: Event) -> None:
            is_turn = isinstance(event, events.CommandAnswered if sent else events.StepsCompleted)
            if asked and is_turn:
                sent.append(Mailbox(run_of(session)).post(asked.pop(0)))

        ended = house.train(steps=FOREVER, checkpoint_every="off", on=on)

        logged = read_events(ended.run)
        assert [e.id for e in logged if isinstance(e, events.CommandAnswered)] == sent
        assert not any(isinstance(e, events.Resampled) for e in logged)

    @pytest.mark.usefixtures("quick_polls")
    def test_the_heart_beats_while_it_is_paused(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        beats: list[float] = []
        beat = Recorder.beat
        paused: list[TrainingSession] = []

        def counted(record: Recorder, machines: tuple[WorkerReading, ...]) -> None:
            beat(record, machines)
            if paused and len(beats) < 3:
                status = read_status(RunDirectory(Path(record.progress.run_dir)))
                assert status["phase"] == "paused"
                beats.append(status["heartbeat"])
                if len(beats) == 3:
                    paused[0].send(Stop())

        monkeypatch.setattr(Recorder, "beat", counted)
        asks = when(events.StepsCompleted, Pause())

        def on(session: TrainingSession, event: Event) -> None:
            asks(session, event)
            if isinstance(event, events.Paused):
                paused.append(session)

        house.train(steps=FOREVER, on=on)
        assert beats[0] < beats[1] < beats[2]
