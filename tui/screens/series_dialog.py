"""The dialog of `c`: which series of a recorded run the chart shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import set_cell_size
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from tui.model.charted import MAX_CHARTED, label, series_names
from tui.render import numbers
from tui.render.fitting import shortened
from tui.screens.overlay import Overlay
from tui.series.named import newest_logged

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.app import ComposeResult

    from tui.model.run_state import RunState

_CHOSEN: Final = "●"
_NAME_CELLS: Final = 26
_ROWS_AROUND: Final = 7
"""Rows of the dialog besides its list."""

_HINT: Final = "space adds or takes away, c closes"
_FULL: Final = f"at most {MAX_CHARTED}: take one away first"


class SeriesList(OptionList):
    """Names to choose from, of any number."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", show=False)]

    def action_page_up(self) -> None:
        """Move up by a page, once there is a page."""
        if self.size.height:
            super().action_page_up()  # type: ignore[no-untyped-call]  # untyped in Textual

    def action_page_down(self) -> None:
        """Move down by a page, once there is a page."""
        if self.size.height:
            super().action_page_down()  # type: ignore[no-untyped-call]  # untyped in Textual


class SeriesDialog(Overlay[tuple[str, ...]]):
    """Returns the names of the series that were chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c,escape,q",
            "choose",
            "Close",
            id="close-series",
            tooltip="Close this list and chart what is chosen.",
        ),
    ]

    def __init__(self, run: RunState, chosen: Collection[str]) -> None:
        """List the series that a run has now.

        Args:
            run: The run.
            chosen: The names of those that the chart shows.
        """
        super().__init__()
        self._run, self._names = run, series_names(run)
        self._chosen = {name for name in self._names if name in chosen}

    def compose(self) -> ComposeResult:
        """The series with their newest values."""
        labels = shortened([label(name) for name in self._names], _NAME_CELLS)
        self._labels = dict(zip(self._names, labels, strict=True))
        with Vertical(id="question"):
            yield Static("Which series does the chart show?", id="title", markup=False)
            yield SeriesList(*map(self._prompt, self._names), id="series", compact=True)
            if self._run.series.left_out:
                more = f"{self._run.series.left_out:,} more were logged, which are not kept"
                yield Static(more, id="left-out", markup=False)
            yield Static(_HINT, id="hint", markup=False)

    def on_resize(self) -> None:
        """Leave room for what stands around the list."""
        rows = max(self.size.height - _ROWS_AROUND, 1)
        self.query_one(SeriesList).styles.max_height = rows

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Add a series to the chart, or take it away."""
        name = self._names[event.option_index]
        is_refused = name not in self._chosen and len(self._chosen) == MAX_CHARTED
        if not is_refused:
            self._chosen ^= {name}
            event.option_list.replace_option_prompt_at_index(event.option_index, self._prompt(name))
        self.query_one("#hint", Static).update(_FULL if is_refused else _HINT)

    def action_choose(self) -> None:
        """Close with what is chosen."""
        self.dismiss(tuple(name for name in self._names if name in self._chosen))

    def _prompt(self, name: str) -> Content:
        newest = newest_logged(self._run.series.columns[name], 1)
        value = numbers.loss(float(newest[0])) if len(newest) else numbers.UNKNOWN
        sign = _CHOSEN if name in self._chosen else " "
        return Content(f" {sign} {set_cell_size(self._labels[name], _NAME_CELLS)} {value:>5}")
