"""The run that `attach` finds by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.disk.process import ProcessIdentity
from gan.errors import CheckpointError
from gan.viewing.live_run import live_runs, newest_live
from tests.tui.composing import make_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = ProcessIdentity.current()
GONE = replace(HERE, start_ticks=1)
ELSEWHERE = replace(HERE, host="other-host")


def put(runs: Path, name: str, process: ProcessIdentity, **changed: Any) -> Path:
    """A run with a status."""
    run = make_run(runs / name)
    status = {**process.to_json(), "sequence": 1, "exit_code": None, **changed}
    run.status_path.write_text(json.dumps(status))
    return run.path


class Time:
    """A clock that moves when somebody sleeps; meanwhile something may happen."""

    def __init__(self, happens: Iterator[object]) -> None:
        self.now, self._happens = 0.0, happens

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        next(self._happens, None)


def test_the_newest_that_lives_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "00001-a", HERE)
    live = put(tmp_path, "00002-b", HERE)
    put(tmp_path, "00003-c", GONE)
    put(tmp_path, "00004-d", HERE, exit_code=0)

    assert newest_live(tmp_path).path == live
    assert [run.name for run in live_runs(tmp_path)] == ["00002-b", "00001-a"]


def test_one_of_another_machine_lives_once_its_status_changes(tmp_path: Path) -> None:
    put(tmp_path, "00001-a", HERE)
    other = put(tmp_path, "00002-b", ELSEWHERE)

    def change() -> Iterator[object]:
        yield None
        status = {**ELSEWHERE.to_json(), "sequence": 2, "exit_code": None}
        yield (other / "status.json").write_text(json.dumps(status))

    time = Time(change())

    assert newest_live(tmp_path, lambda: time.now, time.sleep).path == other


def test_one_of_another_machine_that_never_changes_is_not_waited_for_long(tmp_path: Path) -> None:
    here = put(tmp_path, "00001-a", HERE)
    put(tmp_path, "00002-b", ELSEWHERE)
    time = Time(iter(()))

    assert newest_live(tmp_path, lambda: time.now, time.sleep).path == here
    assert time.now < 5


def test_without_one_the_error_names_those_that_there_are(tmp_path: Path) -> None:
    for number in range(8):
        put(tmp_path, f"{number + 1:05d}-a", GONE)

    with pytest.raises(CheckpointError, match=r"00008-a, 00007-a, .* and 3 more: gan-tui watch"):
        newest_live(tmp_path)


@pytest.mark.parametrize("folder", [".", "missing"])
def test_without_any_run_the_error_says_how_to_start_one(tmp_path: Path, folder: str) -> None:
    with pytest.raises(CheckpointError, match="Start one with gan-tui"):
        newest_live(tmp_path / folder)


@pytest.mark.parametrize("status", [b"", b"[]", b"\xff", b'{"pid": "x"}'])
def test_a_damaged_status_is_no_live_run(tmp_path: Path, status: bytes) -> None:
    run = make_run(tmp_path / "00001-a")
    run.status_path.write_bytes(status)
    time = Time(iter(()))

    with pytest.raises(CheckpointError):
        newest_live(tmp_path, lambda: time.now, time.sleep)
