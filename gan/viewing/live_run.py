"""Finds the run to show: one that is being trained, or else the newest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.errors import CheckpointError, GanTuiError
from gan.run.catalogue import folders
from gan.run.liveness import Pulse
from gan.run.recorded import recorded_program
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness, Sighting
from gan.text.safe_text import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.directory import RunDirectory

_LISTED: Final = 5
"""How many are named if none is being trained."""

_WATCH_SECONDS: Final = 3.0
"""How long runs of other machines are watched: a status changes once a second."""

_WATCH_NEWER_SECONDS: Final = 1.5
"""How long, if an older run is known to be trained."""

_LOOK_SECONDS: Final = 0.25

_NOTHING: Final = Sighting(Liveness.ENDED)
"""What is known of a folder without a status that can be read: nobody trains it."""


def newest_live(
    runs: Path,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    on_wait: Callable[[str], object] = lambda name: None,  # noqa: ARG005 - says nothing
) -> RunDirectory:
    """The newest run in a folder that a process trains now, here or on another machine.

    Args:
        runs: The folder of runs.
        clock: A monotonic clock in seconds.
        sleep: Waits for so many seconds.
        on_wait: Called with the name of a run of another machine before that one is watched.

    Raises:
        CheckpointError: There is none; the message names those that there are.
        StorageError: The folder can't be read.
    """
    found = _Found(runs, clock)
    if (live := found.live(sleep, on_wait)) is None:
        raise CheckpointError(_none_is_live(runs, found.runs))
    return live


def newest(
    runs: Path,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    on_wait: Callable[[str], object] = lambda name: None,  # noqa: ARG005 - says nothing
) -> RunDirectory:
    """The newest run in a folder that is being trained, or else the newest; see `newest_live`.

    Raises:
        CheckpointError: There is no run.
        StorageError: The folder can't be read.
    """
    found = _Found(runs, clock)
    if (live := found.live(sleep, on_wait)) is not None:
        return live
    if not (others := found.runs):
        raise CheckpointError(_no_run(runs))
    return others[0]


def live_runs(runs: Path) -> list[RunDirectory]:
    """The runs in a folder that processes of this machine train now, newest first.

    Raises:
        StorageError: The folder can't be read.
    """
    found = _Found(runs, time.monotonic)
    return [run for run in found.folders if found.is_live(run)]


class _Found:
    """The folders in a folder of runs, and what is known of each.

    All are looked at once; again only those of which it isn't known yet whether they live.
    """

    def __init__(self, runs: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pulses: dict[Path, Pulse] = {}
        self._seen: dict[Path, Sighting] = {}
        everything = folders(runs)
        for run in everything:
            self._look(run)
        self.folders = sorted(everything, key=self._age, reverse=True)
        """All of them, runs or not, the newest first."""

    @property
    def runs(self) -> list[RunDirectory]:
        """Those that are runs, the newest first."""
        return [run for run in self.folders if run.has_config]

    def is_live(self, run: RunDirectory) -> bool:
        """Whether a process is known to train it, even one that is stopped."""
        return self._liveness(run) in (Liveness.LIVE, Liveness.SILENT)

    def live(
        self, sleep: Callable[[float], object], on_wait: Callable[[str], object]
    ) -> RunDirectory | None:
        """The newest that lives; `None` if none is seen to for a few seconds."""
        begun = self._clock()
        has_told = False
        while True:
            live = [place for place, run in enumerate(self.folders) if self.is_live(run)]
            # A newer one of another machine may still turn out to be live.
            newer = self.folders[: live[0]] if live else self.folders
            unknown = [run for run in newer if self._liveness(run) is Liveness.UNKNOWN]
            seconds = _WATCH_NEWER_SECONDS if live else _WATCH_SECONDS
            if not unknown or self._clock() >= begun + seconds:
                return self.folders[live[0]] if live else None
            if not has_told:
                on_wait(unknown[0].name)
                has_told = True
            sleep(_LOOK_SECONDS)
            for run in unknown:
                self._look(run)

    def _look(self, run: RunDirectory) -> None:
        try:
            status = read_status(run)
        except GanTuiError:
            status = {}
        pulse = self._pulses.setdefault(run.path, Pulse(self._clock))
        sighting = pulse.see(status)
        # No process that a status doesn't name will ever be seen.
        self._seen[run.path] = sighting if sighting.process is not None else _NOTHING

    def _liveness(self, run: RunDirectory) -> Liveness:
        return self._seen[run.path].liveness

    def _age(self, run: RunDirectory) -> tuple[float, str]:
        """Orders by when a process began to train it last, then by name."""
        process = self._seen[run.path].process
        return process.started if process else 0.0, run.name


def _none_is_live(runs: Path, found: list[RunDirectory]) -> str:
    if not found:
        return _no_run(runs)
    names = ", ".join(run.name for run in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    be = "is" if len(found) == 1 else "are"
    path = shell_word(str(found[0].path))
    # A recorded loop can't be resumed by this program.
    on = "" if recorded_program(found[0]) else f", gan-tui --resume {path} goes on with it"
    return (
        f"no run in {runs} is being trained. There {be} {names}{more}: "
        f"gan-tui watch {path} shows the newest{on}."
    )


def _no_run(runs: Path) -> str:
    return f"no run in {runs}. Start one with gan-tui, or name the folder with --runs."
