"""A run as far as one step: an export of `RUN@STEP` shows nothing of what came later."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, StorageError
from gan.events import SeriesLogged, StepsCompleted
from gan.run import event_json
from gan.run.follower import Follower, log_lines, read_evaluations
from gan.run.reference import BEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gan.events import Event
    from gan.run.directory import RunDirectory
    from gan.run.reference import At

_TRIED: Final = 16
"""How many of the last lines with steps are tried, as some may be damaged."""


def last_step_of(run: RunDirectory, at: At) -> int | None:
    """The step that was named, or that of the best evaluation; `None` for the whole run.

    Raises:
        CheckpointError: The run has not come so far, or was never evaluated.
        StorageError: The log can't be read.
    """
    if at is None:
        return None
    if at == BEST:
        bests = [event.step for event in read_evaluations(run) if event.is_best]
        if not bests:
            raise CheckpointError(
                f"{run.path} has not been evaluated, so no step is its best. Name a step."
            )
        return bests[-1]
    newest = newest_step(run)
    if int(at) > newest:
        raise CheckpointError(f"{run.path} has no step {int(at):,}: its newest is {newest:,}.")
    return int(at)


def newest_step(run: RunDirectory) -> int:
    """The newest step in a run's log; 0 before the first.

    Raises:
        StorageError: The log can't be read.
    """
    path, last = run.log_path, deque[bytes](maxlen=_TRIED)
    with storage_errors("read", path):
        try:
            with open_plain(path, buffering=-1) as log:
                last.extend(line for _, line in log_lines(log) if _has_steps(line))
        except FileNotFoundError:
            return 0
    # Of a recorded loop the losses of a step and its other series are in two lines.
    newest: dict[type[Event], int] = {}
    for event in _read(reversed(last)):
        newest.setdefault(type(event), event.last_step)
    return max(newest.values(), default=0)


def _has_steps(line: bytes) -> bool:
    return b'"StepsCompleted"' in line or b'"SeriesLogged"' in line


def _read(lines: Iterable[bytes]) -> Iterator[StepsCompleted | SeriesLogged]:
    for line in lines:
        try:
            event = event_json.from_line(line)
        except ValueError:
            # Whoever reads the whole log says that this line is damaged.
            continue
        if isinstance(event, (StepsCompleted, SeriesLogged)):
            yield event


def steps_up_to(
    event: StepsCompleted | SeriesLogged, last_step: int | None
) -> StepsCompleted | SeriesLogged | None:
    """The event's steps up to one, inclusive; `None` if all are later."""
    if last_step is None or event.last_step <= last_step:
        return event
    count = last_step - event.first_step + 1
    if count <= 0:
        return None
    if isinstance(event, SeriesLogged):
        return replace(event, series={name: of[:count] for name, of in event.series.items()})
    return replace(
        event,
        d_loss=event.d_loss[:count],
        g_loss=event.g_loss[:count],
        real_score=event.real_score[:count],
        fake_score=event.fake_score[:count],
    )


class UpToStep:
    """Passes a log's events on up to one step, in the order in which they stand in the log."""

    def __init__(self, last_step: int | None) -> None:
        self._last_step = last_step
        self._is_past = False
        """Whether later steps were seen: what has no step of its own is later too."""

    def kept(self, events: Iterable[Event]) -> list[Event]:
        """The events that belong to the run as far as that step."""
        if self._last_step is None:
            return list(events)
        return [kept for event in events if (kept := self._kept(event, self._last_step))]

    def _kept(self, event: Event, last_step: int) -> Event | None:
        if isinstance(event, (StepsCompleted, SeriesLogged)):
            self._is_past |= event.last_step > last_step
            return steps_up_to(event, last_step)
        # An evaluation is logged some steps after the one that it measured.
        step: int | None = getattr(event, "step", None)
        is_kept = not self._is_past if step is None else step <= last_step
        return event if is_kept else None


def logged_events(run: RunDirectory, last_step: int | None = None) -> Iterator[Event]:
    """The events in a run's log, its steps ascending, as far as it reaches now.

    Args:
        run: The run.
        last_step: Where to end; `None` for all.

    Raises:
        StorageError: The log can't be read, or the run was rolled back meanwhile.
    """
    follower, cut, before = Follower(run), UpToStep(last_step), 0
    while events := follower.poll():
        for event in cut.kept(events):
            if isinstance(event, StepsCompleted):
                _require_ascending(before, event)
                before = event.last_step
            yield event


def end_in_words(last_step: int | None) -> str:
    """Where an export ends, as the end of a clause; empty for the whole run."""
    return "" if last_step is None else f" up to step {last_step:,}"


def _require_ascending(last_step: int, event: StepsCompleted) -> None:
    if event.first_step <= last_step:
        raise StorageError(
            f"the run was rolled back during the export: step {event.first_step:,} follows step "
            f"{last_step:,}. Export it again."
        )
