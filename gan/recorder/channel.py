"""What a loop logs, on its way to the thread that writes it.

Putting something in never waits for a disk, a device or a viewer: there is room for so much, and
what comes while the writer is that far behind is left out and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from gan.events import Event, Floats
    from gan.recorder.pictures import Pictures

MAX_ITEMS: Final = 65_536
"""What waits at most: some 30 MB of rows with four values."""

MAX_DRAWN: Final = 8
"""Grids that wait at most."""


class Row(NamedTuple):
    """The values that one call has logged."""

    step: int
    scalars: dict[str, Any]
    """What `scalars.Keepers.keep` returned, by the series's name."""

    at: float
    """When, on the recorder's clock in seconds."""

    train_seconds: float
    """As in `SeriesLogged`."""


class Drawn(NamedTuple):
    """Images that the loop has drawn, to be kept or only shown."""

    step: int
    pictures: Pictures
    latents: Floats
    """What they were drawn from, as in `write_samples`."""

    is_kept: bool


class Taken(NamedTuple):
    """What has come since the last look."""

    items: list[Any]
    """Rows, images and events, in order."""

    left_out: int
    """Rows that there was no room for."""

    grids_left_out: int
    """Grids that there was no room for."""


class Channel:
    """From the loop's threads to the writer's.

    Events may come from any thread; rows and images from one at a time. There is no lock: a deque
    is safe to append to and to take from, and each count has one writer.
    """

    def __init__(self, max_items: int = MAX_ITEMS) -> None:
        """Begin empty, with room for so many items."""
        self._max_items = max_items
        self._items: deque[Any] = deque()
        self._drawn = self._drawn_taken = 0
        self._left_out = self._left_out_taken = 0
        self._grids_left_out = self._grids_left_out_taken = 0
        self._wake = threading.Event()

    def put_row(self, row: Row) -> None:
        """Add a row, which the writer takes when its time comes; without room it is counted."""
        if len(self._items) < self._max_items:
            self._items.append(row)
        else:
            self._left_out += 1

    def put_drawn(self, drawn: Drawn) -> None:
        """Add images and wake the writer; without room those to be kept are counted."""
        if self._drawn - self._drawn_taken >= MAX_DRAWN:
            self._grids_left_out += drawn.is_kept
            return
        self._drawn += 1
        self._items.append(drawn)
        self._wake.set()

    def put(self, event: Event) -> None:
        """Add an event, and wake the writer."""
        self._items.append(event)
        self._wake.set()

    def take(self) -> Taken:
        """All that has come. Called by the writer alone."""
        self._wake.clear()
        left_out, grids = self._left_out, self._grids_left_out
        taken = Taken(
            [self._items.popleft() for _ in range(len(self._items))],
            left_out - self._left_out_taken,
            grids - self._grids_left_out_taken,
        )
        self._left_out_taken, self._grids_left_out_taken = left_out, grids
        self._drawn_taken += sum(isinstance(item, Drawn) for item in taken.items)
        return taken

    def wake(self) -> None:
        """Have `wait` return."""
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until there is an event or images."""
        self._wake.wait(seconds)
