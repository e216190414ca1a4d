"""A tracker in a process of its own: its package can hang, crash, print or ask without harm.

The thread that feeds it writes lines to the process (`gan.trackers.messages`), another reads its
answers. What the package prints goes to a log in the run's directory.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from gan.disk.permissions import mode_beside
from gan.errors import StorageError
from gan.export.tracked import Steps
from gan.trackers.memory import remember, remembered, tracker_folder
from gan.trackers.messages import ERROR, KNOWN_AS, LAST_SECONDS, closing, opening, told
from gan.trackers.points import Points
from gan.trackers.tracker import TrackerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory
    from gan.trackers.tracker import Beginning, Ending

_PROGRAM: Final = """
import json, sys
service, paths = sys.argv[1:]
sys.path[:] = json.loads(paths)
from gan.trackers.serving import main
main(service)
"""
"""The paths of this process, because the current folder may hold a module of any name."""

_KILL_SECONDS: Final = 1.0

SERVICES: Final = {
    "wandb": "gan.trackers.wandb_service:WandbService",
    "mlflow": "gan.trackers.mlflow_service:MlflowService",
    "trackio": "gan.trackers.trackio_service:TrackioService",
}
"""The adapter of each tracker as its module and class, which only its process imports."""


class Apart:
    """A tracker whose package is imported by another process."""

    def __init__(self, name: str, service: str = "") -> None:
        """Start nothing yet.

        Args:
            name: The tracker's.
            service: Its adapter, as a module and a class; that in `SERVICES` by default.
        """
        self._name, self._service = name, service or SERVICES[name]
        self._process: subprocess.Popen[bytes] | None = None
        self._points = Points()
        self._error = ""
        """What it has answered in place of going on."""

        self._answers = threading.Thread(target=self._listen, daemon=True, name=f"{name}-answers")
        self._run: RunDirectory | None = None
        self._has_all = False
        """Whether everything was told to it, the end too."""

    def open(self, beginning: Beginning) -> None:
        """Start the process, and have it begin a run or go on with one.

        Raises:
            StorageError: The run's directory can't be read or written.
            OSError: The process can't be started.
            TrackerError: It has ended.
        """
        self._run = beginning.run
        log = tracker_folder(beginning.run) / f"{self._name}.log"
        self._process = _started(self._service, log)
        self._answers.start()
        self._tell(opening(beginning, remembered(beginning.run, self._name)))

    def write(self, entry: Entry) -> None:
        """Pass an entry on; steps once a second.

        Raises:
            TrackerError: The process has failed or ended.
        """
        if isinstance(entry, Steps):
            point = self._points.add(entry)
            self._tell(b"" if point is None else told(point))
        else:
            self._tell(told(entry))

    def rewind(self, step: int, time: float) -> None:
        """Drop what was not told yet; the steps that were are told again."""
        del step, time
        self._points.forget()

    def close(self, ending: Ending) -> None:
        """Tell the rest and the end, and wait until the process has kept everything.

        Raises:
            TrackerError: It has failed.
        """
        process = self._running()
        rest = self._points.rest()
        if rest is not None:
            self._tell(told(rest))
        self._tell(closing(ending))
        with suppress(OSError):
            # Its own answer says more than a pipe that broke.
            self._stdin.close()
        self._has_all = True
        status = process.wait()
        self._answers.join()
        if self._error or status:
            raise self._failure()

    def abandon(self) -> str:
        """Leave a process that has been told everything to its own limit of time; end another."""
        process = self._process
        if process is None:
            return ""
        if self._has_all:
            return f"Its process {process.pid} goes on for up to {LAST_SECONDS} s."
        _kill(process)
        return "Its process was ended."

    @property
    def _stdin(self) -> IO[bytes]:
        stdin = self._running().stdin
        if stdin is None:
            raise ValueError("the process was started without a pipe")
        return stdin

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ValueError("the tracker is not open; call open first")
        return self._process

    def _tell(self, message: bytes) -> None:
        if self._error:
            raise self._failure()
        try:
            self._stdin.write(message)
            self._stdin.flush()
        except OSError:
            # It has gone: what it has answered says why.
            self._answers.join(_KILL_SECONDS)
            raise self._failure() from None

    def _failure(self) -> TrackerError:
        """Why it can't go on; its process is ended."""
        process = self._running()
        _kill(process)
        if self._error:
            return TrackerError(self._error)
        return TrackerError(f"its process ended with status {process.returncode}")

    def _listen(self) -> None:
        """The thread that reads its answers, until it has none."""
        stdout = self._running().stdout
        if stdout is None:
            raise ValueError("the process was started without a pipe")
        with stdout:
            for answer in stdout:
                self._take(json.loads(answer))

    def _take(self, answer: Mapping[str, str]) -> None:
        self._error = answer.get(ERROR, self._error)
        if KNOWN_AS in answer and self._run is not None:
            try:
                remember(self._run, self._name, answer[KNOWN_AS])
            except StorageError as error:
                self._error = str(error)


def _started(service: str, log: Path) -> subprocess.Popen[bytes]:
    """The process of a tracker; what it prints is added to a log.

    Raises:
        OSError: It can't be started.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(log, flags, mode_beside(log))
    try:
        return subprocess.Popen(  # noqa: S603 - this interpreter, with a program of ours
            [sys.executable, "-c", _PROGRAM, service, json.dumps(sys.path)],
            # Keys such as ctrl+c are for the trainer, which says when it ends.
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=descriptor,
        )
    finally:
        os.close(descriptor)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process, and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_SECONDS)
    if process.stdin is not None:
        # What is buffered for it is lost with it.
        with suppress(OSError):
            process.stdin.close()
