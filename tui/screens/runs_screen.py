"""The table of runs on the whole screen: a title, the table, a filter, what is known of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.screen import Screen
from textual.widgets import Input

from gan.text.safe_text import safe_text
from tui.render.fitting import clipped
from tui.style.styles import FAILED, QUIET, STRONG, TEXT
from tui.widgets.key_bar import KeyBar
from tui.widgets.rows import wrapped
from tui.widgets.run_table import RunTable, TextRows, detail

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.model.run_list import RunList
    from tui.widgets.rows import Piece

_PROGRAM: Final = " gan-tui runs "


class RunsScreen(Screen[None]):
    """Shows a list of runs. The app changes it."""

    def __init__(self, folder: str) -> None:
        """Show nothing yet.

        Args:
            folder: The path of the folder of runs.
        """
        super().__init__()
        self._folder = safe_text(folder)
        self._list: RunList | None = None
        self._trouble = ""
        self._heading, self._titles = TextRows(id="heading"), TextRows(id="columns")
        self.table = RunTable(id="table")
        self._detail = TextRows(id="detail")
        hint = "a word in the name, state, preset or data"
        self._filter = Input(placeholder=hint, id="filter", compact=True)

    def compose(self) -> ComposeResult:
        """The parts, from the top."""
        yield from (self._heading, self._titles, self.table, self._detail, self._filter)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Begin without a filter and with the focus on the table."""
        self._filter.display = False
        self.table.focus()
        self._draw()

    def on_resize(self) -> None:
        """Lay the rows out for the new width, once the table has it."""
        self.call_after_refresh(self._draw)

    @property
    def is_filtering(self) -> bool:
        """Whether the filter is open."""
        return bool(self._filter.display)

    def show(self, list_: RunList, trouble: str) -> None:
        """Show this list from now on.

        Args:
            list_: The runs.
            trouble: Why the folder can't be read now; empty if it can.
        """
        self._list, self._trouble = list_, trouble
        if self.is_mounted:
            self._draw()

    def open_filter(self) -> None:
        """Let the person type."""
        self._filter.display = True
        # At once: `Input.focus` would wait, and keys that come fast would act on the table.
        self.set_focus(self._filter)

    @property
    def text(self) -> str:
        """What was typed; empty if the filter is closed, also if a key comes late."""
        return self._filter.value if self.is_filtering else ""

    @property
    def is_typing(self) -> bool:
        """Whether keys are text."""
        return self.focused is self._filter

    def close_filter(self) -> None:
        """Remove the filter, and return to the table."""
        self._filter.value, self._filter.display = "", False
        self.set_focus(self.table)

    def on_input_submitted(self) -> None:
        """Keep the filter and return to the table."""
        self.set_focus(self.table)

    def _draw(self) -> None:
        list_, width = self._list, self.size.width
        count = f" {_count(list_) if list_ else 'looking'} "
        room = width - len(_PROGRAM) - 1 - len(count)
        name = [(_PROGRAM, STRONG), (f" {clipped(self._folder, room)}", QUIET)]
        self._heading.show((name, [(count, TEXT)]))
        if list_ is None:
            return
        self.table.show(list_)
        self._titles.show((self.table.titles if list_.shown else [], []))
        self._detail.show(*((row, []) for row in self._rows(list_, width)))

    def _rows(self, list_: RunList, width: int) -> list[list[Piece]]:
        """The two rows below the table."""
        if self._trouble:
            lines = wrapped(safe_text(self._trouble), max(width - 2, 1))
            return [[(f" {line}", FAILED)] for line in lines]
        if list_.current is not None:
            return detail(list_.current, width)
        if list_.runs:
            return [[(f" No run matches {safe_text(list_.text)!r}. escape shows all.", TEXT)]]
        return [[(" No runs here yet. Start one with gan-tui.", TEXT)]]


def _count(list_: RunList) -> str:
    """How many runs there are, are shown, live and are marked."""
    total, shown = len(list_.runs), len(list_.shown)
    live = sum(run.is_live for run in list_.runs)
    runs = f"{total:,} run{'' if total == 1 else 's'}"
    parts = [runs if shown == total else f"{shown:,} of {runs}"]
    parts += [f"{live:,} live"] if live else []
    parts += [f"{len(list_.marked):,} marked"] if list_.marked else []
    return ", ".join(parts)
