"""Where the dashboard's events come from and its commands go.

The one seam between the screen and a run. The trainer's thread only ever appends to a buffer; the
screen empties it when its own timer says so. Neither waits for the other.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from gan.events import (
    AlertRaised,
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
    from gan.events import Event, Images

_CONDENSE_AT = 256
_HISTORY = (StepsCompleted, SamplesDrawn, CheckpointSaved, Resampled, AlertRaised, Noted)


ExportKind = Literal["grid", "film", "losses", "screen"]
"""What can be written to a file for people: a grid, all grids in turn, the losses, the screen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExportRequest:
    """What is to be written."""

    kind: ExportKind
    step: int
    """The step that is shown, for the file's name."""

    images: Images | None = None
    """Of the grid that is shown."""

    svg: str = ""
    """The screen as it is."""


class Source(Protocol):
    """A run as the dashboard sees it."""

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first. Never waits."""

    def send(self, command: Command) -> None:
        """Ask something of the run. Never waits; an event tells when it has happened."""

    def output(self) -> list[str]:
        """What native libraries have printed since the last call. It may wait for the disk."""

    def grid(self, path: str) -> Images:
        """A grid of the run, 16 x 28 x 28, read back from disk. It may wait for the disk.

        Raises:
            GanTuiError: It cannot be read.
        """

    def export(self, request: ExportRequest) -> str:
        """Write a file for people; returns its path. It may take long.

        Raises:
            GanTuiError: It cannot be written.
        """


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


class Archive(Protocol):
    """What a run keeps on disk, for whoever looks back."""

    def grid(self, path: str) -> Images:
        """As `Source.grid`."""

    def write_grid(self, step: int, images: Images) -> str:
        """Write a grid as a PNG; returns its path, as the others do."""

    def write_history(self, step: int) -> str:
        """Write the grids up to a step as a GIF."""

    def write_losses(self) -> str:
        """Write every step as CSV."""

    def write_screen(self, step: int, svg: str) -> str:
        """Write a picture of the screen as SVG."""


class LiveSource:
    """A run in this process: events out of a buffer, commands into the run's own queue."""

    def __init__(
        self,
        buffer: EventBuffer,
        send: Callable[[Command], None],
        *,
        archive: Archive,
        output: Callable[[], list[str]] = list,
    ) -> None:
        self._buffer = buffer
        self._send = send
        self._archive = archive
        self._output = output

    def drain(self) -> list[Event]:
        """Every event since the last call, oldest first."""
        return self._buffer.drain()

    def send(self, command: Command) -> None:
        """Hand a command to the run."""
        self._send(command)

    def output(self) -> list[str]:
        """What native libraries have printed since the last call."""
        return self._output()

    def grid(self, path: str) -> Images:
        """A grid of the run, read back."""
        return self._archive.grid(path)

    def export(self, request: ExportRequest) -> str:
        """Write a file for people; returns its path."""
        archive, step = self._archive, request.step
        if request.kind == "grid" and request.images is not None:
            return archive.write_grid(step, request.images)
        if request.kind == "film":
            return archive.write_history(step)
        if request.kind == "screen":
            return archive.write_screen(step, request.svg)
        return archive.write_losses()


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
