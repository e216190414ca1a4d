"""Lines of the dashboard's log, from events and from what native libraries print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.events import Severity
from gan.text import wording
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Event


_COLORING: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Escape codes that only colour the text."""

_TAB: Final = 4


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log."""

    time: float
    """Seconds since the Unix epoch."""

    level: Severity
    text: str
    """Safe to show: every untrusted string in it has been through `safe_text`."""

    native: bool = False
    """Whether a native library printed it."""

    is_of_screen: bool = False
    """Whether it is of what this screen has done, and stays when the run is shown anew."""


def log_lines(event: Event) -> tuple[LogLine, ...]:
    """The event as lines; empty if the screen shows the event in another way."""
    return tuple(LogLine(event.time, event.severity, text) for text in wording.describe(event))


def stderr_line(text: str, time: float) -> LogLine:
    """A line that a native library printed, without colours and with tabs as spaces."""
    plain = _COLORING.sub("", text).expandtabs(_TAB).rstrip()
    return LogLine(time, Severity.INFO, safe_text(plain), native=True)


def note_line(text: str, time: float) -> LogLine:
    """A warning of the dashboard itself, which is no event of the run."""
    return LogLine(time, Severity.WARNING, safe_text(text))


def done_line(text: str, time: float, *, failed: bool = False) -> LogLine:
    """A line on what this screen has done, such as an export, which is no event of the run."""
    level = Severity.ERROR if failed else Severity.NOTICE
    return LogLine(time, level, safe_text(text, PATH_LIMIT), is_of_screen=True)


def selected(
    log: Sequence[LogLine],
    *,
    minimum: Severity = Severity.INFO,
    native: bool = True,
    text: str = "",
) -> Sequence[LogLine]:
    """The lines with at least this severity that contain a text, ignoring case.

    Args:
        log: All lines.
        minimum: The lowest severity to include.
        native: Whether to include what native libraries printed.
        text: The text to find; empty for any.

    Returns:
        `log` itself if nothing is filtered out by the arguments' defaults.
    """
    if minimum is Severity.INFO and native and not text:
        return log
    wanted = text.casefold()
    return [
        line
        for line in log
        if line.level >= minimum and (native or not line.native) and wanted in line.text.casefold()
    ]
