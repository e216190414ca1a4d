"""What a viewer knows of the process that trains: its status, and whether it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan.run.liveness import Pulse
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness, Sighting
from gan.text.safe_text import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.run.directory import RunDirectory


class ProcessWatch:
    """Looks at the process that trains a run. Used by the viewer's thread; any may read it."""

    def __init__(
        self, run: RunDirectory, clock: Callable[[], float], warn: Callable[[str], None]
    ) -> None:
        """Nothing is known yet.

        Args:
            run: The run.
            clock: A monotonic clock in seconds.
            warn: Takes a line once the process is gone.
        """
        self._run, self._warn = run, warn
        self._pulse = Pulse(clock)
        self.sighting = Sighting(Liveness.UNKNOWN)
        """What is known of the process."""

        self.status: Mapping[str, Any] = {}
        """The newest status that could be read."""

    def read_status(self) -> None:
        """Read the status file.

        Raises:
            StorageError: It can't be read.
        """
        # It is replaced as a whole: where there was one, its absence says nothing.
        self.status = read_status(self._run) or self.status

    def judge(self) -> None:
        """Judge by the status whether the process lives, and say so if it died."""
        before, self.sighting = self.sighting.liveness, self._pulse.see(self.status)
        if self.sighting.liveness is Liveness.DIED and before is not Liveness.DIED:
            path = shell_word(str(self._run.path))
            self._warn(f"the process that trained it is gone. gan-tui --resume {path} goes on")
