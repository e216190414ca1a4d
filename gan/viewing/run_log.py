"""A run's log as a viewer needs it: as the screen of the training process has seen the events.

A log holds the events of every process of the run; a screen shows those of its own, and of the
former ones only what outlives a process. When the run is resumed, its log is read anew. Whatever
its length, it passes through in parts: none waits for the last one, and none is kept.
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
from gan.events import (
    DataLoaded,
    Noted,
    QualityMeasured,
    RolledBack,
    SamplesDrawn,
    SeriesLogged,
    StepsCompleted,
)
from gan.exchange.event_buffer import condensed
from gan.run import event_json
from gan.run.follower import Follower
from gan.run.live import read_examples
from gan.run.samples import read_samples
from gan.viewing.contents import begins_process, contents_of

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

_PARTS_AT_ONCE: Final = 12
"""How many parts are read before other things have their turn: about a tenth of a second."""

_STEPS: Final = (StepsCompleted, SeriesLogged)
"""The events that nearly all of a log is made of."""

_CUT_SECONDS: Final = 10.0
"""How long after the log was cut back the run may take to say that it was rolled back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read."""

    events: list[Event] = field(default_factory=list)
    is_anew: bool = False
    """Whether these belong to all events of the run, from its beginning, and not to the news."""

    is_first: bool = False
    """Whether they are the first of all, and replace what was read before."""

    has_more: bool = False
    """Whether the log holds more that was not read yet."""


class _Whole:
    """All of a log on its way to the screen."""

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is read yet.

        Raises:
            StorageError: The log can't be read.
        """
        self.contents = contents_of(run)
        self.processes = 0
        """How many have begun, of those events that were added."""

        self._grids = 0
        self._parts: list[list[Event]] = []
        self.is_begun = False
        """Whether anything of it was handed on."""

    def add(self, found: Iterable[Event], fill: Callable[[Event], Event]) -> list[Event]:
        """Take in one part, and return what can be handed on.

        Args:
            found: Its events.
            fill: Gives an event its images.
        """
        part: list[Event] = []
        for event in found:
            self.processes += begins_process(event)
            is_grid = isinstance(event, SamplesDrawn)
            self._grids += is_grid
            if self.processes < self.contents.processes and not event.OUTLIVES_PROCESS:
                continue
            # The images of one grid are shown, and it takes a while to read them.
            is_filled = not is_grid or self._grids >= self.contents.grids
            part.append(fill(event) if is_filled else event)
        self._parts.append(part)
        # The newest stay apart, because the speed is seen from their differences.
        ready = condensed(chain(*self._parts[:-_KEPT_PARTS]))
        del self._parts[:-_KEPT_PARTS]
        return ready

    def rest(self) -> list[Event]:
        """What was not handed on yet."""
        return list(chain(*self._parts))


class RunLog:
    """Reads a run's log for a viewer; each `read` continues where the last one ended."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read yet.

        Args:
            run: The run.
            clock: A monotonic clock in seconds.
        """
        self._run, self._clock = run, clock
        self._follower: Follower | None = None
        self._whole: _Whole | None = None
        """What is on its way, as long as not all of the log was read once."""

        self._evaluated: dict[int, float] = {}
        """When the evaluation of a step happened, of those read so far."""

        self._cut_at: float | None = None
        """When the log was found to be cut back, until it is known why."""

        self._notices: list[Event] = []
        """What there is to say of the log itself, once all of it is read."""

        self._was_there = False

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
        begun = [e for e in _decoded(head.split(b"\n")[:-1]) if not isinstance(e, _STEPS)]
        newest = _decoded(tail.split(b"\n")[1:-1])
        return self._with_images([*begun, *newest])

    def read(self) -> Reading:
        """What is new in the log; all of it at the first call, and once the run was resumed.

        A long log takes several calls. After a `StorageError` the next call goes on where this one
        ended, after any other error at the beginning.

        Raises:
            StorageError: The log can't be read, or it is gone.
        """
        self._require_log()
        try:
            return self._read()
        except StorageError:
            raise
        except BaseException:
            # What was taken from the follower is shown by nobody.
            self._follower = None
            raise

    def _require_log(self) -> None:
        path = self._run.log_path
        with storage_errors("read", path):
            is_there = path.exists()
        if self._was_there and not is_there:
            raise StorageError(f"{path} is gone. What is shown is the last that was read.")
        self._was_there = is_there

    def _read(self) -> Reading:
        if self._follower is not None and self._whole is None:
            reading = self._read_on(self._follower)
            if reading is not None:
                return reading
            self._follower = None
        if self._follower is None or self._whole is None:
            whole = _Whole(self._run)
            self._follower, self._whole = Follower(self._run), whole
            self._evaluated, self._cut_at = {}, None
        return self._read_whole(self._follower, self._whole)

    def _read_on(self, follower: Follower) -> Reading | None:
        """What is new; `None` if all of the log has to be read anew."""
        before = follower.rewinds
        parts, has_more = _polled(follower)
        found = [*chain(*parts)]
        if follower.rewinds > before:
            self._cut_at = self._clock()
        if self._cut_at is not None and self._is_other_log(follower, found):
            self._note_other_log()
            return None
        if any(map(begins_process, found)):
            return None
        return Reading(self._with_images(self._without_repeats(found)), has_more=has_more)

    def _is_other_log(self, follower: Follower, found: Sequence[Event]) -> bool:
        """Whether a log was cut by something else than a rollback or a resume."""
        if follower.rewound_to == 0:
            return True
        for event in found:
            if isinstance(event, RolledBack) or begins_process(event):
                self._cut_at = None
                return False
            if isinstance(event, _STEPS):
                return True
        return self._cut_at is not None and self._clock() - self._cut_at >= _CUT_SECONDS

    def _note_other_log(self) -> None:
        text = f"{self._run.log_path.name} was cut or replaced while it was read"
        self._notices.append(Noted(time=time.time(), text=text, warning=True))

    def _read_whole(self, follower: Follower, whole: _Whole) -> Reading:
        parts, has_more = _polled(follower)
        found: list[Event] = []
        for part in parts:
            found += whole.add(self._without_repeats(part), self._filled)
        if follower.rewinds or self._has_resumed(whole):
            if follower.rewinds and follower.rewound_to == 0:
                self._note_other_log()
            # What was handed on of it no longer holds.
            self._follower = None
            return Reading(is_anew=True, is_first=True, has_more=True)
        if not has_more:
            found += [*whole.rest(), *self._notices]
            self._notices.clear()
            self._whole = None
        is_first, whole.is_begun = not whole.is_begun, True
        return Reading(found, is_anew=True, is_first=is_first, has_more=has_more)

    def _has_resumed(self, whole: _Whole) -> bool:
        """Whether another process has begun since the log's contents were counted."""
        counted = whole.contents.processes
        return whole.processes > counted and contents_of(self._run).processes > counted

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
        for place, event in enumerate(found):
            needs = isinstance(event, DataLoaded) or place in grids[-1:]
            filled.append(self._filled(event) if needs else event)
        filled += self._notices
        self._notices.clear()
        return filled

    def _filled(self, event: Event) -> Event:
        """With its images, if it has any; that they can't be read is a notice."""
        try:
            if isinstance(event, DataLoaded):
                examples = read_examples(self._run)
                return event if examples is None else replace(event, examples=examples)
            if isinstance(event, SamplesDrawn) and event.path is not None:
                return replace(event, images=read_samples(self._run, event.path))
        except StorageError as error:
            self._notices.append(Noted(time=time.time(), text=str(error), warning=True))
        return event


def _decoded(lines: Sequence[bytes]) -> list[Event]:
    """The events in lines; what is damaged is reported once the whole log is read."""
    found: list[Event] = []
    for line in lines:
        with suppress(ValueError):
            found.append(event_json.from_line(line))
    return found


def _polled(follower: Follower) -> tuple[list[list[Event]], bool]:
    """The next parts, and whether there may be more after them.

    Raises:
        StorageError: Not even one can be read.
    """
    parts: list[list[Event]] = []
    while len(parts) < _PARTS_AT_ONCE:
        try:
            part = follower.poll()
        except StorageError:
            if parts:
                return parts, True
            raise
        if not part:
            return parts, False
        parts.append(part)
    return parts, True
