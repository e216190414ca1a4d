"""How often the screen is drawn: a rate for the link, a budget of bytes, and no frame on a backlog.

A link that takes less than it is given falls behind, and what it shows then is old. So frames are
left out, never queued: the next one shows the newest state. Apart from the application because it
is arithmetic over a clock and a count of bytes, and is tested as that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BYTES_PER_CELL: Final = 9.5
"""A second: 46 kB/s at 120x40, 114 kB/s at 200x60, with room for what a key makes."""

_LEAST_CELLS: Final = 3_600
"""A smaller screen gets as much as one of these: its numbers take no less."""

_STARVED_TURNS: Final = 5
"""How many grids may be left out for the numbers' sake."""

_REMOTE_SHARE: Final = 0.38
"""Of that over SSH, where the socket's buffers hide how far the link is behind."""

_PART_SECONDS: Final = 0.15
_MEMORY_SECONDS: Final = 10.0
"""How long a link that was once behind is not trusted."""

_MOST_SECONDS_OWED: Final = 2.0

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


def rates_for(environ: Mapping[str, str], fps: float | None) -> Rates:
    """The rates for a link: as chosen, slower over SSH, else what a person can follow."""
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    share = _REMOTE_SHARE if remote else 1.0
    if fps is not None:
        return Rates(fps, max(fps * _DIGITS_PER_FRAME, 0.5), share, 0.0 if remote else 0.5)
    return Rates(4.0, 1.0, share, 0.0) if remote else Rates(10.0, 2.0)


class Governor:
    """Says when to draw. It knows only what was sent, and when."""

    def __init__(
        self,
        rates: Rates,
        *,
        clock: Callable[[], float],
        sent: Callable[[], int],
        backlog: Callable[[], int],
    ) -> None:
        """Begin with nothing owed.

        Args:
            rates: For the link.
            clock: Seconds from any moment on.
            sent: Bytes given to the terminal so far.
            backlog: Writes that the terminal has not taken yet.
        """
        self.rates = rates
        self._clock, self._sent, self._backlog = clock, sent, backlog
        self._settled_at, self._settled = clock(), sent()
        self._debt = 0.0
        """Bytes sent beyond the budget so far."""

        self._digits_at = float("-inf")
        self._idle_at, self._idle_sent = self._settled_at, self._settled
        self._busy_at = float("-inf")
        self._speed = float("inf")
        """Bytes a second that the terminal took when it last was behind."""

    def observe(self) -> None:
        """Look at how fast the terminal takes what it is given; to be called often."""
        now, sent = self._clock(), self._sent()
        if self._backlog():
            self._busy_at = now
        elif self._busy_at > self._idle_at:
            # From the last look at a terminal that had taken everything to this one.
            self._speed = (sent - self._idle_sent) / (now - self._idle_at)
        if not self._backlog():
            self._idle_at, self._idle_sent = now, sent

    def part(self, most: int) -> int:
        """How many bytes to send at once: as many as the link takes while a person waits.

        Args:
            most: Of a link that is never seen to wait.
        """
        if self._clock() - self._busy_at > _MEMORY_SECONDS:
            return most
        return min(int(self._speed * _PART_SECONDS), most)

    def may_draw(self, cells: int) -> bool:
        """Whether the terminal has taken what it was given, and a second's budget is not overdrawn.

        Args:
            cells: Of the whole screen; its budget grows with it.
        """
        if self._backlog():
            return False
        return self._settle(cells) <= self._budget(cells)

    def may_draw_digits(self, cells: int) -> bool:
        """Whether the grid's turn has come too, and nothing is owed; if so, it is taken."""
        now = self._clock()
        since = now - self._digits_at
        is_due = since >= 1 / self.rates.digits - 1 / (2 * self.rates.frames)
        # However much the numbers take, the digits are what people came for.
        owes = self._settle(cells) > self._budget(cells) * self.rates.digits_may_owe
        if not is_due or (owes and since < _STARVED_TURNS / self.rates.digits):
            return False
        self._digits_at = now
        return True

    def _budget(self, cells: int) -> float:
        return max(cells, _LEAST_CELLS) * _BYTES_PER_CELL * self.rates.budget_share

    def _settle(self, cells: int) -> float:
        """Pay the time that has passed; returns what is owed."""
        now, sent = self._clock(), self._sent()
        paid = (now - self._settled_at) * self._budget(cells)
        owed = max(self._debt + sent - self._settled - paid, 0.0)
        # Else the screen would stand still for long after a dialog or a whole repaint.
        self._debt = min(owed, _MOST_SECONDS_OWED * self._budget(cells))
        self._settled_at, self._settled = now, sent
        return self._debt
