"""Moves a run that has ended to the trash: a folder next to it.

A folder of the same file system, so that a run of any size is moved by one rename, whole or not at
all, and is brought back by another. A desktop's trash would be on another disk or not there at all
on the machines that train.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, UsageError
from gan.run.liveness import Pulse
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.sighting import Liveness

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

TRASH: Final = "trash"
"""The name of the folder, in that of the runs; never the name of a run."""

_OWNER_ONLY: Final = 0o700


def move_to_trash(run: RunDirectory) -> Path:
    """Move a run to the trash; returns where it is now.

    No process can resume it meanwhile, because its lock is held.

    Args:
        run: The run. Its path changes.

    Raises:
        UsageError: It may be trained, or is a link.
        RunLockedError: A process uses it.
        StorageError: It can't be read or moved.
        CheckpointError: The folder of the trash is a run.
    """
    if run.path.is_symlink():
        raise UsageError(f"{run.path} is a link. Remove the link, or move what it leads to.")
    with RunLock(run):
        _require_ended(run)
        target = _place_for(run)
        with storage_errors("move to the trash", run.path):
            # Onto the empty folder that was made for it: nothing else can take the name meanwhile.
            run.path.rename(target)
        run.move_to(target)
    return target


def _require_ended(run: RunDirectory) -> None:
    """Refuse a run of which it isn't known that no process trains it.

    Raises:
        UsageError: It lives, or may live on another machine.
        StorageError: Its status can't be read.
    """
    sighting = Pulse(time.monotonic).see(read_status(run))
    if sighting.liveness in (Liveness.ENDED, Liveness.DIED):
        return
    lives = sighting.liveness is Liveness.LIVE
    why = "it is being trained" if lives else "whether a process trains it is not known here"
    raise UsageError(
        f"{run.path} stays where it is: {why}. Only a run that has ended moves to the trash."
    )


def _place_for(run: RunDirectory) -> Path:
    """An empty folder in the trash, with the run's name or with a number after it.

    Raises:
        CheckpointError: The trash is a run.
        StorageError: It can't be made.
    """
    trash = run.path.parent / TRASH
    with storage_errors("make a place for the run in", trash):
        trash.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        if type(run)(trash).has_config:
            raise CheckpointError(f"{trash} is a run, not a folder of runs. Give it another name.")
        number = 1
        while True:
            target = trash / (run.name if number == 1 else f"{run.name}-{number}")
            try:
                target.mkdir(mode=_OWNER_ONLY)
            except FileExistsError:
                number += 1
            else:
                return target
