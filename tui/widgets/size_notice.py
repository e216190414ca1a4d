"""What a terminal too small for the dashboard shows: the size that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.theme import TEXT
from tui.widgets.rows import row
from tui.widgets.state_view import StateView

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.state import RunState


class SizeNotice(StateView):
    """One line; the run goes on behind it, and the keys work."""

    def __init__(self, columns: int, rows: int, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._needed = f"needs {columns}x{rows}"

    def parts(self, state: RunState) -> tuple[object, ...]:
        """Nothing of the run."""
        del state
        return ()

    def draw(self, state: RunState, width: int, height: int) -> list[Strip]:
        """The line, in the middle where there is one."""
        del state
        told = f"{self._needed}, has {width}x{height}"
        fit = [text for text in (f"{told}; q quits", told) if len(text) <= width]
        text = fit[0] if fit else self._needed
        blank = row([], width)
        return [*[blank] * ((height - 1) // 2), row([(text.center(width), TEXT)], width)]
