"""Whether the process that trains a run is alive: the one place that decides it.

On the same machine the kernel knows. Elsewhere only what changes on the reader's own clock counts,
because two hosts' clocks can't be compared: `status.json` carries a number that grows every second
for as long as the process is well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from gan.disk.process import ProcessIdentity
from gan.run.status import INTERVAL_SECONDS
from gan.run_facts.sighting import Liveness, Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SILENT_SECONDS: Final = max(15.0, 5 * INTERVAL_SECONDS)
"""How long a status may stay the same before its process counts as silent. A network file system
may show changes seconds late."""


class Pulse:
    """Watches the status of one run. Call `see` with each status that is read."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known yet.

        Args:
            clock: A monotonic clock in seconds.
        """
        self._clock = clock
        self._beat: object = None
        """What changes in the status as long as its process is well."""

        self._changed_at: float | None = None
        """When that changed last on the clock; `None` until it was seen to change."""

        self._first_seen_at: float | None = None

    def see(self, status: Mapping[str, Any]) -> Sighting:
        """What is known of the process after one more look.

        Args:
            status: The content of `status.json`; empty if there is none.
        """
        process = process_of(status)
        now = self._clock()
        beat = (process, status.get("sequence"), status.get("heartbeat"))
        if self._first_seen_at is None:
            self._first_seen_at = now
        elif beat != self._beat:
            self._changed_at = now
        self._beat = beat
        since = self._first_seen_at if self._changed_at is None else self._changed_at
        seconds = now - since
        return Sighting(self._judge(status, process, seconds), seconds, process)

    def _judge(
        self, status: Mapping[str, Any], process: ProcessIdentity | None, seconds: float
    ) -> Liveness:
        if status.get("exit_code") is not None:
            return Liveness.ENDED
        if process is None:
            return Liveness.UNKNOWN
        runs = process.is_running
        if runs is False:
            return Liveness.DIED
        if seconds >= SILENT_SECONDS:
            return Liveness.SILENT
        if runs or self._changed_at is not None:
            return Liveness.LIVE
        return Liveness.UNKNOWN


def process_of(status: Mapping[str, Any]) -> ProcessIdentity | None:
    """The process that has written a status; `None` if it names none."""
    try:
        return ProcessIdentity.from_json(status)
    except ValueError:
        return None
