"""The lock: one process per run."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gan.disk.process import ProcessIdentity
from gan.errors import RunLockedError, StorageError
from gan.run.lock import RunLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.run.directory import RunDirectory

HOLD = """
import sys
from pathlib import Path
from gan.run.directory import RunDirectory
from gan.run.lock import RunLock
with RunLock(RunDirectory(Path(sys.argv[1]))):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(run: RunDirectory) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the run's lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_is_refused_and_the_holder_named(
    run: RunDirectory, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(RunLockedError) as raised:
        RunLock(run).acquire()

    assert f"process {holder.pid} on {socket.gethostname()}" in str(raised.value)
    assert str(run.path) in str(raised.value)


def test_a_killed_process_leaves_no_stale_lock(
    run: RunDirectory, holder: subprocess.Popen[str]
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with RunLock(run):
        assert json.loads(run.lock_path.read_text())["pid"] == os.getpid()


def test_the_lock_says_who_holds_it(run: RunDirectory) -> None:
    with RunLock(run):
        record = json.loads(run.lock_path.read_text())

    assert ProcessIdentity.from_json(record).is_same_as(ProcessIdentity.current())
    assert stat.S_IMODE(run.lock_path.stat().st_mode) == 0o600


def test_one_process_cannot_take_it_twice(run: RunDirectory) -> None:
    with RunLock(run), pytest.raises(RunLockedError, match=f"process {os.getpid()} on"):
        RunLock(run).acquire()


def test_a_released_lock_can_be_taken_again(run: RunDirectory) -> None:
    lock = RunLock(run)
    lock.acquire()
    lock.release()
    lock.release()

    with RunLock(run):
        pass


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"pid": "x", "host": 1}', "[" * 4096, '{"pid": ' + "9" * 4000]
)
def test_a_lock_without_the_holders_name_is_still_held(run: RunDirectory, text: str) -> None:
    with RunLock(run):
        run.lock_path.write_text(text)
        with pytest.raises(RunLockedError, match="in use by another process"):
            RunLock(run).acquire()


def test_a_symbolic_link_is_not_followed(run: RunDirectory, tmp_path: Path) -> None:
    """It would truncate the file that the link points to."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    run.lock_path.symlink_to(precious)

    with pytest.raises(StorageError):
        RunLock(run).acquire()
    assert precious.read_text() == "mine"


def test_a_missing_run_directory_is_a_storage_error(run: RunDirectory) -> None:
    for folder in (*run.folders, run.path):
        folder.rmdir()

    with pytest.raises(StorageError, match=r"cannot lock .*/lock: No such file"):
        RunLock(run).acquire()
