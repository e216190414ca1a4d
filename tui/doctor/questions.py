"""What the terminal is asked: widths of characters, modes, how fast it answers and takes bytes."""

from __future__ import annotations

import itertools
import random
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tui.doctor.asking import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui.doctor.asking import Asker

SAMPLES: Final[Mapping[str, str]] = {
    "half": "▀▄",
    "quad": "▚▞",
    "sextant": "\U0001fb00\U0001fb1e",
    "octant": "\U0001cd00\U0001cd50",
    "braille": "⣿⠱",
    "wide": "漢",
}
"""Text of each kind that the dashboard draws, or may show in a name. Each takes two columns."""

SAMPLE_COLUMNS: Final = 2

MOUSE_MODE: Final = 1006
"""Mouse reports that have no limit on columns."""

SYNCHRONIZED_MODE: Final = 2026
"""A frame is shown whole, or not yet."""

MODES: Final = (MOUSE_MODE, SYNCHRONIZED_MODE)

_POSITION: Final = b"\x1b[6n"
_POSITION_ANSWER: Final = re.compile(rb"\x1b\[([0-9]{1,5});([0-9]{1,5})R")
_ANSWER_OR_MODE: Final = re.compile(
    rb"\x1b\[\?(?P<mode>[0-9]{1,5});(?P<state>[0-9])\$y|\x1b\[[0-9]{1,5};[0-9]{1,5}R"
)
_ERASED: Final = b"\r\x1b[2K"
_HIDDEN: Final = b"\x1b[8m"
_SHOWN: Final = b"\x1b[0m"

_FIRST_SECONDS: Final = 2.0
"""How long a terminal may take that has not answered yet."""

_SECONDS: Final = 3.0
"""How long one may take that has."""

_ALL_SECONDS: Final = 4.0
"""After this no more is measured: all checks together may take ten."""

_MOST_COLUMNS: Final = 8
"""Of a sample: each of its bytes may take one, where no UTF-8 is read."""

_LAST_SECONDS: Final = 0.1
"""How long the last line is tried to be erased."""

_ROUND_TRIPS: Final = 7
_ROUND_TRIP_SECONDS: Final = 1.0
_FIRST_BYTES: Final = 512
_MOST_BYTES: Final = 262_144
_FAST_SECONDS: Final = 0.15
"""A part that took so long says how fast the terminal is; before that parts grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the terminal has answered; nothing of it may be known."""

    round_trips: tuple[float, ...] = ()
    """Seconds from a question to its answer. Empty if the terminal answers nothing."""

    widths: Mapping[str, int] = field(default_factory=dict)
    """Columns that each of `SAMPLES` took."""

    modes: Mapping[int, int] = field(default_factory=dict)
    """The state of each mode that it has reported: 1 set, 2 reset, 3 and 4 the same for ever, 0
    unknown to it; DECRQM."""

    bytes_per_second: float | None = None
    bytes_sent: int = 0
    """Bytes by which that was measured."""


def examine(asker: Asker, columns: int, clock: Callable[[], float] = time.monotonic) -> Answers:
    """Ask everything. Leaves the cursor at the beginning of an empty line.

    Takes two seconds if the terminal answers nothing, and usually half of one. A terminal that
    falls silent has the answers that it gave before.

    Args:
        asker: For the terminal.
        columns: Its width in cells.
        clock: Seconds from any moment on.
    """
    trips: list[float] = []
    widths: dict[str, int] = {}
    modes: dict[int, int] = {}
    speed, sent = None, 0
    deadline = clock() + _ALL_SECONDS
    try:
        asker.write(_ERASED, _FIRST_SECONDS)
        trips.append(_round_trip(asker, _FIRST_SECONDS, clock))
        _ask_widths(asker, widths)
        _ask_modes(asker, modes)
        while len(trips) < _ROUND_TRIPS and sum(trips) < _ROUND_TRIP_SECONDS:
            trips.append(_round_trip(asker, _SECONDS, clock))
        speed, sent = _speed(asker, columns, min(trips), deadline, clock)
    except Silence:
        # What was not answered stays unknown.
        pass
    with suppress(Silence):
        asker.write(_ERASED, _LAST_SECONDS)
    return Answers(
        round_trips=tuple(trips),
        widths=widths,
        modes=modes,
        bytes_per_second=speed,
        bytes_sent=sent,
    )


def _round_trip(asker: Asker, seconds: float, clock: Callable[[], float]) -> float:
    before = clock()
    asker.ask(_POSITION, _POSITION_ANSWER, seconds)
    return clock() - before


def _ask_widths(asker: Asker, widths: dict[str, int]) -> None:
    """How many columns the cursor moves when each sample is written at the beginning of a line.

    All are asked at once, so that a slow link is waited for once. An answer that no terminal can
    mean is left out.
    """
    questions = b"".join(_ERASED + text.encode() + _POSITION for text in SAMPLES.values())
    for name in SAMPLES:
        columns = int(asker.ask(questions, _POSITION_ANSWER, _SECONDS)[2]) - 1
        questions = b""
        if 0 <= columns <= _MOST_COLUMNS:
            widths[name] = columns


def _ask_modes(asker: Asker, modes: dict[int, int]) -> None:
    """Ask for every mode, and for the position last: every terminal answers that."""
    questions = b"".join(b"\x1b[?%d$p" % mode for mode in MODES)
    match = asker.ask(_ERASED + questions + _POSITION, _ANSWER_OR_MODE, _SECONDS)
    while match["mode"] is not None:
        modes[int(match["mode"])] = int(match["state"])
        match = asker.ask(b"", _ANSWER_OR_MODE, _SECONDS)
    # One that doesn't know the question may have printed a part of it.
    asker.write(_ERASED, _SECONDS)


def _speed(
    asker: Asker, columns: int, round_trip: float, deadline: float, clock: Callable[[], float]
) -> tuple[float | None, int]:
    """Bytes a second that the terminal takes, and by how many bytes that was measured.

    Not known if the parts are still too small at the deadline.

    Parts grow until one takes long enough to say something. What is sent can't be compressed much,
    is hidden, and stays on one line.
    """
    draw = random.Random(0)
    line = max(columns - 1, 1)
    size = _FIRST_BYTES
    while clock() < deadline:
        letters = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))
        lines = (letters[at : at + line] for at in itertools.count(0, line))
        text = "\r".join(itertools.takewhile(bool, lines)).encode()
        before = clock()
        asker.ask(_HIDDEN + text + _SHOWN + _ERASED + _POSITION, _POSITION_ANSWER, _SECONDS)
        taken = clock() - before - round_trip
        if taken >= _FAST_SECONDS or size * 4 > _MOST_BYTES:
            return len(text) / max(taken, 1e-6), len(text)
        size *= 4
    return None, 0
