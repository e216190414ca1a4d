"""Events as lines of the dashboard's log: the common words, a time and how loud each is.

Separate from the state because it is presentation, and from the widgets because it is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gan import events, wording

if TYPE_CHECKING:
    from gan.events import Event


class Level(str, Enum):
    """How loud a line is."""

    INFO = "info"
    """The run goes as it should."""

    ASKED = "asked"
    """Something that a person asked for, or waited for, has happened."""

    WARNING = "warning"
    """The run goes on, and a person should know."""

    ERROR = "error"
    """The run has ended."""


_ASKED = (
    events.Paused,
    events.Resumed,
    events.Resampled,
    events.RolledBack,
    events.StorageRecovered,
    events.RunFinished,
)
_WARNINGS = (events.CheckpointRejected, events.Diverged, events.StorageFaulted)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log."""

    time: float
    """Seconds since the Unix epoch."""

    level: Level
    text: str
    """Safe to show: `gan.wording` has passed every string from outside through `safe_text`."""


def log_lines(event: Event) -> tuple[LogLine, ...]:
    """The event as lines; none for an event that the screen shows otherwise."""
    level = level_of(event)
    return tuple(LogLine(event.time, level, text) for text in wording.describe(event))


def level_of(event: Event) -> Level:
    """How loud an event is."""
    if isinstance(event, events.RunFailed):
        return Level.ERROR
    if isinstance(event, _WARNINGS):
        return Level.WARNING
    if isinstance(event, events.Noted):
        return Level.WARNING if event.warning else Level.INFO
    asked = isinstance(event, _ASKED)
    asked = asked or (isinstance(event, events.CheckpointSaved) and event.requested)
    return Level.ASKED if asked else Level.INFO
