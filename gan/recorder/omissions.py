"""What was left out of a log for want of room or time, and when to say so."""

from __future__ import annotations

from typing import Final

SAY_SECONDS: Final = 10.0
"""From one warning about what was left out to the next."""


_SENTENCES: Final = {
    "rows": "{:,} steps are left out: they came faster than they are written",
    "steps": "{:,} steps are left out: the disk refused the log for too long",
    "grids": "{:,} grids are left out: they came faster than they are written",
    "refused_grids": "{:,} grids are lost: the disk refused them",
}
"""What to say of each kind."""


class Omissions:
    """Counts what was left out, by kind."""

    def __init__(self) -> None:
        """Begin with nothing left out."""
        self._counts = dict.fromkeys(_SENTENCES, 0)
        self._said_at = float("-inf")

    def add(self, *, rows: int = 0, steps: int = 0, grids: int = 0, refused_grids: int = 0) -> None:
        """Add to the counts.

        Args:
            rows: Steps that came while the writer was too far behind.
            steps: Steps that the disk has refused for too long.
            grids: Grids that came while the writer was too far behind.
            refused_grids: Grids that the disk has refused.
        """
        counts = {"rows": rows, "steps": steps, "grids": grids, "refused_grids": refused_grids}
        for kind, count in counts.items():
            self._counts[kind] += count

    def take_sentences(self, now: float, *, is_last: bool = False) -> list[str]:
        """What to say now; nothing if something was said just before.

        Args:
            now: A monotonic clock in seconds.
            is_last: Whether there is no later time to say it.
        """
        if not (is_last or now - self._said_at >= SAY_SECONDS) or not any(self._counts.values()):
            return []
        said = [_SENTENCES[kind].format(n) for kind, n in self._counts.items() if n]
        self._counts = dict.fromkeys(_SENTENCES, 0)
        self._said_at = now
        return said
