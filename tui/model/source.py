"""Where the dashboard's events come from and its commands go.

The one seam between the screen and a run. The trainer's thread only appends to a buffer, and the
screen empties it on its own timer. Neither waits for the other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gan.events import Event, StepsCompleted
from gan.exchange.event_streams import condensed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gan.commands import Command
    from gan.events import Images
    from gan.export.request import ExportRequest
    from gan.run_facts.sighting import Viewing

_CONDENSE_AT = 256

ROOM_STEPS: Final = 1_000_000
"""Steps of a run shown anew that wait for the screen before more are read: 16 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnew(Event):
    """The run is shown from its beginning again; what was shown of it no longer holds.

    Of the screen alone: another process of the run has cut its log back, and is followed now.
    """

    is_whole: bool = True
    """Whether all that is known of the run comes with it, and not in parts up to `ShownWhole`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWhole(Event):
    """The last part of a run that is shown anew came before this. Of the screen alone."""


class Source(Protocol):
    """A run as the dashboard sees it."""

    def earlier(self) -> list[Event]:
        """Events from before the screen came that were found since the last call, oldest first.

        They come before those of `drain`, and nothing rings for them. Never waits.
        """

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first. Never waits."""

    def send(self, command: Command) -> None:
        """Ask something of the run. Never waits; an event reports when it has happened."""

    def viewing(self) -> Viewing | None:
        """What is known of the process that trains; `None` if it is this one."""

    def has_asked(self, message_id: str) -> bool:
        """Whether a message to the run was sent from this screen."""

    def output(self) -> list[str]:
        """What native libraries have printed since the last call. It may wait for the disk."""

    def read_grid(self, path: str) -> Images:
        """A grid of the run, 16 x 28 x 28, from its picture's path. It may wait for the disk.

        Raises:
            GanTuiError: It cannot be read.
        """

    def export(self, request: ExportRequest) -> str:
        """Write a file for people and return its path. It may take long.

        Raises:
            GanTuiError: It cannot be written.
        """


class EventBuffer:
    """A listener that keeps events until the screen takes them.

    Every loss is kept however long the screen stalls: only the records around the numbers are
    merged. Events of which only the newest is ever seen, such as previews, are replaced.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Event] = []
        self._earlier: list[Event] = []
        self._waiting_steps = 0
        self._condense_at = self._condense_earlier_at = _CONDENSE_AT

    def __call__(self, event: Event) -> None:
        """Keep one event; called on the thread where it happened."""
        with self._lock:
            self._pending.append(event)
            if len(self._pending) >= self._condense_at:
                self._pending = condensed(self._pending)
                # Twice what is left, so that an event costs the trainer a constant time.
                self._condense_at = max(_CONDENSE_AT, 2 * len(self._pending))

    def replay(self, event: Event) -> None:
        """Keep one event of the run's earlier processes, if it outlives its process."""
        if event.OUTLIVES_PROCESS:
            with self._lock:
                self._earlier.append(event)
                if len(self._earlier) >= self._condense_earlier_at:
                    self._earlier = condensed(self._earlier)
                    self._condense_earlier_at = max(_CONDENSE_AT, 2 * len(self._earlier))

    def show_anew(self, events: Iterable[Event], *, is_whole: bool = True) -> None:
        """Forget what is kept, and show the run from its beginning, with these events.

        Args:
            events: All of the run, or the first part.
            is_whole: Whether no `show_more` follows. Nothing is shown before the last part.
        """
        with self._lock:
            self._earlier = [ShownAnew(time=0.0, is_whole=is_whole), *events]
            self._waiting_steps = _steps_in(self._earlier)
            self._pending = []

    def show_more(self, events: Iterable[Event], *, is_whole: bool) -> None:
        """Keep the next part of a run that is shown from its beginning.

        With the last one, what happened meanwhile is forgotten: it is in the parts.

        Args:
            events: The part.
            is_whole: Whether it is the last one.
        """
        with self._lock:
            added = [*events]
            self._earlier += added
            self._waiting_steps += _steps_in(added)
            if is_whole:
                self._earlier.append(ShownWhole(time=0.0))
                self._pending = []

    def earlier(self) -> list[Event]:
        """Take the events of before, oldest first."""
        with self._lock:
            earlier, self._earlier = self._earlier, []
            self._waiting_steps = 0
        return earlier

    def has_room(self) -> bool:
        """Whether more of a run that is shown anew may come; else the screen is to take some."""
        return self._waiting_steps < ROOM_STEPS

    def drain(self) -> list[Event]:
        """Take everything kept, condensed, oldest first."""
        with self._lock:
            pending, self._pending = self._pending, []
            self._condense_at = _CONDENSE_AT
        return condensed(pending)


def _steps_in(events: Iterable[Event]) -> int:
    return sum(len(event.d_loss) for event in events if isinstance(event, StepsCompleted))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A run in this process, as callables; each is described at `Source`."""

    earlier: Callable[[], list[Event]]
    drain: Callable[[], list[Event]]
    send: Callable[[Command], None]
    output: Callable[[], list[str]]
    read_grid: Callable[[str], Images]
    export: Callable[[ExportRequest], str]
    viewing: Callable[[], Viewing | None] = lambda: None
    has_asked: Callable[[str], bool] = lambda message_id: False  # noqa: ARG005 - none is sent
