"""What a log holds, counted before it is read: its events alone are too many to look ahead."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.events import Phase, PhaseEntered, SamplesDrawn
from gan.run import event_json
from gan.run.follower import log_lines

if TYPE_CHECKING:
    from gan.events import Event
    from gan.run.directory import RunDirectory

_STEPS: Final = (b'{"event":"StepsCompleted",', b'{"event":"SeriesLogged",')
"""How nearly every line begins."""

_BUFFER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """How many events of two kinds a log holds."""

    processes: int = 0
    """Processes that have begun to train the run."""

    grids: int = 0
    """Sample grids, those that were rolled back included."""


def contents_of(run: RunDirectory) -> Contents:
    """What a run's log holds now; nothing if there is none.

    Raises:
        StorageError: The log can't be read.
    """
    processes = grids = 0
    with storage_errors("read", run.log_path):
        try:
            with open_plain(run.log_path, buffering=_BUFFER) as log:
                for _, line in log_lines(log):
                    if line.startswith(_STEPS) or not line.endswith(b"\n"):
                        continue
                    with suppress(ValueError):
                        event = event_json.from_line(line[:-1])
                        processes += begins_process(event)
                        grids += isinstance(event, SamplesDrawn)
        except FileNotFoundError:
            return Contents()
    return Contents(processes, grids)


def begins_process(event: Event) -> bool:
    """Whether it is the first event that a process logs."""
    return isinstance(event, PhaseEntered) and event.phase is Phase.LOADING
