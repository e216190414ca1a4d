"""Feeds one tracker: a bounded queue of a run's events, and a thread that writes them.

Whatever a tracker does, the trainer never waits for it: a full queue loses its oldest steps, an
error or a hang costs the run nothing but this tracker.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError
from gan.events import Noted, RolledBack, RunFailed, RunFinished, RunStarted
from gan.export.tracked import TRACKED, Entries
from gan.text.safe_text import safe_text
from gan.trackers.backlog import Backlog
from gan.trackers.table import OPTION, failure, late
from gan.trackers.tracker import Beginning, Ending, TrackerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event, Images, Listener, SamplesDrawn
    from gan.run.directory import RunDirectory
    from gan.trackers.tracker import Tracker

CAPACITY: Final = 1024
"""Events that wait at most: those of a hundred seconds of training."""

CLOSE_SECONDS: Final = 5.0
"""How long the end of a run waits for a tracker."""

_ERROR_LIMIT: Final = 300
"""Characters of an error that a note repeats."""


class Feed:
    """Passes a run's events on to a tracker, in a thread of its own."""

    def __init__(
        self,
        name: str,
        tracker: Tracker,
        *,
        capacity: int = CAPACITY,
        close_seconds: float = CLOSE_SECONDS,
        begun: Callable[[RunDirectory], str] | None = None,
    ) -> None:
        """Nothing runs until `start`.

        Args:
            name: The tracker's, a key of `TRACKERS`.
            tracker: Takes what the events mean.
            capacity: Events that wait at most.
            close_seconds: How long `close` may take.
            begun: What the run's log says at the start; `None` for nothing.
        """
        self._name, self._tracker = name, tracker
        self._close_seconds, self._begun = close_seconds, begun
        self._backlog = Backlog(capacity)
        self._close_at = 0.0
        """When the end of the run waits no longer, on the monotonic clock."""

        self._is_over = True
        """Whether no event is taken any more."""

        self._is_open = False
        """Whether the tracker has the run; used in the thread alone, as is what follows."""

        self._ending = Ending.STOPPED
        self._entries = Entries(_images)
        self._emit: Listener = lambda _: None
        self._run: RunDirectory | None = None
        self._thread = threading.Thread(target=self._work, name=f"tracker-{name}", daemon=True)

    def put(self, event: Event) -> None:
        """Take an event of the run; never waits for the tracker."""
        if self._is_over or not isinstance(event, TRACKED):
            return
        if self._backlog.put(event) and self._backlog.dropped == 1:
            self._note(
                f"{OPTION} {self._name} takes events more slowly than they come: the oldest are "
                "left out there. The run's own log has them all.",
            )

    def start(self, run: RunDirectory, emit: Listener) -> None:
        """Begin to pass events on.

        Args:
            run: The run.
            emit: Takes what the run's log should say of the tracker, in any thread.
        """
        self._run, self._emit, self._is_over = run, emit, False
        self._thread.start()
        if self._begun is not None:
            emit(Noted(time=time.time(), text=self._begun(run)))

    def ask_to_close(self) -> None:
        """Have the tracker closed once it has taken what waits; returns at once."""
        self._close_at = time.monotonic() + self._close_seconds
        self._backlog.close()

    def close(self) -> None:
        """Wait for that, as long as the end of a run may take; after that, let go of it."""
        self._thread.join(max(self._close_at - time.monotonic(), 0.0))
        is_late = self._thread.is_alive() and not self._is_over
        self._is_over = True
        if is_late:
            rest = self._tracker.abandon()
            self._note(late(self._name, self._close_seconds, rest))
        if dropped := self._backlog.dropped:
            self._note(f"{OPTION} {self._name}: {dropped:,} events were left out there.")

    def _work(self) -> None:
        """The thread: until the run is over, or the tracker fails."""
        try:
            while (event := self._backlog.next()) is not None:
                self._write(event)
            if self._is_open:
                self._tracker.close(self._ending)
        except (GanTuiError, TrackerError) as error:
            self._leave(str(error))
        except Exception as error:  # noqa: BLE001 - packages of others may raise anything
            first_line = str(error).partition("\n")[0]
            self._leave(f"{type(error).__name__}: {first_line}")

    def _write(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._open(event)
        elif isinstance(event, RolledBack):
            self._tracker.rewind(event.step, event.time)
        elif isinstance(event, RunFailed):
            self._ending = Ending.FAILED
        elif isinstance(event, RunFinished):
            self._ending = Ending.FINISHED if event.completed else Ending.STOPPED
        for entry in self._entries.of(event):
            self._tracker.write(entry)

    def _open(self, event: RunStarted) -> None:
        if self._run is None:
            raise TrackerError("the run has no directory.")
        self._tracker.open(
            Beginning(
                run=self._run,
                name=event.name,
                config=event.config,
                step=event.resumed_from or 0,
                time=event.time,
            )
        )
        self._is_open = True

    def _leave(self, error: str) -> None:
        """Have nothing more to do with a tracker that failed; say so once."""
        was_over, self._is_over = self._is_over, True
        self._backlog.clear()
        if not was_over:
            self._fail(error)

    def _fail(self, error: str) -> None:
        text = safe_text(error, _ERROR_LIMIT)
        self._note(failure(self._name, text if text.endswith(".") else f"{text}."))

    def _note(self, text: str) -> None:
        self._emit(Noted(time=time.time(), text=text, warning=True))


def _images(event: SamplesDrawn) -> Images | None:
    """The images of a grid, which come with the event."""
    return event.images if len(event.images) else None
