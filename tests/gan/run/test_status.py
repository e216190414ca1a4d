"""The status file: one whole version at any moment, and a heartbeat."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gan.errors import StorageError
from gan.events import Phase
from gan.progress import RunProgress
from gan.readings import MachineReading, WorkerReading
from gan.run.status import StatusFile, exit_reason, machines_in, read_status

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


TRAINING = RunProgress(phase=Phase.TRAINING, step=5, total_steps=10, d_loss=math.nan)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def status(run: RunDirectory, clock: FakeClock) -> StatusFile:
    return StatusFile(run, clock)


def test_it_says_where_the_run_stands_and_who_runs_it(
    run: RunDirectory, status: StatusFile
) -> None:
    status.update(TRAINING)

    record = read_status(run)

    assert (record["schema_version"], record["phase"], record["step"]) == (1, "training", 5)
    assert (record["pid"], record["heartbeat"], record["exit_reason"]) == (
        os.getpid(),
        1000.0,
        None,
    )
    assert {"host", "boot_id", "started"} <= set(record)


def test_the_machines_of_all_workers_can_be_read_back(
    run: RunDirectory, status: StatusFile
) -> None:
    machine = MachineReading(process_cpu=150.0, machine_cpu=80.0, memory=2**30)
    status.machines = (WorkerReading(worker=1, host="gpu2", machine=machine),)
    status.write()

    assert machines_in(read_status(run)) == status.machines


def test_a_status_without_machines_has_none() -> None:
    assert machines_in({}) == ()
    with pytest.raises(ValueError, match="machines: received 7, expected a list"):
        machines_in({"machines": 7})


def test_a_loss_that_is_not_finite_leaves_standard_json(
    run: RunDirectory, status: StatusFile
) -> None:
    status.update(TRAINING)

    text = run.status_path.read_text()

    assert json.loads(text, parse_constant=pytest.fail)["d_loss"] is None


def test_updates_within_a_second_cost_no_writing(
    run: RunDirectory, status: StatusFile, clock: FakeClock
) -> None:
    status.update(TRAINING)
    clock.now += 0.9
    status.update(replace(TRAINING, step=6))
    assert read_status(run)["step"] == 5

    clock.now += 0.1
    status.update(replace(TRAINING, step=7))

    assert (read_status(run)["step"], read_status(run)["heartbeat"]) == (7, 1001.0)


def test_a_new_phase_is_written_at_once(run: RunDirectory, status: StatusFile) -> None:
    status.update(TRAINING)

    status.update(replace(TRAINING, phase=Phase.PAUSED))

    assert read_status(run)["phase"] == "paused"


def test_the_end_is_written_at_once_and_to_the_disk(
    run: RunDirectory, status: StatusFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    status.update(TRAINING)
    assert not synced

    status.update(replace(TRAINING, phase=Phase.FAILED, exit_code=74))

    assert read_status(run)["exit_reason"] == "storage"
    assert synced


def test_a_clock_that_is_set_back_does_not_silence_the_heartbeat(
    run: RunDirectory, status: StatusFile, clock: FakeClock
) -> None:
    status.update(TRAINING)
    clock.now = 10.0

    status.update(replace(TRAINING, step=6))

    assert (read_status(run)["step"], read_status(run)["heartbeat"]) == (6, 10.0)


def test_a_heartbeat_can_be_written_without_news(
    run: RunDirectory, status: StatusFile, clock: FakeClock
) -> None:
    status.update(TRAINING)
    clock.now += 0.5

    status.write()

    assert read_status(run)["heartbeat"] == 1000.5


def test_a_disk_that_refuses_is_an_error_and_the_next_second_tries_again(
    run: RunDirectory, status: StatusFile, clock: FakeClock
) -> None:
    run.path.rename(run.path.with_name("moved"))
    with pytest.raises(StorageError, match=r"cannot write .*status\.json"):
        status.update(TRAINING)

    run.path.with_name("moved").rename(run.path)
    clock.now += 1.0
    status.update(TRAINING)

    assert read_status(run)["step"] == 5


def test_a_divergence_is_written_at_once(run: RunDirectory, status: StatusFile) -> None:
    status.update(TRAINING)

    status.update(replace(TRAINING, diverged_step=7))

    assert read_status(run)["diverged_step"] == 7


def test_a_fault_is_written_at_once_and_so_is_its_end(
    run: RunDirectory, status: StatusFile
) -> None:
    status.update(TRAINING)

    status.update(replace(TRAINING, faults=(("checkpoint", "the disk is full"),)))
    assert read_status(run)["faults"] == {"checkpoint": "the disk is full"}

    status.update(TRAINING)
    assert read_status(run)["faults"] == {}


@pytest.mark.parametrize(
    ("code", "completed", "reason"),
    [
        (None, False, None),
        (0, True, "completed"),
        (0, False, "stopped"),
        (75, False, "stopped"),
        (1, False, "error"),
        (3, False, "diverged"),
        (4, False, "no usable data or checkpoint"),
        (74, False, "storage"),
        (143, False, "signal 15"),
        (99, False, "error"),
    ],
)
def test_why_a_run_ended_is_one_of_a_few_words(
    code: int | None, reason: str | None, *, completed: bool
) -> None:
    assert exit_reason(RunProgress(exit_code=code, completed=completed)) == reason


def test_a_run_without_a_status_has_an_empty_one(run: RunDirectory) -> None:
    assert read_status(run) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000], ids=lambda text: text[:5])
def test_a_damaged_status_is_an_error_that_names_it(run: RunDirectory, text: str) -> None:
    run.status_path.write_text(text)

    with pytest.raises(StorageError, match=r"status\.json"):
        read_status(run)
