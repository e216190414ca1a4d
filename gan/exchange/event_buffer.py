"""Events on their way from the thread where they happen to one that takes them when it has time.

The trainer's thread only appends to a buffer, and the screen empties it on its own timer. Neither
waits for the other. What waits is condensed: fewer records, and no loss left out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import Event, ProgressMade, SamplesDrawn, SeriesLogged, StepsCompleted

if TYPE_CHECKING:
    from collections.abc import Iterable


_CONDENSE_AT = 256

ROOM_STEPS: Final = 1_000_000
"""Steps of a run shown anew that wait for the screen before more are read: 16 MB."""

_VALUES: Final = 4
"""Values of a step, by which those of a recorded loop are counted too."""


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


def condensed(events: Iterable[Event]) -> list[Event]:
    """The same events in fewer records: no loss, note or file left out.

    Of previews, and of adjacent reports of progress, the newest stays. Adjacent steps become one
    record, and so do adjacent values of a recorded loop's series; where both alternate, one each.
    """
    kept: list[Event] = []
    steps: list[StepsCompleted] = []
    logged: list[SeriesLogged] = []
    for event in _without_stale_previews(list(events)):
        if isinstance(event, StepsCompleted) and _continues(steps, event):
            steps.append(event)
            continue
        if isinstance(event, SeriesLogged) and _goes_on(logged, event):
            logged.append(event)
            continue
        kept += [*_merged(steps), *_joined(logged)]
        steps, logged = [], []
        if isinstance(event, StepsCompleted):
            steps = [event]
            continue
        if isinstance(event, SeriesLogged):
            logged = [event]
            continue
        if isinstance(event, ProgressMade) and kept and isinstance(kept[-1], ProgressMade):
            kept.pop()
        kept.append(event)
    return [*kept, *_merged(steps), *_joined(logged)]


def _without_stale_previews(events: list[Event]) -> list[Event]:
    previews = [event for event in events if isinstance(event, SamplesDrawn) and event.path is None]
    stale = {id(preview) for preview in previews[:-1]}
    return [event for event in events if id(event) not in stale]


def _continues(steps: list[StepsCompleted], event: StepsCompleted) -> bool:
    return not steps or steps[-1].last_step + 1 == event.first_step


def _merged(steps: list[StepsCompleted]) -> list[Event]:
    """Adjacent records as at most one, with the time, seconds and execution of the last."""
    if len(steps) <= 1:
        return list(steps)
    return [
        replace(
            steps[-1],
            first_step=steps[0].first_step,
            d_loss=np.concatenate([event.d_loss for event in steps]),
            g_loss=np.concatenate([event.g_loss for event in steps]),
            real_score=np.concatenate([event.real_score for event in steps]),
            fake_score=np.concatenate([event.fake_score for event in steps]),
        )
    ]


def _goes_on(logged: list[SeriesLogged], event: SeriesLogged) -> bool:
    """Whether the event has the next values of the same series."""
    if not logged:
        return True
    last = logged[-1]
    return last.last_step + 1 == event.first_step and last.series.keys() == event.series.keys()


def _joined(logged: list[SeriesLogged]) -> list[Event]:
    """As `_merged`, for the series of a recorded loop."""
    if len(logged) <= 1:
        return list(logged)
    series = {
        name: np.concatenate([event.series[name] for event in logged]) for name in logged[0].series
    }
    return [replace(logged[-1], first_step=logged[0].first_step, series=series)]


def _steps_in(events: Iterable[Event]) -> int:
    """How much waits: the steps, and the values of series as steps of four values each."""
    return sum(map(_size, events))


def _size(event: Event) -> int:
    if isinstance(event, StepsCompleted):
        return len(event.d_loss)
    if isinstance(event, SeriesLogged):
        return sum(map(len, event.series.values())) // _VALUES
    return 0
