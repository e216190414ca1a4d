"""A program that fills a small disk, continues, and prints what it saw.

`python -m tests.gan.run.filling FOLDER` prints one JSON object. The folder is the root of a file
system of `SIZE` bytes with nothing else on it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan import events
from gan.disk.files import Files
from gan.disk.os_errors import error_number
from gan.errors import StorageError
from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from tests.gan.run.states import point

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.disk.arrays import Array

SIZE = 1 << 20
STATE = 200_000


class Optimistic(Files):
    """A file system that does not tell how full it is, so that a write finds out."""

    def free_bytes(self, path: Path) -> None:
        assert path.is_dir()


def state(step: int) -> dict[str, Array]:
    """A state of `STATE` bytes."""
    return {"generator/0": np.full(STATE // 4, step, np.float32)}


def fill(path: Path) -> None:
    """Leave not one free block."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017


def refusal(act: Callable[[], object]) -> str | None:
    """What the disk said to an act; none where it was done."""
    try:
        act()
    except StorageError as error:
        return errno.errorcode[error_number(error) or 0]
    return None


def main(folder: Path) -> dict[str, Any]:
    """Save and log, on an empty disk, on a full one, and on one with room again."""
    run, ballast = create_run(folder / "run"), folder / "ballast"
    log, store = EventLog(run), CheckpointStore(run, keep=3)
    store.save(state(1), point(1))
    log.append(events.Noted(time=1.0, text="before"))
    fill(ballast)

    def append() -> None:
        # Longer than what is left in the last block of the log.
        log.append(events.Noted(time=1.0, text="x" * 9000))

    full = {
        "preflight": refusal(lambda: store.save(state(2), point(2))),
        "write": refusal(
            lambda: CheckpointStore(run, keep=3, files=Optimistic()).save(state(2), point(2))
        ),
        "log": refusal(append),
        "log_ends_whole": run.log_path.read_bytes().endswith(b"\n"),
        "events": len(read_events(run)),
        "steps": store.steps(),
        "entries": len(os.listdir(run.checkpoints_path)),  # noqa: PTH208 - a count
        "newest": step_of_newest(store),
    }
    ballast.unlink()
    again = {
        "save": refusal(lambda: store.save(state(2), point(2))),
        "log": refusal(append),
        "events": len(read_events(run)),
        "newest": step_of_newest(store),
    }
    return {"full": full, "again": again}


def step_of_newest(store: CheckpointStore) -> int:
    """The newest checkpoint's step, where its state is that step's."""
    checkpoint = store.newest(lambda path, reason: sys.exit(f"{path}: {reason}"))
    assert checkpoint is not None
    assert set(checkpoint.arrays["generator/0"]) == {checkpoint.step}
    return checkpoint.step


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201 - its product
