"""The run that `attach` finds by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.disk.process import ProcessIdentity
from gan.errors import CheckpointError
from gan.run.config_file import write_recorded_config
from gan.run.creation import create_run
from gan.run.status import read_status
from gan.viewing.live_run import live_runs, newest, newest_live
from tests.tui.composing import make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory

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


def test_it_says_what_it_waits_for_and_less_long_where_another_lives(tmp_path: Path) -> None:
    put(tmp_path, "00001-a", HERE)
    put(tmp_path, "00002-b", ELSEWHERE)
    time, told = Time(iter(())), []

    newest_live(tmp_path, lambda: time.now, time.sleep, told.append)

    assert told == ["00002-b"]
    assert time.now <= 2


def test_a_status_that_names_no_process_is_not_waited_for(tmp_path: Path) -> None:
    here = put(tmp_path, "00001-a", HERE)
    put(tmp_path, "00002-b", replace(ELSEWHERE, started=HERE.started + 1), pid=-4)

    assert newest_live(tmp_path, sleep=pytest.fail).path == here


def test_without_one_the_error_names_those_that_there_are(tmp_path: Path) -> None:
    for number in range(8):
        put(tmp_path, f"{number + 1:05d}-a", GONE)

    with pytest.raises(CheckpointError, match=r"00008-a, 00007-a, .* and 3 more: gan-tui watch"):
        newest_live(tmp_path)


def test_the_error_says_of_no_recorded_loop_that_it_can_go_on(tmp_path: Path) -> None:
    run = create_run(tmp_path / "00001-a")
    write_recorded_config(run, "train.py", {}, environment={}, command_line=[])

    with pytest.raises(CheckpointError, match=rf"gan-tui watch {run.path} shows the newest\.$"):
        newest_live(tmp_path)


def test_a_run_without_a_number_is_found_too(tmp_path: Path) -> None:
    put(tmp_path, "00001-a", GONE)
    named = put(tmp_path, "named", HERE)
    (tmp_path / "notes").mkdir()

    assert newest_live(tmp_path).path == newest(tmp_path).path == named
    assert [run.path for run in live_runs(tmp_path)] == [named]


def test_a_live_run_before_very_many_others_is_found_in_one_look(tmp_path: Path) -> None:
    live = put(tmp_path, "00001-a", replace(HERE, started=1.0))
    for number in range(2, 202):
        put(tmp_path, f"{number:05d}-a", GONE)

    assert newest_live(tmp_path, sleep=pytest.fail).path == live


def test_the_newest_is_the_one_that_began_to_train_last(tmp_path: Path) -> None:
    resumed = put(tmp_path, "00001-a", replace(HERE, started=3.0))
    put(tmp_path, "named", replace(HERE, started=1.0))
    put(tmp_path, "00002-b", replace(HERE, started=2.0))

    assert newest_live(tmp_path).path == resumed
    assert [run.name for run in live_runs(tmp_path)] == ["00001-a", "00002-b", "named"]


def test_only_what_is_not_known_yet_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        put(tmp_path, f"{number:05d}-a", GONE)
    put(tmp_path, "00004-a", ELSEWHERE)
    looked: list[str] = []

    def read(run: RunDirectory) -> dict[str, Any]:
        looked.append(run.name)
        return read_status(run)

    monkeypatch.setattr("gan.viewing.live_run.read_status", read)
    time = Time(iter(()))

    assert newest(tmp_path, lambda: time.now, time.sleep).name == "00004-a"
    assert sorted(looked[:4]) == ["00001-a", "00002-a", "00003-a", "00004-a"]
    assert set(looked[4:]) == {"00004-a"}


def test_a_run_to_watch_need_not_live(tmp_path: Path) -> None:
    put(tmp_path, "00001-a", GONE)
    ended = put(tmp_path, "named", replace(GONE, started=HERE.started + 1))

    assert newest(tmp_path).path == ended


@pytest.mark.parametrize("find", [newest, newest_live])
@pytest.mark.parametrize("folder", [".", "missing"])
def test_without_any_run_the_error_says_how_to_start_one(
    tmp_path: Path, folder: str, find: Callable[[Path], RunDirectory]
) -> None:
    with pytest.raises(CheckpointError, match=r"^no run in .*\. Start one with gan-tui"):
        find(tmp_path / folder)


@pytest.mark.parametrize("status", [b"", b"[]", b"\xff", b'{"pid": "x"}'])
def test_a_damaged_status_is_no_live_run(tmp_path: Path, status: bytes) -> None:
    run = make_run(tmp_path / "00001-a")
    run.status_path.write_bytes(status)
    time = Time(iter(()))

    with pytest.raises(CheckpointError):
        newest_live(tmp_path, lambda: time.now, time.sleep)
