"""What a recorded run keeps when its process dies, its disk is full or its folder vanishes."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from gan.errors import RunLockedError, StorageError
from gan.events import Noted, RunFailed, RunFinished, StorageFaulted, StorageRecovered
from gan.recorder import recorder as recording
from gan.recorder.recorder import Recorder
from gan.run import event_log
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from gan.run.liveness import Pulse
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness
from tests.gan.recorder.recording import SECONDS, logged, only_run, wait_until, written

ROOT = Path(__file__).parents[3]


def start(runs: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gan.recorder.looping", str(runs), how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_is_killed_leaves_a_log_with_all_but_the_last_moment(
    tmp_path: Path,
) -> None:
    with start(tmp_path, "hangs") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()

    run = only_run(tmp_path)
    steps = logged(read_events(run))["d_loss"]
    assert steps.keys() >= set(range(1, 100)), "all but the newest, which may get more values"
    assert run.log_path.read_bytes().endswith(b"\n")
    assert Pulse().see(read_status(run)).liveness is Liveness.DIED


def test_a_program_that_ends_without_closing_has_stopped(tmp_path: Path) -> None:
    with start(tmp_path, "ends") as process:
        assert process.wait() == 0

    events = list(read_events(only_run(tmp_path)))
    assert len(logged(events)["g_loss"]) == 100
    assert isinstance(events[-1], RunFinished)
    assert not events[-1].completed


def test_a_program_that_fails_without_closing_has_failed(tmp_path: Path) -> None:
    with start(tmp_path, "fails") as process:
        assert process.wait() == 1

    (*_, end) = read_events(only_run(tmp_path))
    assert isinstance(end, RunFailed)
    assert end.message == "ValueError: no such layer"


class FullDisk:
    """Refuses every line of a log while it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self._write = event_log.write_all
        monkeypatch.setattr(event_log, "write_all", self)

    def __call__(self, descriptor: int, data: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._write(descriptor, data)


def test_what_a_full_disk_refuses_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    run = Recorder(tmp_path)
    directory = RunDirectory(run.path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        run.log(a=1.0)
        disk.is_full = True
        for step in range(2, 500):
            run.log(a=float(step))
        wait_until(lambda: "log" in read_status(directory)["faults"])
        for step in range(500, 1000):
            run.log(a=float(step))
        disk.is_full = False
        wait_until(lambda: not read_status(directory)["faults"])
        run.close()

    events = written(run)
    assert logged(events)["a"].keys() == set(range(1, 1000))
    kinds = [type(event) for event in events]
    assert kinds.index(StorageFaulted) < kinds.index(StorageRecovered)
    (warning,) = said
    assert "No space left on device" in str(warning.message)
    assert "The training goes on" in str(warning.message)


def test_grids_that_a_full_disk_refuses_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise StorageError("no space left")

    run = Recorder(tmp_path)
    run.log(a=1.0)
    monkeypatch.setattr(run._writer._record, "save_samples", refuse)

    def draw_two() -> None:
        for step in (2, 3):
            run.samples(np.zeros((16, 28, 28)), step=step)
        run.close()

    with pytest.warns(RuntimeWarning, match="grids of samples are lost meanwhile"):
        draw_two()

    said = [event.text for event in written(run) if isinstance(event, Noted)]
    assert sum(int(text[0]) for text in said if "grids are lost" in text) == 2


def test_a_disk_that_stays_full_loses_the_end_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    run = Recorder(tmp_path)
    disk.is_full = True
    run.log(a=1.0)
    with pytest.warns(RuntimeWarning) as said:
        run.close()

    assert f"the end of {run.path} is lost" in str(said[-1].message)


def test_a_run_that_another_process_has_taken_over_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(lock: RunLock) -> list[str]:
        lock.lost = RunLockedError("process 7 has taken the run over.")
        raise lock.lost

    run = Recorder(tmp_path)
    run.log(a=1.0)
    monkeypatch.setattr(RunLock, "keep", keep)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        wait_until(lambda: run._writer._record.lost is not None)
        before = RunDirectory(run.path).log_path.read_bytes()
        run.log(a=2.0)
        assert not run.obey()
        run.close()

    assert RunDirectory(run.path).log_path.read_bytes() == before
    assert "process 7 has taken the run over" in str(said[0].message)


def test_a_folder_that_vanishes_is_made_again_with_all_that_was_logged(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        for step in range(1, 101):
            run.log(a=float(step))
        wait_until(lambda: len(logged(written(run)).get("a", ())) >= 99)
        shutil.rmtree(run.path)
        run.log(a=101.0)
        wait_until(RunDirectory(run.path).log_path.exists)

    events = written(run)
    assert logged(events)["a"].keys() == set(range(1, 102))
    assert any(isinstance(event, Noted) and "made again" in event.text for event in events)


def test_an_end_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(recording, "CLOSE_SECONDS", 0.1)
    run = Recorder(tmp_path)
    run.log(a=Slow(release))

    with pytest.warns(RuntimeWarning, match="was not written within"):
        run.close()

    release.set()
    wait_until(lambda: read_status(RunDirectory(run.path))["exit_code"] == 0)


class Slow:
    """A scalar of a device that takes its time."""

    __module__ = "jaxlib.fake"
    ndim = 0
    dtype = property(lambda _: __import__("numpy").dtype("f4"))

    def __init__(self, release: threading.Event) -> None:
        self._release = release

    def is_deleted(self) -> bool:
        return False

    def copy_to_host_async(self) -> None:
        self._release.wait(SECONDS)

    def __array__(self, dtype: object = None, copy: object = None) -> object:
        import numpy as np

        return np.array(1.0)
