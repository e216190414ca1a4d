"""Plays a recording as a `Source`: the dashboard gets its events as if the run were live."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan.commands import Pause, Unpause
from gan.errors import StorageError
from gan.events import Noted, Paused, Phase, PhaseEntered, StepsCompleted, Unpaused
from gan.run_facts.sighting import Liveness, Sighting, Viewing
from tui.demo.timing import SPEED, PlayingClock, due_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command
    from gan.events import Event, Images
    from gan.export.request import ExportRequest
    from gan.readings import WorkerReading
    from tui.demo.recording import Recording

OBEYED: Final = frozenset({"pause", "unpause"})
"""The commands that playing obeys, by their names among `gan.commands.COMMANDS`."""

PLAYING: Final = f"recording of a real run, {SPEED:g}x"
OVER: Final = "recording over: run gan-tui"
LAST_WORDS: Final = "That was a recording of a real run. gan-tui starts your own."


class RecordingPlayer:
    """Gives the events of a recording when they are due. It can be paused, and nothing else."""

    def __init__(self, recording: Recording, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to play.

        Args:
            recording: The run to play.
            clock: A monotonic clock in seconds.
        """
        self._recording = recording
        self._due = due_times(recording.events)
        self._clock = PlayingClock(clock)
        self._played = 0
        self._step = 0
        self._time = recording.events[0].time
        """When the newest event happened, by the recording's clock."""

        self._phase = Phase.STARTING
        self._answers: list[Event] = []
        """What pausing has brought about since the last call of `drain`."""

    @property
    def is_over(self) -> bool:
        """Whether every event was played."""
        return self._played == len(self._recording.events)

    def earlier(self) -> list[Event]:
        """Nothing: a recording is played from its beginning."""
        return []

    def drain(self) -> list[Event]:
        """The events that became due since the last call."""
        found, self._answers = self._answers, []
        if self.is_over:
            return found
        seconds = self._clock.seconds
        while not self.is_over and self._due[self._played] <= seconds:
            found.append(self._recording.events[self._played])
            self._note(found[-1])
            self._played += 1
        if self.is_over:
            found.append(Noted(time=found[-1].time, text=LAST_WORDS))
        return found

    def send(self, command: Command) -> None:
        """Pause or go on; the recorded run can't do anything that it didn't."""
        if isinstance(command, Pause) and not self._clock.is_paused:
            self._clock.pause()
            self._answers.append(Paused(time=self._time, step=self._step))
        elif isinstance(command, Unpause) and self._clock.is_paused:
            self._clock.unpause()
            self._answers.append(Unpaused(time=self._time, step=self._step))
            if self._phase is not Phase.TRAINING:
                self._answers.append(PhaseEntered(time=self._time, phase=self._phase))

    def viewing(self) -> Viewing:
        """No process trains the run: it ended long ago."""
        words = OVER if self.is_over else PLAYING
        return Viewing(sighting=Sighting(Liveness.ENDED), recording=words, obeyed=OBEYED)

    def machines(self) -> tuple[WorkerReading, ...]:
        """No machine works for a recording."""
        return ()

    def has_asked(self, message_id: str) -> bool:
        """No message was sent from here."""
        del message_id
        return False

    def output(self) -> list[str]:
        """Native libraries have printed nothing."""
        return []

    def read_grid(self, path: str) -> Images:
        """A grid of the recorded run, from memory."""
        return self._recording.grids[path]

    def export(self, request: ExportRequest) -> str:
        """Refuse.

        Raises:
            StorageError: Always: there is no run directory to write into.
        """
        del request
        raise StorageError("a recording has no directory to export to. gan-tui starts a run.")

    def _note(self, event: Event) -> None:
        """Remember what a pause has to tell."""
        self._time = event.time
        if isinstance(event, PhaseEntered):
            self._phase = event.phase
        elif isinstance(event, StepsCompleted):
            self._step = event.last_step
