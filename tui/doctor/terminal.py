"""Judges a terminal: by the environment, by terminfo, and by its own answers."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gan.doctor.row import ok, warn
from gan.text.units import byte_size
from tui.doctor.questions import (
    MOUSE_MODE,
    SAMPLE_COLUMNS,
    SYNCHRONIZED_MODE,
    Answers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gan.doctor.row import Row

USABLE_SIZE: Final = (60, 18)
GOOD_SIZE: Final = (80, 24)
"""Columns and rows: below the first one digit is shown, from the second on all sixteen."""

_BLOCKS: Final = ("half", "quad", "braille")
"""What the dashboard draws with by default."""

_MORE_BLOCKS: Final = ("sextant", "octant")
_MANY_COLORS: Final = 256
_SLOW_TRIP: Final = 0.25
_SLOW_BYTES: Final = 25_000
"""Bytes a second that the dashboard sends over SSH at 120x40."""

_LINUX_CONSOLE: Final = "linux"
_KNOWN_STATES: Final = (1, 2, 3)
"""States of a mode that the terminal has: set, reset, and set for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFacts:
    """What is known of the terminal."""

    environ: Mapping[str, str] = field(default_factory=dict)
    columns: int = 80
    rows: int = 24
    encoding: str = "utf-8"
    """In which the program writes."""

    terminfo_colors: int | None = None
    """By the terminal's entry in terminfo; `None` if there is no entry."""

    terminfo_mouse: bool = False
    used_colors: int = 256
    """That the dashboard uses here: 2, 16 or 256."""

    in_gnu_screen: bool = False
    is_asked: bool = True
    """Whether the terminal could be asked: only by a process in its foreground."""

    tmux: TmuxFacts | None = None
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class TmuxFacts:
    """What tmux says of itself and of the terminal around it."""

    version: str
    is_utf8: bool
    """Whether it writes UTF-8 to the terminal around it."""

    outer: str
    """TERM of that terminal; empty if nobody is attached."""


def rows(facts: TerminalFacts) -> Iterator[Row]:
    """One for each thing that a terminal may lack."""
    yield terminal_row(facts)
    yield colors_row(facts)
    if not facts.answers.round_trips:
        yield silence_row(facts)
    yield unicode_row(facts)
    if facts.answers.widths and is_utf8(facts.environ, facts.encoding):
        yield glyphs_row(facts)
    yield mouse_row(facts)
    if facts.answers.round_trips:
        yield sync_row(facts)
    yield from multiplexer_rows(facts)
    if facts.answers.round_trips:
        yield round_trip_row(facts)
    if facts.answers.bytes_per_second is not None:
        yield bandwidth_row(facts)


def terminal_row(facts: TerminalFacts) -> Row:
    """Which it is, and whether it is large enough."""
    text = f"{facts.environ.get('TERM', '')}, {facts.columns}x{facts.rows}"
    size = facts.columns, facts.rows
    if 0 in size:
        return warn("terminal", f"{text}: it does not tell its size", "stty rows 24 columns 80")
    if size[0] < USABLE_SIZE[0] or size[1] < USABLE_SIZE[1]:
        return warn("terminal", f"{text}: too small for more than one digit", _ENLARGE)
    if size[0] < GOOD_SIZE[0] or size[1] < GOOD_SIZE[1]:
        return warn("terminal", f"{text}: too small for charts next to sixteen digits", _ENLARGE)
    if facts.terminfo_colors is None:
        return warn(
            "terminal", f"{text}: this system does not know it", "export TERM=xterm-256color"
        )
    return ok("terminal", text)


_KEYS: Final = "Use the keys: ? lists them, each action has one."
_ENLARGE: Final = "Make the window 80x24 or larger, or the font smaller."


def colors_row(facts: TerminalFacts) -> Row:
    """How many colours the dashboard uses, and why no more."""
    environ = facts.environ
    colorterm = environ.get("COLORTERM", "")
    text = f"{facts.used_colors} colours" if facts.used_colors > 2 else "no colours"  # noqa: PLR2004
    said = f"COLORTERM={colorterm}" if colorterm else "no COLORTERM, and none is needed"
    if facts.used_colors >= _MANY_COLORS:
        return ok("colours", f"{text} ({said})")
    if environ.get("NO_COLOR"):
        return warn("colours", f"{text}: NO_COLOR is set", "unset NO_COLOR")
    term = environ.get("TERM", "")
    if facts.tmux is not None:
        fix = "tmux set -g default-terminal tmux-256color, then open a new window."
    elif (facts.terminfo_colors or 0) >= _MANY_COLORS:
        return warn("colours", f"{text}, but {term} has more", "export COLORTERM=truecolor")
    elif term == _LINUX_CONSOLE:
        fix = "Log in from a terminal emulator: the console has no more."
    else:
        fix = "export TERM=xterm-256color"
    return warn("colours", f"{text}: digits in four greys", fix)


def silence_row(facts: TerminalFacts) -> Row:
    """The terminal was not asked, or answers nothing."""
    if not facts.is_asked:
        return warn(
            "answers",
            "not asked: this process is not in the terminal's foreground",
            "Run it without & at its end.",
        )
    return warn(
        "answers",
        "none: widths, frames and speed of this terminal are not known",
        "Press ctrl+q, in case ctrl+s has stopped it, and run doctor again.",
    )


def unicode_row(facts: TerminalFacts) -> Row:
    """Whether text arrives as it was meant."""
    name = locale_name(facts.environ)
    said = f"{facts.encoding.upper()} ({name})" if name else facts.encoding.upper()
    if not is_utf8(facts.environ, facts.encoding):
        return warn("unicode", f"{said}: digits in plain characters", "export LC_ALL=C.UTF-8")
    measured = facts.answers.widths.get("half")
    if measured is None:
        return ok("unicode", f"{said}; widths not measured")
    if measured == SAMPLE_COLUMNS:
        wide = facts.answers.widths.get("wide", SAMPLE_COLUMNS)
        also = "" if wide == SAMPLE_COLUMNS else f"; a wide character takes {wide} column"
        return ok("unicode", f"{said}, two blocks take two columns{also}")
    if measured == 2 * SAMPLE_COLUMNS:
        return warn(
            "unicode",
            f"{said}, but a block takes two columns",
            "Have the terminal show characters of ambiguous width in one column.",
        )
    return warn(
        "unicode",
        f"{said}, but two blocks take {measured} columns: the terminal reads no UTF-8",
        "Set the terminal's encoding to UTF-8; until then, gan-tui --glyphs ascii",
    )


def glyphs_row(facts: TerminalFacts) -> Row:
    """Which kinds of glyphs take the columns that they should."""
    lost = lost_kinds(facts)
    good = [name for name in (*_BLOCKS, *_MORE_BLOCKS) if name not in lost]
    text = f"{', '.join(good)} as wide as meant" if good else "none is as wide as meant"
    if good and lost:
        text += f", {', '.join(lost)} not"
    if any(name in _BLOCKS for name in lost):
        return warn("glyphs", text, "gan-tui --glyphs ascii")
    return ok("glyphs", text)


def lost_kinds(facts: TerminalFacts) -> list[str]:
    """The kinds of glyphs that are known to take other columns than they should."""
    widths = facts.answers.widths
    kinds = (*_BLOCKS, *_MORE_BLOCKS)
    if not is_utf8(facts.environ, facts.encoding):
        return list(kinds)
    return [name for name in kinds if widths.get(name, SAMPLE_COLUMNS) != SAMPLE_COLUMNS]


def mouse_row(facts: TerminalFacts) -> Row:
    """Whether the wheel and clicks arrive."""
    if facts.answers.modes.get(MOUSE_MODE) in _KNOWN_STATES:
        return ok("mouse", "reports clicks and the wheel (it says so)")
    if facts.environ.get("TERM") == _LINUX_CONSOLE:
        # Its entry in terminfo is for a daemon that only other libraries know.
        return warn("mouse", "none: the console reports no clicks", _KEYS)
    if facts.terminfo_mouse:
        return ok("mouse", "reports clicks and the wheel (terminfo says so)")
    return warn("mouse", "none by terminfo", _KEYS)


def sync_row(facts: TerminalFacts) -> Row:
    """Whether a frame is shown whole."""
    if facts.answers.modes.get(SYNCHRONIZED_MODE) in _KNOWN_STATES:
        return ok("frames", "shown whole (synchronized output)")
    return warn(
        "frames",
        "no synchronized output: a frame may be seen half drawn",
        "Use a newer terminal or tmux; nothing else depends on it.",
    )


def multiplexer_rows(facts: TerminalFacts) -> Iterator[Row]:
    """What stands between the program and the terminal."""
    if facts.tmux is not None:
        yield _tmux_row(facts.tmux)
    elif facts.in_gnu_screen:
        yield warn(
            "screen",
            "GNU screen: 256 colours at most, older glyphs only",
            "Use tmux, or start it as screen -U for UTF-8.",
        )


def round_trip_row(facts: TerminalFacts) -> Row:
    """How long a key takes to show."""
    trip = statistics.median(facts.answers.round_trips)
    text = f"{1000 * trip:.2g} ms" if trip < 0.01 else f"{1000 * trip:.0f} ms"  # noqa: PLR2004
    if facts.tmux is not None:
        text += " to tmux, which answers itself; not to your screen"
    if trip > _SLOW_TRIP:
        return warn("round trip", f"{text}: every key waits so long", "gan-tui --fps 2")
    return ok("round trip", text)


def bandwidth_row(facts: TerminalFacts) -> Row:
    """How many bytes a second the terminal takes."""
    speed = facts.answers.bytes_per_second or 0.0
    text = f"{byte_size(round(speed))}/s"
    if facts.tmux is not None:
        text += " to tmux"
    text += f" (by {byte_size(facts.answers.bytes_sent)})"
    if speed < _SLOW_BYTES:
        return warn("bandwidth", f"{text}: frames will be skipped", "ssh -C, which compresses.")
    return ok("bandwidth", text)


def locale_name(environ: Mapping[str, str]) -> str:
    """The variable that decides the encoding, with its value; empty without one."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environ.get(name):
            return f"{name}={environ[name]}"
    return ""


def is_utf8(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether both the program and the locale write UTF-8. C locales count: Python makes it so."""
    charset = locale_name(environ).partition("=")[2].partition(".")[2].lower()
    plain = environ.get("LC_ALL") in ("C", "POSIX")
    return encoding.lower() in ("utf-8", "utf8") and not plain and (not charset or "utf" in charset)


def _tmux_row(tmux: TmuxFacts) -> Row:
    text = f"{tmux.version} in {tmux.outer}" if tmux.outer else f"{tmux.version}, nobody attached"
    if tmux.outer and not tmux.is_utf8:
        return warn("tmux", f"{text}, without UTF-8", "tmux -u attach")
    return ok("tmux", text)
