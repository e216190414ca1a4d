"""Where the dashboard's events come from and its commands go.

The one seam between the screen and a run. The trainer's thread only ever appends to a buffer; the
screen empties it when its own timer says so. Neither waits for the other.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gan.events import (
    CheckpointSaved,
    Noted,
    ProgressMade,
    Resampled,
    SamplesDrawn,
    StepsCompleted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gan.commands import Command
    from gan.events import Event

_CONDENSE_AT = 256
_HISTORY = (StepsCompleted, CheckpointSaved, Resampled, Noted)


class Source(Protocol):
    """A run as the dashboard sees it."""

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first. Never waits."""

    def send(self, command: Command) -> None:
        """Ask something of the run. Never waits; an event tells when it has happened."""


class EventBuffer:
    """A listener that keeps events until the screen takes them.

    Every loss is kept however long the screen stalls: what is merged is the records around the
    numbers. What only its newest can be seen of, such as a look at the samples, is replaced.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Event] = []
        self._condense_at = _CONDENSE_AT

    def __call__(self, event: Event) -> None:
        """Keep one event; called on the thread where it happened."""
        with self._lock:
            self._pending.append(event)
            if len(self._pending) >= self._condense_at:
                self._pending = condensed(self._pending)
                # Twice what is left, so that a stalled screen costs the trainer a constant each.
                self._condense_at = max(_CONDENSE_AT, 2 * len(self._pending))

    def replay(self, event: Event) -> None:
        """Keep one event of the run's earlier processes, if it belongs to the run's history.

        What those processes were doing, and how they ended, is not what this one is doing.
        """
        if isinstance(event, _HISTORY):
            self(event)

    def drain(self) -> list[Event]:
        """Take everything kept, condensed, oldest first."""
        with self._lock:
            pending, self._pending = self._pending, []
            self._condense_at = _CONDENSE_AT
        return condensed(pending)


class LiveSource:
    """A run in this process: events out of a buffer, commands into the run's own queue."""

    def __init__(self, buffer: EventBuffer, send: Callable[[Command], None]) -> None:
        self._buffer = buffer
        self._send = send

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first."""
        return self._buffer.drain()

    def send(self, command: Command) -> None:
        """Hand a command to the run."""
        self._send(command)


def condensed(events: Iterable[Event]) -> list[Event]:
    """The same story in fewer records: no loss, note or file left out.

    Of samples that were not written to disk, and of adjacent reports of progress, the newest
    stays. Adjacent steps become one record.
    """
    story: list[Event] = []
    steps: list[StepsCompleted] = []
    for event in _without_stale_looks(list(events)):
        if isinstance(event, StepsCompleted) and _continues(steps, event):
            steps.append(event)
            continue
        story += _merged(steps)
        steps = []
        if isinstance(event, StepsCompleted):
            steps = [event]
            continue
        if isinstance(event, ProgressMade) and story and isinstance(story[-1], ProgressMade):
            story.pop()
        story.append(event)
    return story + _merged(steps)


def _without_stale_looks(events: list[Event]) -> list[Event]:
    looks = [event for event in events if isinstance(event, SamplesDrawn) and event.path is None]
    stale = {id(look) for look in looks[:-1]}
    return [event for event in events if id(event) not in stale]


def _continues(steps: list[StepsCompleted], event: StepsCompleted) -> bool:
    return not steps or steps[-1].last_step + 1 == event.first_step


def _merged(steps: list[StepsCompleted]) -> list[Event]:
    """The adjacent records as at most one: its time, seconds and execution are the last one's."""
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
