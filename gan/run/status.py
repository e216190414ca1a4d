"""`status.json`: where a run stands, for other processes.

It shows, without reading the log, what the run is doing, how far it is, whether its process is
alive and, at the end, why it ended.
"""

from __future__ import annotations

import json
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from gan import progress as run_progress
from gan.disk.files import read_plain, write_file
from gan.disk.json_text import read_json
from gan.disk.os_errors import storage_errors
from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.progress import RunProgress
from gan.readings import worker_from_json, worker_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.readings import WorkerReading
    from gan.run.directory import RunDirectory

SCHEMA_VERSION: Final = 1
"""The version of the format of `status.json`."""

INTERVAL_SECONDS: Final = 1.0
"""How often the heartbeat is renewed."""

FIELDS: Final = frozenset(
    {
        *("schema_version", "exit_reason", "machines", "heartbeat", "sequence"),
        *run_progress.to_json(RunProgress()),
        *(field.name for field in fields(ProcessIdentity)),
    }
)
"""The fields of `status.json`."""

_MAX_BYTES: Final = 1 << 20
_SIGNALLED: Final = 128
_REASONS: Final = {
    1: "error",
    2: "usage",
    3: "diverged",
    4: "no usable data or checkpoint",
    74: "storage",
    75: "stopped",
}


class StatusFile:
    """Writes a run's status. Safe to call from several threads."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float]) -> None:
        """Does not write anything yet.

        Args:
            run: The run, whose lock this process holds.
            clock: Seconds since the Unix epoch.
        """
        self._run = run
        self._clock = clock
        self._identity = ProcessIdentity.current()
        self._progress = RunProgress()
        self.machines: tuple[WorkerReading, ...] = ()
        """The newest readings of all workers' machines; empty for one process."""

        self._written_at: float | None = None
        self._sequence = 0
        self._writing = threading.Lock()

    def update(self, progress: RunProgress) -> None:
        """Take the run's numbers, and write them if they are news or the heartbeat is due.

        News is what other processes act on: a new phase, the end, a divergence, a disk fault.

        Raises:
            StorageError: The file can't be written.
        """
        with self._writing:
            before, self._progress = self._progress, progress
            if _news(before) != _news(progress) or self._is_due():
                self._write()

    def write(self) -> None:
        """Write the newest numbers and a fresh heartbeat now.

        Raises:
            StorageError: The file can't be written.
        """
        with self._writing:
            self._write()

    def _is_due(self) -> bool:
        # The absolute value, because the heartbeat must go on if the clock is set back.
        last = self._written_at
        return last is None or abs(self._clock() - last) >= INTERVAL_SECONDS

    def _write(self) -> None:
        self._written_at = self._clock()
        self._sequence += 1
        record = {
            "schema_version": SCHEMA_VERSION,
            **run_progress.to_json(self._progress),
            "exit_reason": exit_reason(self._progress),
            "machines": [worker_to_json(one) for one in self.machines],
            "heartbeat": self._written_at,
            "sequence": self._sequence,
            **self._identity.to_json(),
        }
        text = json.dumps(record, indent=2, allow_nan=False) + "\n"
        # A heartbeat is stale in a second; only the last status must survive a power loss.
        write_file(self._run.status_path, text.encode(), durable=self._progress.ended)


def _news(progress: RunProgress) -> tuple[object, ...]:
    return progress.phase, progress.exit_code, progress.diverged_step, progress.faults


def exit_reason(progress: RunProgress) -> str | None:
    """Why a run ended, for scripts: `completed`, `stopped`, `diverged`, `signal 15`...

    `None` while the run lives.
    """
    code = progress.exit_code
    if code is None:
        return None
    if code == 0:
        return "completed" if progress.completed else "stopped"
    return reason_of(code)


def reason_of(exit_code: int) -> str:
    """What an exit code other than 0 stands for, such as `signal 15`."""
    if exit_code > _SIGNALLED:
        return f"signal {exit_code - _SIGNALLED}"
    return _REASONS.get(exit_code, "error")


def machines_in(status: Mapping[str, Any]) -> tuple[WorkerReading, ...]:
    """The readings of all workers' machines in a status.

    Raises:
        ValueError: They are malformed.
    """
    machines = status.get("machines", [])
    if not isinstance(machines, list):
        raise ValueError(f"machines: received {machines!r:.80}, expected a list")  # noqa: TRY004 - from a file
    return tuple(worker_from_json(one) for one in machines)


def read_status(run: RunDirectory) -> dict[str, Any]:
    """The contents of `status.json`; empty if the run hasn't written one yet.

    Raises:
        StorageError: The file can't be read, or isn't a JSON object.
    """
    with storage_errors("read", run.status_path):
        try:
            data = read_plain(run.status_path, _MAX_BYTES)
        except FileNotFoundError:
            return {}
    try:
        record = read_json(data)
    except ValueError as error:
        raise StorageError(f"{run.status_path} is not JSON: {error}.") from None
    if not isinstance(record, dict):
        raise StorageError(f"{run.status_path}: expected an object, received {record!r:.40}.")
    return record
