"""Every key and what it does, made from the bindings themselves so that it cannot be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.theme import QUIET, STRONG, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult

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
}
"""Keys that Textual spells out, as they are printed on a keyboard."""


class HelpScreen(ModalScreen[None]):
    """A list of keys over the dashboard, which goes on beneath."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,q",
            "dismiss",
            "Close",
            id="close-help",
            tooltip="Close this list.",
        ),
    ]

    def __init__(self, bindings: Iterable[Binding]) -> None:
        super().__init__()
        self._bindings_told = list(bindings)

    def compose(self) -> ComposeResult:
        """One entry for each binding."""
        with VerticalScroll(id="list"):
            widths = _widths(help_rows(self._bindings_told))
            for group, bindings in grouped(self._bindings_told).items():
                yield Static(group, classes="group", markup=False)
                yield Static(_table(help_rows(bindings), *widths))
            yield Static("The names at the right are for keys.toml. escape closes", id="hint")


def grouped(bindings: Iterable[Binding]) -> dict[str, list[Binding]]:
    """The bindings by what they are about, in the order in which the groups first come."""
    groups: dict[str, list[Binding]] = {}
    for binding in bindings:
        name = binding.group.description if binding.group else "Keys"
        groups.setdefault(name, []).append(binding)
    return groups


def _widths(rows: Iterable[tuple[str, str, str]]) -> tuple[int, int]:
    """The columns that the longest keys and the longest id take."""
    keys, ids, _ = zip(*rows, strict=True)
    return max(map(len, keys)), max(map(len, ids))


def _table(rows: Iterable[tuple[str, str, str]], keys_width: int, ids_width: int) -> Table:
    """Keys, sentences and ids in columns; only a sentence is broken into lines."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style=STRONG, no_wrap=True, width=keys_width)
    table.add_column(style=TEXT, ratio=1)
    table.add_column(style=QUIET, no_wrap=True, width=ids_width)
    for keys, id_, sentence in rows:
        table.add_row(Text(keys), Text(sentence), Text(id_))
    return table


def help_rows(bindings: Iterable[Binding]) -> list[tuple[str, str, str]]:
    """Keys, id and sentence of each binding that has an id, those of one id together."""
    rows: dict[str, tuple[list[str], str]] = {}
    for binding in bindings:
        if binding.id:
            keys, _ = rows.setdefault(binding.id, ([], binding.tooltip))
            keys.append(_KEY_NAMES.get(binding.key, binding.key))
    return [(", ".join(keys), id_, sentence) for id_, (keys, sentence) in rows.items()]
