"""Whatever is done to a run's directory while it trains, the run ends with a last checkpoint."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import Stop
from gan.errors import RunLockedError
from gan.events import StepsCompleted
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.finding import open_run
from gan.run.follower import read_events
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.session import heartbeat
from tests.gan.housing import FOREVER, House, losses

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event
    from gan.session.session import TrainingSession
    from tests.gan.housing import Ended


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat that nobody has to wait for: it is what looks after the directory."""
    monkeypatch.setattr(heartbeat, "POLL_SECONDS", 0.002)


class Vandal:
    """Does something to the run's directory at a step, and stops the run after what is awaited."""

    def __init__(
        self, act: Callable[[RunDirectory], None], awaited: Callable[[Event], bool], at: int = 20
    ) -> None:
        self._act, self._awaited, self._at = act, awaited, at
        self._run: RunDirectory | None = None
        self._has_acted = False

    def __call__(self, session: TrainingSession, event: Event) -> None:
        if isinstance(event, events.RunStarted):
            self._run = RunDirectory(Path(event.run_dir))
        elif isinstance(event, StepsCompleted) and event.last_step >= self._at and self._run:
            run, self._run = self._run, None
            self._act(run)
            self._has_acted = True
        elif self._has_acted and self._awaited(event):
            session.send(Stop())


WORDS = ("made again", "was cut from")


def is_warning(event: Event) -> bool:
    """Whether it says that something was made again, or is lost."""
    return isinstance(event, events.Noted) and any(words in event.text for words in WORDS)


def warnings(ended: Ended) -> str:
    return " ".join(note.text for note in ended.notes)


def vandalised(house: House, act: Callable[[RunDirectory], None], **options: object) -> Ended:
    vandal = Vandal(act, is_warning)
    return house.train(steps=FOREVER, on=vandal, **{"checkpoint_every": "10", **options})


@pytest.mark.parametrize("name", ["checkpoints", "samples", "mailbox"])
def test_a_folder_that_is_deleted_is_made_again(house: House, name: str) -> None:
    ended = vandalised(house, lambda run: shutil.rmtree(run.path / name), sample_every="5")

    assert ended.last.exit_code == 75
    assert f"{name}: deleted during the run; made again." in warnings(ended)
    assert (ended.run.path / name).is_dir()
    assert CheckpointStore(ended.run, keep=9).steps()[-1] == ended.last.step


def delete(run: RunDirectory) -> None:
    """Delete the directory of a run, which may rename a file in it at the same moment."""
    try:
        shutil.rmtree(run.path)
    except FileNotFoundError:
        delete(run)


def test_a_run_directory_that_is_deleted_is_made_again_and_can_be_resumed(house: House) -> None:
    ended = vandalised(house, delete)

    assert ended.last.exit_code == 75
    assert "was deleted during the run; it has been made again" in warnings(ended)
    np.testing.assert_array_equal(
        losses(read_events(ended.run))[0], np.arange(1, ended.last.step + 1)
    )
    assert read_status(ended.run)["exit_reason"] == "stopped"
    resumed = house.train(steps=ended.last.step + 3, resume=ended.run)
    assert resumed.last.completed


def test_a_run_directory_that_is_renamed_is_where_the_run_goes_on(house: House) -> None:
    def rename(run: RunDirectory) -> None:
        run.path.rename(run.path.with_name("renamed"))

    vandal = Vandal(rename, lambda event: isinstance(event, events.RunMoved))
    ended = house.train(steps=FOREVER, on=vandal, checkpoint_every="10", sample_every="5")

    moved = ended.only(events.RunMoved)
    run = open_run(Path(moved.run_dir))
    assert (moved.name, run.path.parent) == ("renamed", house.runs)
    assert CheckpointStore(run, keep=9).steps()[-1] == ended.last.step
    assert read_status(run)["exit_reason"] == "stopped"
    np.testing.assert_array_equal(losses(read_events(run))[0], np.arange(1, ended.last.step + 1))
    assert [path.name for path in house.runs.iterdir()] == ["renamed"]


def test_a_lock_that_is_deleted_is_taken_again(house: House) -> None:
    seen: list[str] = []

    def on(session: TrainingSession, event: Event) -> None:
        vandal(session, event)
        if is_warning(event):
            with pytest.raises(RunLockedError) as refused:
                RunLock(RunDirectory(Path(session.progress.run_dir))).acquire()
            seen.append(str(refused.value))

    vandal = Vandal(lambda run: run.lock_path.unlink(), is_warning)
    ended = house.train(steps=FOREVER, on=on)

    assert f"process {os.getpid()}" in seen[0]
    assert ended.last.exit_code == 75


def test_a_log_that_is_cut_is_said_at_once_and_what_is_gone_on_resume(house: House) -> None:
    ended = vandalised(house, lambda run: os.truncate(run.log_path, 0), checkpoint_every="off")

    assert "events.jsonl was cut from" in warnings(ended)
    assert ended.last.exit_code == 75
    first = losses(read_events(ended.run))[0][0]
    assert first > 1

    resumed = house.train(steps=ended.last.step + 3, resume=ended.run)

    (note,) = (note for note in resumed.notes if "lacks steps" in note.text)
    assert "events.jsonl lacks steps that were made before the checkpoint of step" in note.text
    assert f": 1 to {first - 1:.0f}. The networks are whole" in note.text


def test_a_damaged_line_is_said_on_resume_and_its_steps_are_named(house: House) -> None:
    run = house.train(steps=20).run
    lines = run.log_path.read_bytes().split(b"\n")
    place = next(n for n, line in enumerate(lines) if b'"StepsCompleted"' in line)
    lines[place] = lines[place].replace(b'"first_step":1', b'"first_step":41000000000')
    run.log_path.write_bytes(b"\n".join(lines))

    resumed = house.train(steps=21, resume=run, replay=True)

    assert resumed.last.completed
    assert any("lacks steps" in note.text for note in resumed.notes)
    replayed = [event.text for event in resumed.replayed if isinstance(event, events.Noted)]
    assert any("expected steps from 1 to 20" in text for text in replayed)
