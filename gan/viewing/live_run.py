"""Finds the run to attach to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.errors import CheckpointError, GanTuiError
from gan.run.directory import RunDirectory
from gan.run.liveness import Pulse
from gan.run.status import read_status
from gan.sighting import Liveness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_RECENT: Final = 100
"""How many of the newest runs are looked at."""

_LISTED: Final = 5
"""How many are named if none is being trained."""

_WATCH_SECONDS: Final = 3.0
"""How long runs of other machines are watched: a status changes once a second."""

_LOOK_SECONDS: Final = 0.25


def newest_live(
    runs: Path,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> RunDirectory:
    """The newest run in a folder that a process trains now, here or on another machine.

    Args:
        runs: The folder of runs.
        clock: A monotonic clock in seconds.
        sleep: Waits for so many seconds.

    Raises:
        CheckpointError: There is none; the message names those that there are.
        StorageError: The folder can't be read.
    """
    found = RunDirectory.numbered(runs)[:_RECENT]
    pulses = {run.path: Pulse(clock) for run in found}
    candidates, until = found, clock() + _WATCH_SECONDS
    while True:
        seen = [(run, _look(run, pulses[run.path])) for run in candidates]
        unknown = [run for run, liveness in seen if liveness is Liveness.UNKNOWN]
        live = [run for run, liveness in seen if liveness in (Liveness.LIVE, Liveness.SILENT)]
        # A newer one of another machine may still turn out to be live.
        if live and not any(found.index(run) < found.index(live[0]) for run in unknown):
            return live[0]
        if not unknown or clock() >= until:
            break
        candidates = [run for run in found if run in live or run in unknown]
        sleep(_LOOK_SECONDS)
    if live:
        return live[0]
    raise CheckpointError(_none_is_live(runs, found))


def live_runs(runs: Path) -> list[RunDirectory]:
    """The runs in a folder that processes of this machine train now, newest first.

    Raises:
        StorageError: The folder can't be read.
    """
    found = RunDirectory.numbered(runs)[:_RECENT]
    return [run for run in found if _look(run, Pulse()) in (Liveness.LIVE, Liveness.SILENT)]


def _look(run: RunDirectory, pulse: Pulse) -> Liveness | None:
    """Whether a run is live; `None` if nothing can be read of it, or it has no status."""
    try:
        status = read_status(run)
    except GanTuiError:
        return None
    return pulse.see(status).liveness if status else None


def _none_is_live(runs: Path, found: list[RunDirectory]) -> str:
    if not found:
        return f"no run in {runs}. Start one with gan-tui, or name the folder with --runs."
    names = ", ".join(run.name for run in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return (
        f"no run in {runs} is being trained. There are {names}{more}: "
        "gan-tui watch RUN shows one, gan-tui --resume RUN goes on with one."
    )
