"""Where the dashboard's events come from and its commands go.

The one seam between the screen and a run. The trainer's thread only appends to a buffer, and the
screen empties it on its own timer. Neither waits for the other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gan.events import ProgressMade, SamplesDrawn, StepsCompleted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gan.commands import Command
    from gan.events import Event, Images
    from gan.export.request import ExportRequest

_CONDENSE_AT = 256


class Source(Protocol):
    """A run as the dashboard sees it."""

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first. Never waits."""

    def send(self, command: Command) -> None:
        """Ask something of the run. Never waits; an event reports when it has happened."""

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
        self._condense_at = _CONDENSE_AT

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
            self(event)

    def drain(self) -> list[Event]:
        """Take everything kept, condensed, oldest first."""
        with self._lock:
            pending, self._pending = self._pending, []
            self._condense_at = _CONDENSE_AT
        return condensed(pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A run in this process, as callables; each is described at `Source`."""

    drain: Callable[[], list[Event]]
    send: Callable[[Command], None]
    output: Callable[[], list[str]]
    read_grid: Callable[[str], Images]
    export: Callable[[ExportRequest], str]


def condensed(events: Iterable[Event]) -> list[Event]:
    """The same events in fewer records: no loss, note or file left out.

    Of previews, and of adjacent reports of progress, the newest stays. Adjacent steps become one
    record.
    """
    kept: list[Event] = []
    steps: list[StepsCompleted] = []
    for event in _without_stale_previews(list(events)):
        if isinstance(event, StepsCompleted) and _continues(steps, event):
            steps.append(event)
            continue
        kept += _merged(steps)
        steps = []
        if isinstance(event, StepsCompleted):
            steps = [event]
            continue
        if isinstance(event, ProgressMade) and kept and isinstance(kept[-1], ProgressMade):
            kept.pop()
        kept.append(event)
    return kept + _merged(steps)


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
