"""What a viewer passes on to the screen: all that the log holds, its news, and live images.

A run that is shown for the first time, or anew, passes through in parts, and while a long log is
read the screen has its newest part and the share that was read so far.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from gan.events import LatentsInterpolated, ProgressMade, RolledBack, SamplesDrawn
from gan.run.live import LiveReader
from gan.viewing.run_log import RunLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gan.events import Event
    from gan.run.directory import RunDirectory
    from gan.viewing.run_log import Reading

_PROGRESS_SECONDS: Final = 0.2


class Screen(Protocol):
    """Where a viewer's events go; an `EventBuffer` is one."""

    def __call__(self, event: Event) -> None:
        """Show an event that has just happened."""

    def show_anew(self, events: Iterable[Event], *, is_whole: bool) -> None:
        """Show the first part of all events of a run; `is_whole` says that it is the last too."""

    def show_more(self, events: Iterable[Event], *, is_whole: bool) -> None:
        """Show the next part of them; `is_whole` says that it is the last."""

    def has_room(self) -> bool:
        """Whether what was shown is being taken; as long as it isn't, no more is to come."""


class Showing:
    """Passes on what a run has written. Used by the viewer's thread only."""

    def __init__(
        self,
        run: RunDirectory,
        clock: Callable[[], float],
        *,
        screen: Screen,
        own_events: Callable[[], Iterable[Event]],
    ) -> None:
        """Nothing is read yet.

        Args:
            run: The run.
            clock: A monotonic clock in seconds.
            screen: Shows all events of the run so far, those that happen from now on, and all of
                them anew when another process has resumed the run.
            own_events: Returns what the log does not hold and follows its last part.
        """
        self._run, self._clock = run, clock
        self._screen = screen
        self._own_events = own_events
        self._log, self._live = RunLog(run, clock), LiveReader(run)
        self.is_read = False
        """Whether all of the log was shown once."""

        self.share: float | None = None
        """The share of a long log that was read so far; `None` if none is being read."""

        self._drawn_step = 0
        """The step of the newest grid in the log."""

        # Of a log that is read in a moment no progress is shown.
        self._report_at = clock() + _PROGRESS_SECONDS

    def glance(self) -> None:
        """Show the newest part of a long log, until all of it is read.

        Raises:
            StorageError: The log can't be read.
        """
        if glanced := self._log.glance():
            self._screen.show_anew(glanced, is_whole=True)

    def read_log(self) -> Reading:
        """Pass on what is new in the log, or the next part of all that it holds; returns it.

        Raises:
            StorageError: The log can't be read.
        """
        reading = self._log.read()
        if reading.is_anew:
            self._show(reading)
        else:
            for event in reading.events:
                self._screen(event)
        for event in reading.events:
            if isinstance(event, (SamplesDrawn, RolledBack)):
                self._drawn_step = event.step
        return reading

    def read_live(self) -> None:
        """Pass on live images that are newer than those of the log.

        Raises:
            StorageError: They can't be read.
        """
        for event in self._live.read():
            # Written with a delay, so the log may have a newer grid already.
            if isinstance(event, LatentsInterpolated) or event.step >= self._drawn_step:
                self._screen(event)

    def _show(self, reading: Reading) -> None:
        """Show a part of all that the log holds."""
        is_whole, found = not reading.has_more, reading.events
        if reading.is_first:
            self._drawn_step = 0
        if is_whole:
            found = [*found, *self._own_events()]
        show = self._screen.show_anew if reading.is_first else self._screen.show_more
        show(found, is_whole=is_whole)
        if is_whole:
            self.is_read, self.share = True, None
        else:
            self._report_share()

    def _report_share(self) -> None:
        """Show how much of a long log is read."""
        now = self._clock()
        if now < self._report_at:
            return
        self._report_at = now + _PROGRESS_SECONDS
        done = self._log.offset
        with suppress(OSError):
            size = max(done, self._run.log_path.stat().st_size, 1)
            self.share = done / size
            if not self.is_read:
                what, unit = "reading the log", "bytes"
                self._screen(
                    ProgressMade(time=time.time(), what=what, done=done, total=size, unit=unit)
                )
