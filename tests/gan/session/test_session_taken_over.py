"""A run that another machine takes over, and the process that loses it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.commands import Pause, Stop
from gan.run import claim
from gan.run.checkpoints.store import CheckpointStore
from gan.run.claim_record import ClaimRecord
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from gan.run.leases import Lease
from gan.run.status import read_status
from gan.session import heartbeat
from tests.gan.housing import FOREVER, House

if TYPE_CHECKING:
    from gan.events import Event
    from gan.session.session import TrainingSession


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat that nobody has to wait for: it is what looks after the claim."""
    monkeypatch.setattr(heartbeat, "POLL_SECONDS", 0.002)


def claimed_elsewhere(run: RunDirectory, number: int, *, file_system: str = "nfs4") -> str:
    """Have a process of another machine claim the run; returns its name."""
    own = ClaimRecord.new(run.path)
    process = replace(own.process, host="node7", boot_id="another", machine_id="other")
    record = replace(own, process=process, file_system=file_system)
    run.claim_path.mkdir(exist_ok=True)
    (run.claim_path / f"{number:06d}.json").write_bytes(record.encode())
    return record.holder


class Taker:
    """Takes the run over at an event, and remembers what it found."""

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        self._run: RunDirectory | None = None
        self.holder = ""
        self.steps: list[int] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.RunStarted):
            self._run = RunDirectory(Path(event.run_dir))
        elif isinstance(event, self._kind) and self._run and not self.holder:
            self.steps = CheckpointStore(self._run, keep=9).steps()
            self.holder = claimed_elsewhere(self._run, 2)
            Lease(self._run, 0.5).renew()


@pytest.mark.parametrize("kind", [events.CheckpointSaved, events.Paused])
def test_the_process_that_loses_the_run_stops_and_saves_nothing(
    house: House, kind: type[Event]
) -> None:
    taker = Taker(kind)

    def on(session: TrainingSession, event: Event) -> None:
        taker(event)
        if kind is events.Paused and isinstance(event, events.StepsCompleted) and not taker.holder:
            session.send(Pause())

    ended = house.train(steps=FOREVER, on=on, checkpoint_every="10", sample_every="10", keep=9)

    assert (ended.last.error, ended.last.exit_code) == ("RunLockedError", 1)
    assert f"was taken over by {taker.holder}" in ended.last.message
    # A checkpoint that was due at the same moment may have got its name just before.
    assert len(CheckpointStore(ended.run, keep=9).steps()) <= len(taker.steps) + 1
    assert not any(isinstance(event, events.RunFailed) for event in read_events(ended.run))
    assert read_status(ended.run)["exit_code"] is None
    newest = (ended.run.claim_path / "000002.json").read_bytes()
    assert b'"released": false' in newest
    assert len(list(ended.run.leases_path.iterdir())) == 1, "the other's viewers are still there"


def test_a_run_of_another_machine_is_refused_before_anything_slow(house: House) -> None:
    run = house.train(steps=2).run
    before = run.log_path.read_bytes()
    holder = claimed_elsewhere(run, 2)

    refused = house.train(steps=4, resume=run)

    assert (refused.last.error, refused.last.exit_code) == ("RunLockedError", 1)
    assert f"in use by {holder}" in refused.last.message
    assert len(refused.told) == 1
    assert run.log_path.read_bytes() == before


def test_it_can_be_taken_over_and_the_log_says_from_whom(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "SILENT_SECONDS", 0.0)
    run = house.train(steps=2).run
    holder = claimed_elsewhere(run, 2)

    resumed = house.train(steps=4, resume=run, take_over=True)

    assert resumed.last.completed
    watched, taken = resumed.notes
    assert (watched.warning, taken.warning) == (False, True)
    assert f"taken over from {holder}" in taken.text
    assert taken in read_events(run)


def test_a_stop_ends_the_watching(house: House) -> None:
    run = house.train(steps=2).run
    claimed_elsewhere(run, 2)

    def on(session: TrainingSession, event: Event) -> None:
        if isinstance(event, events.Noted) and event.text.startswith("watching for 15 s"):
            session.send(Stop())

    stopped = house.train(steps=4, resume=run, take_over=True, on=on)

    assert (stopped.last.completed, stopped.last.exit_code) == (False, 75)
    assert len(list(run.claim_path.iterdir())) == 2


def test_a_run_that_was_resumed_elsewhere_while_its_data_was_loaded_is_not_touched(
    house: House,
) -> None:
    run = house.train(steps=2).run
    before = run.log_path.read_bytes()

    def on(_: TrainingSession, event: Event) -> None:
        if isinstance(event, events.DataLoaded):
            claimed_elsewhere(run, 3)

    lost = house.train(steps=4, resume=run, on=on)

    assert lost.last.error == "RunLockedError"
    assert run.log_path.read_bytes() == before


def test_a_claim_that_cannot_be_released_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("gan.run.claim_chain._overwrite", refuse)

    ended = house.train(steps=2)

    assert "RunFinished" in [type(event).__name__ for event in ended.told]
    assert "cannot release the claim in" in ended.last.text
    assert "will need --take-over" in ended.last.text
    monkeypatch.undo()
    assert os.path.lexists(ended.run.claim_path / "000001.json")
