"""What another process records of a run whose own process died."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gan.errors import RunLockedError
from gan.events import RunFailed
from gan.progress import RunProgress
from gan.run.creation import create_run
from gan.run.death import record_death
from gan.run.follower import read_events
from gan.run.lock import RunLock
from gan.run.status import StatusFile, read_status

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

WORDS = "the training process died of SIGSEGV: native code accessed memory that it must not access"


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run with the status of a living process, which is this one."""
    made = create_run(tmp_path / "run")
    StatusFile(made, lambda: 5.0).update(RunProgress(checkpoint_step=400))
    for step in (400, 500):
        (made.checkpoints_path / f"step-{step:08}").mkdir()
    return made


def record(run: RunDirectory, pid: int | None = None) -> int | None:
    return record_death(run, pid=pid or os.getpid(), exit_code=139, error="SIGSEGV", message=WORDS)


def test_the_status_says_how_it_ended(run: RunDirectory) -> None:
    before = read_status(run)

    assert record(run) == 500

    after = read_status(run)
    changed = {name: value for name, value in after.items() if before[name] != value}
    assert changed.pop("heartbeat") > 5.0
    assert changed == {
        "phase": "failed",
        "checkpoint_step": 500,
        "exit_code": 139,
        "exit_reason": "signal 11",
        "error": WORDS,
    }


def test_the_log_ends_with_it(run: RunDirectory) -> None:
    record(run)

    (event,) = read_events(run)
    assert isinstance(event, RunFailed)
    assert (event.error, event.message, event.exit_code) == ("SIGSEGV", WORDS, 139)


def test_a_line_that_the_dead_process_had_begun_does_not_break_the_log(run: RunDirectory) -> None:
    run.log_path.write_bytes(b'{"event":"Noted","time":1.0,"te')
    record(run)

    assert isinstance(read_events(run)[-1], RunFailed)
    assert run.log_path.read_bytes().endswith(b"}\n")


def test_a_run_that_recorded_its_own_end_is_left_alone(run: RunDirectory) -> None:
    StatusFile(run, lambda: 6.0).update(RunProgress(exit_code=75))
    before = run.status_path.read_bytes()
    record(run)

    assert run.status_path.read_bytes() == before
    assert not run.log_path.exists()


def test_the_status_of_another_process_is_left_alone(run: RunDirectory) -> None:
    before = run.status_path.read_bytes()
    record(run, pid=os.getpid() + 1)

    assert run.status_path.read_bytes() == before


def test_a_run_that_another_process_uses_is_left_alone(run: RunDirectory) -> None:
    with RunLock(run), pytest.raises(RunLockedError):
        record(run)
    assert json.loads(run.status_path.read_text())["exit_code"] is None


def test_a_run_without_a_status_is_no_error(tmp_path: Path) -> None:
    assert record(create_run(tmp_path / "new")) is None
