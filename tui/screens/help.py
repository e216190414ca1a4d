"""The list of all keys and what they do, made from the bindings themselves."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.model.run_state import MARKS
from tui.screens.overlay import Overlay
from tui.style.styles import QUIET, STRONG, TEXT
from tui.style.themes import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.app import ComposeResult

    from tui.style.themes import ColorTheme

_KEY_NAMES = {
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "slash": "/",
}
"""Textual's names of keys, and their labels on a keyboard."""

_ROOMY_COLUMNS = 70
"""Minimum width for the names of the bindings next to their sentences."""


class HelpScreen(Overlay[None]):
    """A list of keys over another screen, which keeps updating."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,q",
            "dismiss",
            "Close",
            id="close-help",
            tooltip="Close this list.",
        ),
    ]

    def __init__(
        self,
        bindings: Iterable[Binding],
        marks: Mapping[str, str] = MappingProxyType(MARKS),
        *,
        can_remap: bool = True,
        note: str = "",
    ) -> None:
        """List bindings.

        Args:
            bindings: The keys.
            marks: The signs on the chart's axis and what they mean; empty for a chart without.
            can_remap: Whether the keys can be remapped by their names.
            note: What is said first, such as why some keys are not in the list.
        """
        super().__init__()
        self._described, self._marks = list(bindings), marks
        self._can_remap, self._note = can_remap, note

    def compose(self) -> ComposeResult:
        """One entry for each binding."""
        theme = theme_of(self.app.theme)
        is_roomy = self._can_remap and self.app.size.width >= _ROOMY_COLUMNS
        with VerticalScroll(id="list"):
            keys, ids = _widths(help_rows(self._described))
            keys = min(keys, self.app.size.width // 4)
            if self._note:
                yield Static(self._note, id="note", markup=False)
            for group, bindings in grouped(self._described).items():
                yield Static(group, classes="group", markup=False)
                yield Static(_table(help_rows(bindings), theme, keys, ids if is_roomy else 0))
            if self._marks:
                yield Static("Marks on the chart's axis", classes="group", markup=False)
                yield Static(_table(_mark_rows(self._marks), theme, keys, 0))
            names = "Remap keys in keys.toml by the names at the right. " if is_roomy else ""
            yield Static(f"{names}escape closes", id="hint", markup=False)


def grouped(bindings: Iterable[Binding]) -> dict[str, list[Binding]]:
    """The bindings by group, in the order in which the groups first appear."""
    groups: dict[str, list[Binding]] = {}
    for binding in bindings:
        name = binding.group.description if binding.group else "Keys"
        groups.setdefault(name, []).append(binding)
    return groups


def _mark_rows(marks: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(mark, "", f"{meaning}.".capitalize()) for mark, meaning in marks.items()]


def _widths(rows: Iterable[tuple[str, str, str]]) -> tuple[int, int]:
    """The columns of the longest keys and of the longest id."""
    keys, ids, _ = zip(*rows, strict=True)
    return max(map(len, keys)), max(map(len, ids))


def _table(
    rows: Iterable[tuple[str, str, str]], theme: ColorTheme, keys_width: int, ids_width: int
) -> Table:
    """Keys, sentences and, if `ids_width` is not 0, ids in columns."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style=theme.style(STRONG), width=keys_width)
    table.add_column(style=theme.style(TEXT), ratio=1)
    if ids_width:
        table.add_column(style=theme.style(QUIET), no_wrap=True, width=ids_width)
    for keys, id_, sentence in rows:
        cells = Text(keys), Text(sentence), Text(id_)
        table.add_row(*cells[: len(table.columns)])
    return table


def key_name(key: str) -> str:
    """The label of a key on a keyboard."""
    return _KEY_NAMES.get(key, key)


def help_rows(bindings: Iterable[Binding]) -> list[tuple[str, str, str]]:
    """Keys, id and sentence of each binding with an id; those with equal sentences are merged."""
    rows: dict[tuple[str, str], list[str]] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id:
            rows.setdefault((binding.id, binding.tooltip), []).append(key_name(binding.key))
    return [(", ".join(keys), id_, sentence) for (id_, sentence), keys in rows.items()]
