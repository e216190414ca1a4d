"""What a run says of its preparation: phases, notes, warnings, and how the time was spent."""

from __future__ import annotations

import time
from typing import Final

from gan.events import Listener, Noted, Phase, PhaseEntered, ProgressMade

OPENING: Final = "run"
"""The part that is not a phase: opening the run's directory."""

_PARTS: Final = {Phase.LOADING: "data", Phase.IMPORTING: "import", Phase.COMPILING: "compile"}
"""The phases, as briefly as the note of their times has them."""

_WORTH_SAYING: Final = 0.5
"""Seconds from which on the opening, which usually takes none, is in that note."""


class PreparationReport:
    """Reports the parts of a preparation, one after the other."""

    def __init__(self, emit: Listener) -> None:
        """Begin without a part.

        Args:
            emit: Called with every event.
        """
        self._emit = emit
        self._parts: list[tuple[str, float]] = []
        """The parts so far, and when each began."""

    def begin(self, part: str) -> None:
        """Measure the time of a part from here on."""
        self._parts.append((part, time.monotonic()))

    def enter(self, phase: Phase, detail: str) -> None:
        """Report a phase, which is a part of its own."""
        self.begin(_PARTS[phase])
        self.detail(phase, detail)

    def detail(self, phase: Phase, detail: str) -> None:
        """Report what the phase does from here on."""
        self._emit(PhaseEntered(time=time.time(), phase=phase, detail=detail))

    def progress(self, what: str, done: int, total: int, unit: str) -> None:
        """Report how much is done of something long; the total is 0 if it is unknown."""
        self._emit(ProgressMade(time=time.time(), what=what, done=done, total=total, unit=unit))

    def note(self, text: str) -> None:
        """Report something that is good to know."""
        self._emit(Noted(time=time.time(), text=text))

    def warn(self, text: str) -> None:
        """Report something that may be wrong."""
        self._emit(Noted(time=time.time(), text=text, warning=True))

    def time(self) -> None:
        """Report how the time before the first step was spent."""
        begins = [begun for _, begun in self._parts]
        now = time.monotonic()
        took = [
            (part, end - begun)
            for (part, begun), end in zip(self._parts, [*begins[1:], now], strict=True)
        ]
        # Short enough for one row of 80 columns, which also has the time of day.
        spent = ", ".join(
            f"{part} {seconds:.1f}"
            for part, seconds in took
            if part != OPENING or seconds >= _WORTH_SAYING
        )
        self.note(f"ready after {now - begins[0]:.1f} s: {spent}")
