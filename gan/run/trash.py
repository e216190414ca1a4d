"""Moves a run that has ended to the trash: a folder next to it.

A folder of the same file system, so that a run of any size is moved by one rename, whole or not at
all, and is brought back by another. A desktop's trash would be on another disk or not there at all
on the machines that train.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, UsageError
from gan.run.claim import TakeOver
from gan.run.liveness import SILENT_SECONDS, Pulse
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory
    from gan.run_facts.summary import RunSummary

TRASH: Final = "trash"
"""The name of the folder, in that of the runs; never the name of a run."""

_OWNER_ONLY: Final = 0o700

_WATCHED: Final = TakeOver(wait=lambda _: None, note=lambda _: None)
"""How to take the claim of a process elsewhere that was watched for long enough already."""


def move_to_trash(run: RunDirectory, seen: RunSummary | None = None) -> Path:
    """Move a run to the trash; returns where it is now.

    No process can resume it meanwhile, because its lock is held.

    Args:
        run: The run. Its path changes.
        seen: How it stood when it was looked at last. One of another machine that was silent then,
            and has said nothing since, counts as ended.

    Raises:
        UsageError: It may be trained, or is a link.
        RunLockedError: A process uses it.
        StorageError: It can't be read or moved.
        CheckpointError: The folder of the trash is a run.
    """
    if run.path.is_symlink():
        raise UsageError(f"{run.path} is a link. Remove the link, or move what it leads to.")
    # Before the lock too: nothing is taken over from a process that may live.
    _require_ended(run, seen)
    with RunLock(run, take_over=_WATCHED if _is_silent(seen) else None):
        _require_ended(run, seen)
        target = _place_for(run)
        with storage_errors("move to the trash", run.path):
            # Onto the empty folder that was made for it: nothing else can take the name meanwhile.
            try:
                run.path.rename(target)
            except OSError:
                with suppress(OSError):
                    target.rmdir()
                raise
        run.move_to(target)
    return target


def _is_silent(seen: RunSummary | None) -> bool:
    return seen is not None and seen.liveness is Liveness.SILENT


def _require_ended(run: RunDirectory, seen: RunSummary | None) -> None:
    """Refuse a run of which it isn't known that no process trains it.

    Raises:
        UsageError: It lives, or may live on another machine.
        StorageError: Its status can't be read.
    """
    status = read_status(run)
    sighting = Pulse().see(status)
    if sighting.liveness in (Liveness.ENDED, Liveness.DIED):
        return
    stays = f"{run.path} stays where it is: "
    if sighting.liveness is Liveness.LIVE:
        raise UsageError(
            f"{stays}it is being trained. Only a run that has ended moves to the trash."
        )
    process = sighting.process
    if process is None:
        raise UsageError(
            f"{stays}whether a process trains it is not known here, because its status names none. "
            "If none does, move the folder yourself."
        )
    # The status as it was then, so nothing was heard of the process since.
    if seen is not None and _is_silent(seen) and status.get("heartbeat") == seen.heard_at:
        return
    raise UsageError(
        f"{stays}whether a process trains it is not known here. It is process {process.pid} on "
        f"{process.host}: end it there, or try again once the table says that the run has been "
        f"silent, after {SILENT_SECONDS:.0f} s."
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
