"""How often the screen is drawn: a rate for the link, budgets, and no frame on a backlog.

A link that takes less than it is given falls behind, and what it shows then is old. So frames are
left out, never queued: the next one shows the newest state. What the screen takes of the processor
it takes from the training, where that has no GPU: so this has a budget as the bytes have. Apart
from the application because it is arithmetic over a clock and two counts, and is tested as that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BYTES_PER_CELL: Final = 9.0
"""A second: 43 kB/s at 120x40, 108 kB/s at 200x60, with room for what a key makes."""

_LEAST_CELLS: Final = 3_600
"""A smaller screen gets as much as one of these: its numbers take no less."""

_STARVED_TURNS: Final = 5
"""How many grids may be left out for the numbers' sake."""

_REMOTE_SHARE: Final = 0.36
"""Of that over SSH, where the socket's buffers hide how far the link is behind."""

_TICK_SECONDS: Final = 0.01
_PART_SECONDS: Final = 0.15
_LULL_SECONDS: Final = 0.5
"""A terminal that is behind again within this was behind all the time, to its speed."""

_WINDOW_SECONDS: Final = 4.0
"""The longest time that a speed is taken over: what buffers swallow counts little in it."""

_CHART_SECONDS: Final = 0.5
_CHART_BYTES: Final = 18_000
"""A new chart takes a third of this, and no more than a third of a link."""

_MEMORY_SECONDS: Final = 10.0
"""How long a link that was once behind is not trusted."""

_FIRST_PART: Final = 4_000
"""Bytes for a link of which nothing is known; as many again for each time that it took them."""

_MOST_SECONDS_OWED: Final = 2.0

_PROCESSOR_SHARE: Final = 0.012
"""Of all the machine's cores together, for drawing."""

_LEAST_FRAMES: Final = 4.0
_LEAST_DIGITS: Final = 1.0
"""Frames a second that are drawn however much of the processor they take."""

_DIGITS_PER_FRAME: Final = 0.2
"""Grids for each frame of the numbers where a person chose the rate."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often what is drawn, in frames a second."""

    frames: float
    """Numbers and charts."""

    digits: float
    """The grid of digits, and films of it at four times this."""

    budget_share: float = 1.0
    """Of the bytes that a local terminal gets."""

    digits_may_owe: float = 0.5
    """Seconds of the budget that may be owed when a grid's turn comes."""

    processor_share: float = _PROCESSOR_SHARE
    """Of the machine's cores."""


def rates_for(environ: Mapping[str, str], fps: float | None) -> Rates:
    """The rates for a link: as chosen, slower over SSH, else what a person can follow."""
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    share = _REMOTE_SHARE if remote else 1.0
    if fps is not None:
        # Whoever chose a rate gets it, whatever it takes.
        return Rates(fps, max(fps * _DIGITS_PER_FRAME, 0.5), share, 0.0 if remote else 0.5, 1.0)
    return Rates(4.0, 1.0, share, 0.0) if remote else Rates(10.0, 2.0)


class Allowance:
    """So much a second of something; what is used beyond it is owed, and paid off by waiting."""

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
        """How long nothing more may be used, at so much a second, until all is paid."""
        now, used = self._clock(), self._used()
        owed = self._owed + used - self._settled - (now - self._settled_at) * per_second
        # Else the screen would stand still for long after a dialog or a whole repaint.
        self._owed = min(max(owed, 0.0), _MOST_SECONDS_OWED * per_second)
        self._settled_at, self._settled = now, used
        return self._owed / per_second

    def forgive(self) -> None:
        """Owe nothing from now on."""
        self._settled_at, self._settled, self._owed = self._clock(), self._used(), 0.0


class Pacing:
    """Says when to draw. It knows only what was used, and when."""

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
            cores: How many there are.
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
        """Bytes that the terminal is known to take without being seen to wait."""

        self._speed: float | None = None
        """Bytes a second that the terminal took when it last was behind, if it ever was."""

    def observe(self) -> None:
        """ColorTheme at how fast the terminal takes what it is given; to be called often."""
        now, sent = self._clock(), self._sent()
        if self._backlog():
            if now - self._busy_at > _LULL_SECONDS:
                self._behind_since, self._behind_from = self._idle_at, self._idle_sent
            self._busy_at = now
            return
        if self._busy_at > self._idle_at:
            # The speed while it was behind, with the buffers between that were filled at once.
            taken, seconds = sent - self._behind_from, now - self._behind_since
            self._speed = max(taken, 1) / max(seconds, _TICK_SECONDS)
            if now - self._behind_since > _WINDOW_SECONDS:
                self._behind_since = (self._behind_since + now) / 2
                self._behind_from = (self._behind_from + sent) // 2
        elif sent - self._idle_sent >= self._taken_at_once // 2:
            self._taken_at_once *= 2
        self._idle_at, self._idle_sent = now, sent

    def part(self, most: int) -> int:
        """How many bytes to send at once: as many as the link takes while a person waits.

        Args:
            most: Of a link that is never seen to wait.
        """
        if not self._sent():
            return most  # a terminal whose bytes nobody counts
        speed = self._slow_speed
        return min(self._taken_at_once if speed is None else int(speed * _PART_SECONDS), most)

    @property
    def chart_seconds(self) -> float:
        """How long a chart stays, so that the numbers beside it need not wait for it."""
        speed = self._slow_speed
        return _CHART_SECONDS if speed is None else max(_CHART_SECONDS, _CHART_BYTES / speed)

    @property
    def _slow_speed(self) -> float | None:
        """Of a link that was behind not long ago, once it has caught up."""
        return self._speed if self._clock() - self._busy_at <= _MEMORY_SECONDS else None

    def may_draw(self, cells: int, *, sparing: bool = True) -> bool:
        """Whether the terminal has taken what it was given, and no budget is overdrawn.

        If so, it is taken that a frame is drawn.

        Args:
            cells: Of the whole screen; its budget of bytes grows with it.
            sparing: Whether there is a training that wants the processor.
        """
        if not sparing:
            self._processor.forgive()
        if self._backlog() or self._bytes.seconds_owed(self._budget(cells)) > 1.0:
            return False
        if not self._has_time(self._drawn_at, _LEAST_FRAMES):
            return False
        self._drawn_at = self._clock()
        return True

    def may_draw_digits(self, cells: int) -> bool:
        """Whether the grid's turn has come too, and nothing is owed; if so, it is taken."""
        now = self._clock()
        since = now - self._digits_at
        is_due = since >= 1 / self.rates.digits - 1 / (2 * self.rates.frames)
        # However much the numbers take, the digits are what people came for.
        owes = self._bytes.seconds_owed(self._budget(cells)) > self.rates.digits_may_owe
        if not is_due or (owes and since < _STARVED_TURNS / self.rates.digits):
            return False
        if not self._has_time(self._digits_at, _LEAST_DIGITS):
            return False
        self._digits_at = now
        return True

    def _has_time(self, before: float, least: float) -> bool:
        """Whether the processor's budget is not overdrawn, or it was long ago that one was drawn.

        Args:
            before: When that was.
            least: Frames a second that are drawn anyway.
        """
        owed = self._processor.seconds_owed(self._cores * self.rates.processor_share)
        # Ticks are not exact: half of one too early is in time.
        return owed <= 1.0 or self._clock() - before >= 1 / least - 1 / (2 * self.rates.frames)

    def _budget(self, cells: int) -> float:
        """Bytes a second."""
        return max(cells, _LEAST_CELLS) * _BYTES_PER_CELL * self.rates.budget_share
