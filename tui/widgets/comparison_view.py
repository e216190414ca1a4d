"""The parts of a comparison's screen: each draws its rows from a `ComparisonScene`."""

from __future__ import annotations

from tui.model.comparison import ComparisonScene
from tui.widgets.scene_view import RowsView


class ComparisonPart(RowsView[ComparisonScene]):
    """Draws part of a comparison. Subclasses say how."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(ComparisonScene(), id=id)
