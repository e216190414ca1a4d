"""How often the screen is drawn: a rate for the link, budgets, and no frame on a backlog.

A link that takes less than it is given falls behind and shows old frames. So frames are skipped,
never queued: the next one shows the newest state. Without a GPU, processor time for the screen is
taken from the training, so it has a budget as the bytes do. All of it is arithmetic over a clock
and two counters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BYTES_PER_CELL: Final = 9.0
"""A second: 43 kB/s at 120x40, 108 kB/s at 200x60, with room for what a key makes."""

_MIN_CELLS: Final = 3_600
"""A smaller screen gets as much as one of this size: its numbers take no less."""

_STARVED_TURNS: Final = 5
"""How many grids in a row may be skipped to leave room for the numbers."""

_REMOTE_SHARE: Final = 0.35
"""The share of it over SSH, where the socket's buffers hide how far the link is behind."""

_TICK_SECONDS: Final = 0.01
_PART_SECONDS: Final = 0.15
_LULL_SECONDS: Final = 0.5
"""A terminal that is behind again within this counts as behind all the time."""

_WINDOW_SECONDS: Final = 4.0
"""The longest time to average a speed over: the bytes that buffers take count little in it."""

_CHART_SECONDS: Final = 0.5
_CHART_BYTES: Final = 18_000
"""Three times the bytes of a new chart, so that charts take a third of a link."""

_MEMORY_SECONDS: Final = 10.0
"""How long a link counts as slow after it was behind."""

_FIRST_PART: Final = 4_000
"""Bytes for a link of unknown speed; doubled each time that it takes them at once."""

_MAX_SECONDS_OWED: Final = 2.0

_PROCESSOR_SHARE: Final = 0.012
"""Of all the machine's cores together, for drawing."""

_VIEWER_SHARE: Final = 0.004
"""The same for a viewer: on few cores each step of the training waits for the slowest of them, so
a viewer slows it by up to all the time of one core that it takes, and there may be several."""

_MIN_FRAMES: Final = 4.0
_VIEWER_MIN_FRAMES: Final = 2.5
_MIN_DIGITS: Final = 1.0
_MIN_CHARTS: Final = 1.0
"""Frames a second that are drawn however much processor time they take."""

_DIGITS_PER_FRAME: Final = 0.2
"""Grids for each frame of the numbers if a person chose the rate."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often to draw, in frames a second, and the budgets for it."""

    frames: float
    """Numbers and charts."""

    digits: float
    """The grid of digits."""

    budget_share: float = 1.0
    """The share of the bytes that a local terminal gets."""

    digits_may_owe: float = 0.5
    """Seconds of the byte budget that may be owed when a grid is due."""

    processor_share: float = _PROCESSOR_SHARE
    """The share of the machine's cores."""

    least_frames: float = _MIN_FRAMES
    """Numbers and charts a second that are drawn however much processor time they take."""


def rates_for(environ: Mapping[str, str], fps: float | None) -> Rates:
    """The rates for a link: as chosen, slower over SSH, else as fast as a person can follow."""
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    share = _REMOTE_SHARE if remote else 1.0
    if fps is not None:
        # A rate that a person chose is kept, whatever it takes.
        return Rates(fps, max(fps * _DIGITS_PER_FRAME, 0.5), share, 0.0 if remote else 0.5, 1.0)
    return Rates(4.0, 1.0, share, 0.0) if remote else Rates(10.0, 2.0)


def viewer_rates(rates: Rates) -> Rates:
    """The rates of a viewer, which may share its cores with the process that trains."""
    return replace(rates, processor_share=_VIEWER_SHARE, least_frames=_VIEWER_MIN_FRAMES)


class Allowance:
    """An amount a second of something; what is used beyond it is owed, and paid off by waiting."""

    def __init__(self, used: Callable[[], float], clock: Callable[[], float]) -> None:
        """Begin with nothing owed.

        Args:
            used: How much has been used so far.
            clock: Seconds from any moment on.
        """
        self._used, self._clock = used, clock
        self._settled_at, self._settled = clock(), used()
        self._owed = 0.0

    def seconds_owed(self, per_second: float) -> float:
        """How long to use nothing more, at this allowance, until everything is paid off."""
        now, used = self._clock(), self._used()
        owed = self._owed + used - self._settled - (now - self._settled_at) * per_second
        # Else the screen would stand still for long after a dialog or a whole repaint.
        self._owed = min(max(owed, 0.0), _MAX_SECONDS_OWED * per_second)
        self._settled_at, self._settled = now, used
        return self._owed / per_second

    def forgive(self) -> None:
        """Owe nothing from now on."""
        self._settled_at, self._settled, self._owed = self._clock(), self._used(), 0.0


class Pacing:
    """Says when to draw, from what was used and when."""

    def __init__(
        self,
        rates: Rates,
        *,
        clock: Callable[[], float],
        sent: Callable[[], int],
        backlog: Callable[[], int],
        processor: Callable[[], float],
        cores: int,
    ) -> None:
        """Begin with nothing owed.

        Args:
            rates: For the link.
            clock: Seconds from any moment on.
            sent: Bytes given to the terminal so far.
            backlog: Writes that the terminal has not taken yet.
            processor: Seconds of a core that drawing has taken so far.
            cores: How many cores there are.
        """
        self.rates = rates
        self._clock, self._sent, self._backlog = clock, sent, backlog
        self._bytes = Allowance(sent, clock)
        self._processor = Allowance(processor, clock)
        self._cores = cores
        self._drawn_at = self._digits_at = float("-inf")
        self._idle_at, self._idle_sent = clock(), sent()
        self._busy_at = float("-inf")
        self._behind_since, self._behind_from = self._idle_at, self._idle_sent
        self._taken_at_once = _FIRST_PART
        """Bytes that the terminal is known to take without a backlog."""

        self._speed: float | None = None
        """Bytes a second that the terminal took when it was last behind; `None` if it never was."""

    def observe(self) -> None:
        """Measure how fast the terminal takes what it is given; to be called often."""
        now, sent = self._clock(), self._sent()
        if self._backlog():
            if now - self._busy_at > _LULL_SECONDS:
                self._behind_since, self._behind_from = self._idle_at, self._idle_sent
            self._busy_at = now
            return
        if self._busy_at > self._idle_at:
            # The speed while it was behind, with the buffers that were filled at once.
            taken, seconds = sent - self._behind_from, now - self._behind_since
            self._speed = max(taken, 1) / max(seconds, _TICK_SECONDS)
            if now - self._behind_since > _WINDOW_SECONDS:
                self._behind_since = (self._behind_since + now) / 2
                self._behind_from = (self._behind_from + sent) // 2
        elif sent - self._idle_sent >= self._taken_at_once // 2:
            self._taken_at_once *= 2
        self._idle_at, self._idle_sent = now, sent

    def part(self, most: int) -> int:
        """How many bytes to send at once, so that the next frame has to wait little for them.

        Args:
            most: The number for a link that never has a backlog.
        """
        if not self._sent():
            return most  # no driver that counts bytes
        speed = self._slow_speed
        return min(self._taken_at_once if speed is None else int(speed * _PART_SECONDS), most)

    @property
    def chart_seconds(self) -> float:
        """How long a chart stays unchanged, so that the numbers need not wait for it."""
        speed = self._slow_speed
        least = 1 / _MIN_CHARTS if self._owes_time() else _CHART_SECONDS
        return least if speed is None else max(least, _CHART_BYTES / speed)

    @property
    def _slow_speed(self) -> float | None:
        """The speed of a link that was behind not long ago, once it has caught up."""
        return self._speed if self._clock() - self._busy_at <= _MEMORY_SECONDS else None

    def may_draw(self, cells: int, *, sparing: bool = True) -> bool:
        """Whether the terminal has taken everything and no budget is overdrawn.

        If so, counts on a frame being drawn now.

        Args:
            cells: Of the whole screen; the byte budget grows with it.
            sparing: Whether a training needs the processor.
        """
        if not sparing:
            self._processor.forgive()
        if self._backlog() or self._bytes.seconds_owed(self._budget(cells)) > 1.0:
            return False
        if not self._has_time(self._drawn_at, self.rates.least_frames):
            return False
        self._drawn_at = self._clock()
        return True

    def may_draw_digits(self, cells: int) -> bool:
        """Whether the grid is due too, and nothing is owed; if so, counts on it being drawn."""
        now = self._clock()
        since = now - self._digits_at
        is_due = since >= 1 / self.rates.digits - 1 / (2 * self.rates.frames)
        # However much the numbers take, the digits are what people came for.
        owes = self._bytes.seconds_owed(self._budget(cells)) > self.rates.digits_may_owe
        if not is_due or (owes and since < _STARVED_TURNS / self.rates.digits):
            return False
        if not self._has_time(self._digits_at, _MIN_DIGITS):
            return False
        self._digits_at = now
        return True

    def _has_time(self, drawn_at: float, minimum: float) -> bool:
        """Whether the processor's budget is not overdrawn, or the last frame was long ago.

        Args:
            drawn_at: When the last one was drawn.
            minimum: Frames a second that are drawn anyway.
        """
        # Ticks are not exact: half of one too early is in time.
        slack = 1 / (2 * self.rates.frames)
        return not self._owes_time() or self._clock() - drawn_at >= 1 / minimum - slack

    def _owes_time(self) -> bool:
        """Whether the processor's budget is overdrawn."""
        return self._processor.seconds_owed(self._cores * self.rates.processor_share) > 1.0

    def _budget(self, cells: int) -> float:
        """Bytes a second."""
        return max(cells, _MIN_CELLS) * _BYTES_PER_CELL * self.rates.budget_share
