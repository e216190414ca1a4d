"""What a viewer knows of the process that trains: its status, and whether it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan.errors import StorageError
from gan.run.liveness import Pulse
from gan.run.recorded import recorded_program
from gan.run.status import machines_in, read_status
from gan.run_facts.sighting import Liveness, Sighting
from gan.text.safe_text import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.readings import WorkerReading
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

        self._machines: tuple[WorkerReading, ...] = ()

    def read_status(self) -> None:
        """Read the status file.

        Raises:
            StorageError: It can't be read, or holds readings of machines that are malformed.
        """
        # It is replaced as a whole: where there was one, its absence says nothing.
        self.status = read_status(self._run) or self.status
        try:
            self._machines = machines_in(self.status)
        except ValueError as error:
            raise StorageError(f"{self._run.status_path}: {error}.") from None

    @property
    def machines(self) -> tuple[WorkerReading, ...]:
        """What the machines of all workers are doing, as long as somebody trains."""
        return self._machines if self.sighting.liveness is Liveness.LIVE else ()

    def judge(self) -> None:
        """Judge by the status whether the process lives, and say so if it died."""
        before, self.sighting = self.sighting.liveness, self._pulse.see(self.status)
        if self.sighting.liveness is Liveness.DIED and before is not Liveness.DIED:
            self._warn(f"the process that trained it is gone{self._way_on()}")

    def _way_on(self) -> str:
        """A sentence on how to go on with the run; of a recorded loop there is none."""
        if recorded_program(self._run):
            return ""
        return f". gan-tui --resume {shell_word(str(self._run.path))} goes on"
