"""Opens the run of a loop: its directory, lock, log and heartbeat, as those of any other run."""

from __future__ import annotations

import operator
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.errors import StorageError
from gan.events import Noted, Phase, PhaseEntered, RecordingStarted, RunStarted, StorageFaulted
from gan.exchange.requests import RequestQueue
from gan.recorder.saying import warn
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_recorded_config
from gan.run.creation import create_numbered_run
from gan.run.lock import LockedFiles, RunLock
from gan.run.recorder import Recorder as RunRecord
from gan.session.audience import Audience
from gan.session.environment import environment
from gan.session.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gan.commands import Command
    from gan.events import Event, Names
    from gan.run.directory import RunDirectory

_INTERACTIVE: Final = "python"
"""The program of a session that runs no file."""

_FRAMEWORKS: Final = ("torch", "jax")
"""Frameworks besides those that `environment` names, by their modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What is known of a loop before its first step."""

    runs: Path
    """The folder of runs."""

    name: str = ""
    """What the run is called after its number; the program's name if empty."""

    program: str = ""
    """The program whose loop it is; found out if empty."""

    total_steps: int = 0
    """0 if unknown."""

    batch_size: int = 0
    """0 if unknown."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """As JSON values."""


@dataclass(slots=True)
class OpenRun:
    """A run that is being recorded."""

    loop: Loop
    program: str
    run: RunDirectory
    record: RunRecord
    requests: RequestQueue
    held: ExitStack
    """Ends the heartbeat, closes the log and releases the lock."""

    def started(self, obeys: Names) -> RecordingStarted:
        """The event that says what the loop is, and which commands it obeys."""
        return RecordingStarted(
            time=time.time(),
            program=self.program,
            total_steps=self.loop.total_steps,
            batch_size=self.loop.batch_size,
            obeys=obeys,
        )


def open_run(loop: Loop, send: Callable[[Command], None]) -> OpenRun:
    """Make the directory of a new run, lock it, and write its first events.

    Args:
        loop: The loop.
        send: Called in the heartbeat's thread with a `Watch` when viewers come and go.

    Raises:
        StorageError: The disk refuses.
        UsageError: The folder of runs has no number left.
        ValueError: The settings and the command line are larger than a configuration may be.
    """
    program = loop.program or _program(sys.argv)
    audience = Audience(None, send)
    record, requests = RunRecord([audience, _Faults()]), RequestQueue()
    with ExitStack() as held:
        run = create_numbered_run(loop.runs, loop.name or Path(program).stem)
        lock = _locked(run, record, held)
        config = _configured(run, program, loop)
        held.enter_context(Heartbeat(record, requests, audience).kept_up(run))
        opened = OpenRun(loop, program, run, record, requests, held)
        for event in _first_events(opened, config, lock.warnings):
            record.emit(event)
        opened.held = held.pop_all()
    return opened


def counted(name: str, value: Any) -> int:
    """A count of any class of whole numbers as Python's own; 0 for `None`.

    Raises:
        ValueError: It is negative, or no whole number.
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 0:
        raise ValueError(
            f"{name}: received {value!r:.80}, expected a whole number, or 0 if unknown"
        )
    return operator.index(value)


def _locked(run: RunDirectory, record: RunRecord, held: ExitStack) -> RunLock:
    """Lock a run and open its log, until `held` is closed."""
    lock = RunLock(run)
    lock.acquire()
    held.callback(_release, lock)
    held.callback(record.close)
    record.open(run, CheckpointStore(run, keep=1, files=LockedFiles(lock)), lock=lock)
    return lock


def _configured(run: RunDirectory, program: str, loop: Loop) -> dict[str, Any]:
    """Write the configuration of a run; returns what `RunStarted` says of it."""
    return write_recorded_config(
        run,
        program,
        loop.settings,
        environment=_environment(),
        command_line=sys.argv[1:],
    )


def _first_events(
    opened: OpenRun, config: dict[str, Any], warnings: Iterable[str]
) -> Iterator[Event]:
    run = opened.run
    yield RunStarted(
        time=time.time(),
        name=run.name,
        run_dir=str(run.path),
        config=config,
        resumed_from=None,
        train_seconds=0.0,
    )
    yield opened.started(())
    yield PhaseEntered(time=time.time(), phase=Phase.TRAINING)
    for text in warnings:
        yield Noted(time=time.time(), text=text, warning=True)


class _Faults:
    """Says once that the disk refuses; what the matter is then is in the status and the log."""

    def __init__(self) -> None:
        self._is_said = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, StorageFaulted) and not self._is_said:
            self._is_said = True
            warn(
                f"recording: {event.message} The training goes on; values that can't be written "
                "wait, and are tried again; grids of samples are lost meanwhile."
            )


def _release(lock: RunLock) -> None:
    try:
        lock.release()
    except StorageError as error:
        warn(f"recording: {error}")


def _program(words: list[str]) -> str:
    """The name of the program that runs, by its command line."""
    name = Path(words[0]).name if words else ""
    return name if name and name != "-c" else _INTERACTIVE


def _environment() -> dict[str, Any]:
    """Versions of what the loop may run on."""
    versions: dict[str, Any] = {
        name: str(getattr(sys.modules[name], "__version__", ""))
        for name in _FRAMEWORKS
        if name in sys.modules
    }
    return {**environment(), **versions}
