"""The runs in a folder: which there are, how each stands, and what it takes on disk.

No log is read, so a thousand runs take well under a second. Files are opened and read anew at each
look, because a network file system may answer `stat` with what was true a minute ago.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.disk.usage import size_on_disk
from gan.paths import absolute
from gan.run.directory import RunDirectory
from gan.run.liveness import Pulse
from gan.run.overview import summary_of
from gan.run.trash import TRASH

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.run_facts.summary import RunSummary

_RESIZED_SECONDS: Final = 10.0
"""How often the size of a run that may be trained is measured again."""


class Catalogue:
    """Watches the runs in one folder. Call `look` again and again, from one thread at a time."""

    def __init__(
        self,
        runs: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Look at nothing yet.

        Args:
            runs: The folder of runs.
            clock: A monotonic clock in seconds.
            now: Seconds since the Unix epoch.

        Raises:
            StorageError: It is relative to a working directory that was deleted.
        """
        self.runs = absolute(runs)
        self._clock, self._now = clock, now
        self._pulses: dict[str, Pulse] = {}
        self._sizes: dict[str, _Size] = {}

    def look(self, size_seconds: float = math.inf) -> list[RunSummary]:
        """The runs as they stand now; empty if there is no such folder.

        Newest first: those that live, then the others by when they were heard of last.

        Args:
            size_seconds: How long sizes on disk may be measured. Those that are left have their
                turn at the next look.

        Raises:
            StorageError: The folder can't be read.
        """
        now, found = self._now(), []
        for run in folders(self.runs):
            pulse = self._pulses.get(run.name) or Pulse(self._clock)
            if (summary := summary_of(run, pulse, now)) is not None:
                self._pulses[run.name] = pulse
                found.append(summary)
        self._forget_others(found)
        found.sort(key=lambda run: run.name, reverse=True)
        found.sort(key=_order)
        self._measure(found, size_seconds)
        return [self._with_size(run) for run in found]

    def _forget_others(self, found: list[RunSummary]) -> None:
        """Forget the runs that are gone."""
        names = {summary.name for summary in found}
        for kept in (self._pulses, self._sizes):
            for name in kept.keys() - names:
                del kept[name]

    def _measure(self, found: list[RunSummary], seconds: float) -> None:
        """Measure sizes that are unknown or may be wrong, the newest runs first within each."""
        began = self._clock()
        due = [run for run in found if self._is_due(run)]
        due.sort(key=lambda run: self._sizes[run.name].at if run.name in self._sizes else -math.inf)
        for run in due:
            if self._clock() - began > seconds:
                return
            self._sizes[run.name] = _Size(size_on_disk(run.path), run.heard_at, self._clock())

    def _is_due(self, run: RunSummary) -> bool:
        """Whether a size is unknown, or may have changed: that of an ended run stays as it is."""
        known = self._sizes.get(run.name)
        if known is None:
            return True
        may_change = known.heard_at != run.heard_at or not run.has_ended
        return may_change and self._clock() - known.at >= _RESIZED_SECONDS

    def _with_size(self, run: RunSummary) -> RunSummary:
        known = self._sizes.get(run.name)
        return replace(run, size_bytes=known.size) if known else run


@dataclass(frozen=True, slots=True)
class _Size:
    """A size on disk that was measured."""

    size: int | None
    heard_at: float | None
    """When the run was heard of last, at that time."""

    at: float
    """When it was measured, on the monotonic clock."""


def _order(run: RunSummary) -> tuple[bool, float]:
    """Where a run belongs in the list; those that live all are as new as can be."""
    return not run.is_live, 0.0 if run.is_live else -(run.heard_at or 0.0)


def folders(runs: Path) -> list[RunDirectory]:
    """The folders that may be runs: not hidden ones, as those that are being made, nor the trash.

    Raises:
        StorageError: The folder of runs can't be read.
    """
    runs = absolute(runs)
    with storage_errors("read", runs):
        try:
            with os.scandir(runs) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []
    found = (entry for entry in visible if entry.name != TRASH and _is_folder(entry))
    return [RunDirectory(Path(entry.path)) for entry in found]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link may also lead nowhere, or in a circle."""
    if entry.is_symlink():
        return os.path.isdir(entry.path)  # noqa: PTH112 - says no where `Path` raises
    return entry.is_dir(follow_symlinks=False)
