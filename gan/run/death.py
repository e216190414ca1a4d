"""Records the end of a run whose process died before it could.

Called by another process, which knows how the first one died. It changes nothing if the run has
recorded its own end, or if yet another process has resumed it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from gan.disk.files import Files, write_file
from gan.disk.os_errors import storage_errors
from gan.events import Phase, RunFailed
from gan.run.checkpoints.folder import CheckpointFolder
from gan.run.event_log import EventLog
from gan.run.lock import RunLock
from gan.run.status import read_status, reason_of

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


def record_death(
    run: RunDirectory, *, pid: int, exit_code: int, error: str, message: str
) -> int | None:
    """Record in the run's log and status how its process died.

    Args:
        run: The run.
        pid: The number of the process that died.
        exit_code: What its parent returns for it.
        error: The kind of death, such as `SIGSEGV`.
        message: How it died, in one clause.

    Returns:
        The step of the run's newest checkpoint; `None` if it has none.

    Raises:
        RunLockedError: Another process uses the run.
        StorageError: A file of the run can't be read or written.
    """
    with RunLock(run):
        status = read_status(run)
        step = _newest_step(run)
        if status.get("pid") == pid and status.get("exit_code") is None:
            _append(run, error, message, exit_code)
            _write(run, {**status, "checkpoint_step": step}, message, exit_code)
    return step


def _newest_step(run: RunDirectory) -> int | None:
    """The newest checkpoint's step; the status may be a second behind."""
    with storage_errors("read", run.checkpoints_path):
        return max(CheckpointFolder(run.checkpoints_path, Files()).steps(), default=None)


def _append(run: RunDirectory, error: str, message: str, exit_code: int) -> None:
    log = EventLog(run)
    try:
        log.append(RunFailed(time=time.time(), error=error, message=message, exit_code=exit_code))
    finally:
        log.close()


def _write(run: RunDirectory, status: dict[str, Any], message: str, exit_code: int) -> None:
    ended = {
        **status,
        "phase": Phase.FAILED.value,
        "exit_code": exit_code,
        "exit_reason": reason_of(exit_code),
        "error": message,
        "heartbeat": time.time(),
    }
    text = json.dumps(ended, indent=2) + "\n"
    write_file(run.status_path, text.encode())
