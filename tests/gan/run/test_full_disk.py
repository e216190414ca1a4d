"""A real file system of one megabyte, filled to the last block, and emptied again."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.disk.os_errors import error_number
from gan.errors import StorageError
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from tests.gan.run.filling import SIZE
from tests.gan.run.states import names, point, refuse_rejection, saved, store_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory

ROOT = Path(__file__).parents[3]
MOUNT = f'mount -t tmpfs -o size={SIZE} tmpfs "$1" && shift && exec "$@"'


def on_small_disk(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that alone sees a small, empty file system in a folder."""
    namespace = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh")
    return subprocess.run(
        [*namespace, str(folder), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder that a small file system can be mounted on."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here to mount a small file system with")
    if (tried := on_small_disk(tmp_path, "true")).returncode:
        pytest.skip(f"no small file system may be mounted here: {tried.stderr.strip()}")
    return tmp_path


def test_a_full_disk_costs_nothing_that_was_there_and_all_goes_on_when_it_has_room(
    disk: Path,
) -> None:
    done = on_small_disk(disk, sys.executable, "-m", "tests.gan.run.filling", str(disk))

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["full"] == {
        "preflight": "ENOSPC",
        "write": "ENOSPC",
        "log": "ENOSPC",
        "log_ends_whole": True,
        "events": 1,
        "steps": [1],
        "entries": 1,
        "newest": 1,
    }
    assert told["again"] == {"save": None, "log": None, "events": 2, "newest": 2}


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow past a size; the system says EFBIG, not ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_checkpoint_that_the_system_cuts_off_leaves_the_one_before(run: RunDirectory) -> None:
    """The limit on a file's size ends a write halfway, on every system and without a mount."""
    saved(run, 1)
    large = {"generator/0": np.full(100_000, 2.0, np.float32)}

    with files_at_most(50_000), pytest.raises(StorageError, match="File too large"):
        store_of(run).save(large, point(2))

    assert names(run) == ["step-00000001"]
    assert value_of(store_of(run).newest(refuse_rejection)) == 1
    store_of(run).save(large, point(2))
    assert value_of(store_of(run).newest(refuse_rejection)) == 2


def test_a_line_that_the_system_cuts_off_is_taken_back(run: RunDirectory) -> None:
    log = EventLog(run)
    log.append(events.Noted(time=1.0, text="before"))
    long = events.Noted(time=1.0, text="x" * 1000)

    with files_at_most(log.offset + 100), pytest.raises(StorageError) as raised:
        log.append(long)

    assert error_number(raised.value) is not None
    log.append(long)
    log.close()
    assert read_events(run) == [events.Noted(time=1.0, text="before"), long]
