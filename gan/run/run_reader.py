"""Reads a run that another process trains, or has trained, one look at a time.

Nothing that a run's files hold is an error here: what can't be read becomes a trouble in the
reading, and the rest is shown. The run's directory is only read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.disk.os_errors import storage_errors
from gan.errors import StorageError
from gan.run.description import read_description
from gan.run.follower import Follower
from gan.run.liveness import Pulse
from gan.run.overview import state_in_words, status_fields, within
from gan.run.samples import read_samples
from gan.run_facts.comparison import Reading
from gan.run_facts.sighting import Liveness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Event, Images
    from gan.run.directory import RunDirectory
    from gan.run_facts.comparison import Description

_NO_STATUS: Final = "no status"
"""The state of a run that has written none yet."""


class RunReader:
    """One run. Its methods wait for the disk, and one thread may call them at a time."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads `config.json` and nothing else yet.

        Args:
            run: The run.
            clock: A monotonic clock in seconds, by which a silent run is recognised.
        """
        self._run = run
        self._follower = Follower(run)
        self._pulse = Pulse(clock)
        self._restarts = 0
        """How often the log was cut or replaced since the first reading."""

        self.description: Description = read_description(run)
        """What `config.json` says; it is read once."""

    def read(self) -> Reading:
        """The next part of the log, and what the run is doing. Long logs take many calls."""
        troubles: list[str] = []
        events, restarted = self._poll(troubles)
        state, is_live = self._look(troubles)
        size = self._log_size(troubles)
        # After the last complete line nothing is read, though part of the next may be there.
        share = min(self._follower.offset / size, 1.0) if events and size else 1.0
        return Reading(
            events=events,
            restarted=restarted,
            state=state,
            is_live=is_live,
            share=share,
            troubles=tuple(troubles),
        )

    def grid(self, path: str) -> Images:
        """The images of a grid on disk; see `read_samples`.

        Raises:
            StorageError: It can't be read.
        """
        return read_samples(self._run, path)

    def _poll(self, troubles: list[str]) -> tuple[Sequence[Event], bool]:
        """The next events, and whether they are the first of a log that was cut or replaced."""
        before = self._follower.rewinds
        try:
            events = self._follower.poll()
            restarted = self._follower.rewinds > before
            if restarted:
                self._restarts += 1
                self._follower = Follower(self._run)
                events = self._follower.poll()
        except StorageError as error:
            troubles.append(within(self._run, error))
            return [], False
        if self._restarts:
            name = self._run.log_path.name
            troubles.append(f"{name} was cut or replaced while it was read, as a resume does")
        if self._follower.damage:
            troubles.append(self._follower.damage)
        return events, restarted

    def _log_size(self, troubles: list[str]) -> int:
        """The bytes of the log; 0 if it can't be found."""
        path = self._run.log_path
        try:
            with storage_errors("read", path):
                return path.stat().st_size
        except StorageError as error:
            shown = ". What was read before is shown" if self._follower.offset > 0 else ""
            troubles.append(f"{within(self._run, error)}{shown}")
            return 0

    def _look(self, troubles: list[str]) -> tuple[str, bool]:
        """What the run is doing in words, and whether it is live."""
        said, broken = status_fields(self._run)
        troubles += said.problems
        sighting = self._pulse.see(said.record)
        if not (said.record or broken):
            return _NO_STATUS, False
        words = broken or state_in_words(said, sighting)
        return words, sighting.liveness is Liveness.LIVE
