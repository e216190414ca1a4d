"""Locks a run for as long as it is prepared and trained, and says what is special about that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gan.errors import StorageError
from gan.run.claim import TakeOver
from gan.run.lock import RunLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from gan.run.directory import RunDirectory
    from gan.session.preparation_report import PreparationReport


def hold_lock(
    run: RunDirectory,
    report: PreparationReport,
    require_not_stopped: Callable[[], None],
    held: ExitStack,
    *,
    take_over: bool,
) -> RunLock:
    """Lock a run until `held` is closed.

    Args:
        run: The run.
        report: Takes notes and warnings.
        require_not_stopped: Raises if a stop was asked for while this waits.
        held: Releases the lock.
        take_over: Whether to take the run even from a process on another machine that may be alive.

    Raises:
        RunLockedError: Another process trains the run.
        StorageError: The disk refused.
    """

    def wait(seconds: float) -> None:
        require_not_stopped()
        time.sleep(seconds)

    lock = RunLock(run, take_over=TakeOver(wait, report.note) if take_over else None)
    lock.acquire()
    held.callback(_release, lock, report)
    for text in lock.warnings:
        report.warn(text)
    return lock


def _release(lock: RunLock, report: PreparationReport) -> None:
    """Release a lock. If the disk refuses, that is all there is left to say."""
    try:
        lock.release()
    except StorageError as error:
        report.warn(
            f"{error} Resuming the run on another machine will need --take-over, unless it "
            "is resumed on this one before."
        )
