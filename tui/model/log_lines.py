"""Events as lines of the dashboard's log: the common words, a time and how loud each is.

Separate from the state because it is presentation, and from the widgets because it is pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gan import events
from gan.text import wording
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

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


_COLORING: Final = re.compile(r"\x1b\[[0-9;]*m")
"""What a program writes to colour its text: nothing that it says."""

_TAB: Final = 4
_LOUDNESS: Final = {Level.INFO: 0, Level.ASKED: 0, Level.WARNING: 1, Level.ERROR: 2}

_ASKED = (
    events.Paused,
    events.Unpaused,
    events.Resampled,
    events.RolledBack,
    events.StorageRecovered,
    events.RunFinished,
)
_WARNINGS = (
    events.AlertRaised,
    events.CheckpointRejected,
    events.Diverged,
    events.StorageFaulted,
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log."""

    time: float
    """Seconds since the Unix epoch."""

    level: Level
    text: str
    """Safe to show: `gan.text.wording` has passed every string from outside through `safe_text`."""

    native: bool = False
    """Whether a library printed it, and no event told it."""


def log_lines(event: Event) -> tuple[LogLine, ...]:
    """The event as lines; none for an event that the screen shows otherwise."""
    level = level_of(event)
    return tuple(LogLine(event.time, level, text) for text in wording.describe(event))


def stderr_line(text: str, time: float) -> LogLine:
    """A line that a native library printed, without colours and with tabs as blanks."""
    plain = _COLORING.sub("", text).expandtabs(_TAB).rstrip()
    return LogLine(time, Level.INFO, safe_text(plain), native=True)


def note_line(text: str, time: float) -> LogLine:
    """A line of the program's own, about the screen and not about the run."""
    return LogLine(time, Level.WARNING, safe_text(text))


def selected(
    log: Sequence[LogLine], *, least: Level = Level.INFO, native: bool = True, text: str = ""
) -> Sequence[LogLine]:
    """The lines that are at least so loud and hold a text, in whatever case.

    Args:
        log: All lines.
        least: `INFO` is everything, what a person asked for too.
        native: Whether what libraries printed is among them.
        text: What to look for; empty for anything.
    """
    if least is Level.INFO and native and not text:
        return log
    wanted = text.casefold()
    return [
        line
        for line in log
        if _LOUDNESS[line.level] >= _LOUDNESS[least]
        and (native or not line.native)
        and wanted in line.text.casefold()
    ]


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
