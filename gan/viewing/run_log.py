"""A run's log as a viewer needs it: as the screen of the training process has seen the events.

A log holds the events of every process of the run; a screen shows those of its own, and of the
former ones only what outlives a process. When the run is resumed, its log is read anew.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.errors import StorageError
from gan.event_streams import condensed
from gan.events import (
    DataLoaded,
    Noted,
    Phase,
    PhaseEntered,
    QualityMeasured,
    SamplesDrawn,
    StepsCompleted,
)
from gan.run import event_json
from gan.run.follower import Follower
from gan.run.live import read_examples
from gan.run.samples import read_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gan.events import Event
    from gan.run.directory import RunDirectory


_LONG_BYTES: Final = 32 << 20
"""A log from this size on takes a person's patience to read."""

_HEAD_BYTES: Final = 64 << 10
_TAIL_BYTES: Final = 2 << 20
_KEPT_PARTS: Final = 2
"""How many of the parts in which a log is read keep every event of their own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read."""

    events: list[Event] = field(default_factory=list)
    is_anew: bool = False
    """Whether these are all events of the run, from its beginning, and replace what was read."""


class RunLog:
    """Reads a run's log for a viewer; each `read` continues where the last one ended."""

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is read yet."""
        self._run = run
        self._follower: Follower | None = None
        self._evaluated: dict[int, float] = {}
        """When the evaluation of a step happened, of those read so far."""

    @property
    def offset(self) -> int:
        """Bytes of the log that were read."""
        return 0 if self._follower is None else self._follower.offset

    def glance(self) -> list[Event]:
        """The beginning of a long log and its newest part, which are read at once.

        Empty for a log that is read as fast as a whole.

        Raises:
            StorageError: The log can't be read.
        """
        path = self._run.log_path
        with storage_errors("read", path):
            try:
                with open_plain(path) as log:
                    size = os.fstat(log.fileno()).st_size
                    if size < _LONG_BYTES:
                        return []
                    head = os.pread(log.fileno(), _HEAD_BYTES, 0)
                    tail = os.pread(log.fileno(), _TAIL_BYTES, size - _TAIL_BYTES)
            except FileNotFoundError:
                return []
        begun = [e for e in _decoded(head.split(b"\n")[:-1]) if not isinstance(e, StepsCompleted)]
        newest = _decoded(tail.split(b"\n")[1:-1])
        return self._with_images([*begun, *newest])

    def read(self, progress: Callable[[], None] = lambda: None) -> Reading:
        """What is new in the log; all of it at the first call, and once the run was resumed.

        Args:
            progress: Called after each part of a long log.

        Raises:
            StorageError: The log can't be read.
        """
        if self._follower is None:
            return self._read_all(progress)
        found: list[Event] = []
        while more := self._follower.poll():
            found += more
        if any(map(_begins_process, found)):
            return self._read_all(progress)
        return Reading(self._with_images(self._without_repeats(found)))

    def _read_all(self, progress: Callable[[], None]) -> Reading:
        self._follower, self._evaluated = Follower(self._run), {}
        former: list[Event] = []
        current: list[Event] = []
        parts: list[list[Event]] = []
        while more := self._follower.poll():
            part: list[Event] = []
            for event in self._without_repeats(more):
                if _begins_process(event):
                    former += outliving([*current, *chain(*parts), *part])
                    current, parts, part = [], [], []
                part.append(event)
            parts.append(part)
            # The newest stay apart, because the speed is seen from their differences. No step is
            # copied often, and a long log needs little memory.
            current += condensed(chain(*parts[:-_KEPT_PARTS]))
            del parts[:-_KEPT_PARTS]
            progress()
        found = [*former, *current, *chain(*parts)]
        return Reading(self._with_images(found), True)

    def _without_repeats(self, found: Iterable[Event]) -> list[Event]:
        """Without evaluations that were appended again when the log was cut back."""
        kept: list[Event] = []
        for event in found:
            if isinstance(event, QualityMeasured):
                if self._evaluated.get(event.step) == event.time:
                    continue
                self._evaluated[event.step] = event.time
            kept.append(event)
        return kept

    def _with_images(self, found: Sequence[Event]) -> list[Event]:
        """With the images of the newest grid, and with real ones, which no log holds.

        Those that can't be read are left out, with a warning at the end.
        """
        grids = [n for n, event in enumerate(found) if isinstance(event, SamplesDrawn)]
        filled: list[Event] = []
        warnings: list[Event] = []
        for place, event in enumerate(found):
            needs = isinstance(event, DataLoaded) or place in grids[-1:]
            filled.append(self._filled(event, warnings) if needs else event)
        return [*filled, *warnings]

    def _filled(self, event: Event, warnings: list[Event]) -> Event:
        try:
            if isinstance(event, DataLoaded):
                examples = read_examples(self._run)
                return event if examples is None else replace(event, examples=examples)
            if isinstance(event, SamplesDrawn) and event.path is not None:
                return replace(event, images=read_samples(self._run, event.path))
        except StorageError as error:
            warnings.append(Noted(time=time.time(), text=str(error), warning=True))
        return event


def _decoded(lines: Sequence[bytes]) -> list[Event]:
    """The events in lines; what is damaged is reported once the whole log is read."""
    found: list[Event] = []
    for line in lines:
        with suppress(ValueError):
            found.append(event_json.from_line(line))
    return found


def outliving(found: Iterable[Event]) -> list[Event]:
    """Those that a resumed run shows again."""
    return [event for event in found if event.OUTLIVES_PROCESS]


def _begins_process(event: Event) -> bool:
    """Whether it is the first event that a process logs."""
    return isinstance(event, PhaseEntered) and event.phase is Phase.LOADING
