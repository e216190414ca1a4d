"""Every key and what it does, made from the bindings themselves so that it cannot be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.model.run_state import MARKS
from tui.style.styles import QUIET, STRONG, TEXT
from tui.style.themes import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
"""Keys that Textual spells out, as they are printed on a keyboard."""

_ROOMY_COLUMNS = 70
"""From here on there is room for the names of the bindings beside their sentences."""


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
        look, is_roomy = theme_of(self.app.theme), self.app.size.width >= _ROOMY_COLUMNS
        with VerticalScroll(id="list"):
            keys, ids = _widths(help_rows(self._bindings_told))
            keys = min(keys, self.app.size.width // 4)
            for group, bindings in grouped(self._bindings_told).items():
                yield Static(group, classes="group", markup=False)
                yield Static(_table(help_rows(bindings), look, keys, ids if is_roomy else 0))
            yield Static("Signs on the chart's axis", classes="group", markup=False)
            signs = [(sign, "", f"{meaning}.".capitalize()) for sign, meaning in MARKS.items()]
            yield Static(_table(signs, look, keys, 0))
            names = "The names at the right are for keys.toml. " if is_roomy else ""
            yield Static(f"{names}escape closes", id="hint")


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


def _table(
    rows: Iterable[tuple[str, str, str]], look: ColorTheme, keys_width: int, ids_width: int
) -> Table:
    """Keys, sentences and, with a width, ids in columns."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style=look.style(STRONG), width=keys_width)
    table.add_column(style=look.style(TEXT), ratio=1)
    if ids_width:
        table.add_column(style=look.style(QUIET), no_wrap=True, width=ids_width)
    for keys, id_, sentence in rows:
        told = Text(keys), Text(sentence), Text(id_)
        table.add_row(*told[: len(table.columns)])
    return table


def key_name(key: str) -> str:
    """A key as it is printed on a keyboard."""
    return _KEY_NAMES.get(key, key)


def help_rows(bindings: Iterable[Binding]) -> list[tuple[str, str, str]]:
    """Keys, id and sentence of each binding that has an id, those that say the same together."""
    rows: dict[tuple[str, str], list[str]] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id:
            rows.setdefault((binding.id, binding.tooltip), []).append(key_name(binding.key))
    return [(", ".join(keys), id_, sentence) for (id_, sentence), keys in rows.items()]
