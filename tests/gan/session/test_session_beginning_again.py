"""A run without a checkpoint begins at step 0, with its own configuration and images."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import events
from gan.commands import Stop
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from gan.run.status import read_status
from gan.session.preparation import RunPlan
from gan.session.session import TrainingSession
from tests.gan.housing import House, digest, losses, when


def without_checkpoints(run: RunDirectory) -> None:
    """As if its process had been killed before the first one: none saved, none in the log."""
    shutil.rmtree(run.checkpoints_path)
    run.checkpoints_path.mkdir()
    after = (b'"CheckpointSaved"', b'"RunFinished"', b'"saving"')
    lines = run.log_path.read_bytes().splitlines(keepends=True)
    run.log_path.write_bytes(b"".join(ln for ln in lines if not any(word in ln for word in after)))


def test_it_equals_a_run_that_was_not_killed(house: House) -> None:
    whole = house.train(steps=12).run
    killed = house.train(steps=12).run
    without_checkpoints(killed)
    with killed.log_path.open("ab") as log:
        log.write(b'{"event":"StepsCompl')

    again = house.train(steps=12, resume=killed)

    assert again.only(events.RunStarted).resumed_from is None
    np.testing.assert_array_equal(losses(read_events(killed)), losses(read_events(whole)))
    assert digest(killed) == digest(whole)
    assert {note.text for note in again.notes} == {
        "the run has no checkpoint yet, so it begins at step 0",
        (
            "12 steps before the first checkpoint count no more: the events since were moved to "
            "events.jsonl.cut-1, and nothing else is lost"
        ),
    }


def test_its_log_goes_on(house: House) -> None:
    killed = house.train(steps=2).run
    without_checkpoints(killed)
    begun = killed.log_path.read_bytes().partition(b'{"event":"StepsCompleted"')[0]

    house.train(steps=2, resume=killed)

    assert killed.log_path.read_bytes().startswith(begun)
    starts = [e for e in read_events(killed) if isinstance(e, events.RunStarted)]
    assert len(starts) == 2


@pytest.mark.parametrize("left", [b"", b'{"event":"Data'])
def test_a_run_that_was_killed_before_its_first_line_begins(house: House, left: bytes) -> None:
    killed = house.train(steps=2).run
    without_checkpoints(killed)
    killed.log_path.write_bytes(left)

    assert house.train(steps=2, resume=killed).last.completed


def test_a_run_without_a_log_begins(house: House) -> None:
    killed = house.train(steps=2).run
    without_checkpoints(killed)
    killed.log_path.unlink()

    assert house.train(steps=2, resume=killed).last.completed


def test_a_run_whose_checkpoints_are_gone_is_refused(house: House) -> None:
    """It has had some: beginning again would hide the loss."""
    run = house.train(steps=2).run
    shutil.rmtree(run.checkpoints_path)
    before = run.log_path.read_bytes()

    failed = house.train(steps=4, resume=run).last

    assert (failed.error, failed.exit_code) == ("CheckpointError", 4)
    assert "its log names checkpoints, but there are none in" in failed.message
    assert run.log_path.read_bytes() == before


def test_other_images_are_refused(house: House) -> None:
    run = house.train(steps=2).run
    without_checkpoints(run)
    text = run.log_path.read_text()
    (loaded,) = (e for e in read_events(run) if isinstance(e, events.DataLoaded))
    run.log_path.write_text(text.replace(loaded.fingerprint, "0" * 64))

    failed = house.train(steps=2, resume=run).last

    assert (failed.error, failed.exit_code) == ("DataError", 4)
    assert "is not what" in failed.message


def test_a_step_that_was_asked_for_is_still_missing(house: House) -> None:
    run = house.train(steps=2).run
    without_checkpoints(run)

    assert house.train(steps=2, resume=run, resume_step=1).last.exit_code == 4


def test_a_stop_while_compiling_leaves_a_run_that_can_be_resumed(house: House) -> None:
    stopped = house.train(steps=2, on=when(events.RunStarted, Stop()))

    assert (stopped.last.exit_code, stopped.last.resumable) == (75, True)
    assert house.train(steps=2, resume=stopped.run).last.completed


def test_a_stop_before_there_is_a_directory_leaves_nothing_to_resume(house: House) -> None:
    assert not house.train(steps=2, first=Stop()).last.resumable
    assert not house.runs.exists()


class TestEndingWhileCompiling:
    """The process has to end now, and the compiler does not return."""

    def test_the_stops_exit_code_is_told_and_recorded(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compiling, go_on = threading.Event(), threading.Event()

        def stuck(*_: Any) -> None:
            compiling.set()
            go_on.wait(60)
            raise RuntimeError("never reached by a process that has ended")

        monkeypatch.setattr("gan.session.preparation._Preparation.compile", stuck)
        told: list[events.Event] = []
        plan = RunPlan(config=house.config(steps=2), runs=house.runs)
        session = TrainingSession(plan, listeners=[told.append])
        session.start()
        assert compiling.wait(60)

        assert session.exit_code_now() is None
        session.send(Stop(exit_code=143))
        assert session.exit_code_now() == 143
        (started,) = (e for e in told if isinstance(e, events.RunStarted))
        status = read_status(RunDirectory(Path(started.run_dir)))
        assert (status["exit_code"], status["exit_reason"]) == (143, "signal 15")
        go_on.set()
        assert session.join(60)
