"""All settings that differ, and all notes, in as many rows as they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from gan.events import Severity
from gan.text.safe_text import LINE_LIMIT, safe_text
from tui.render.fitting import clipped
from tui.style.styles import FAINT, LEVELS, QUIET, STRONG, TEXT
from tui.widgets.comparison_table import LEAST_NAME, run_style
from tui.widgets.comparison_view import ComparisonPart
from tui.widgets.rows import Piece, row, wrapped

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui.model.comparison import ComparisonScene

_WARNING: Final = LEVELS[Severity.WARNING]
_GAP: Final = 2


class DifferenceList(ComparisonPart):
    """Settings in a table, notes below it; rows above `offset` are scrolled out of sight."""

    _offset = 0

    def scroll_rows(self, by: int) -> None:
        """Show later or earlier rows."""
        rows = len(difference_rows(self._scene, max(self.size.width, 1)))
        self._offset = min(max(self._offset + by, 0), max(rows - self.size.height, 0))
        self.redraw()

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """The rows from the offset on, the last with how many are left."""
        rows = difference_rows(scene, width)[self._offset :]
        if len(rows) <= height:
            return rows
        more = f" {len(rows) - height + 1} more rows: down"
        return [*rows[: height - 1], row([(more, FAINT)], width)]


def difference_rows(scene: ComparisonScene, width: int) -> list[Strip]:
    """Every setting that differs, and every note."""
    rows = [row([(" What differs", STRONG)], width), *_table(scene, width)]
    rows += _legend(scene, width)
    if scene.notes:
        rows += [row([], width), row([(" Notes", STRONG)], width)]
    for note in scene.notes:
        lines = wrapped(safe_text(note, LINE_LIMIT), max(width - 3, 1))
        for index, line in enumerate(lines):
            rows.append(row([("   " if index else " ! ", _WARNING), (line, TEXT)], width))
    return rows


def _legend(scene: ComparisonScene, width: int) -> list[Strip]:
    """The names of the runs in full, if one of them may be cut in the tables."""
    names = [safe_text(run.description.name, LINE_LIMIT) for run in scene.runs]
    if max(map(cell_len, names), default=0) <= LEAST_NAME:
        return []
    rows = [row([], width), row([(" Runs", STRONG)], width)]
    for place, name in enumerate(names):
        for index, line in enumerate(wrapped(name, max(width - 3, 1))):
            mark = " " * 3 if index else f" {scene.marks[place]} "
            rows.append(row([(mark, run_style(place)), (line, TEXT)], width))
    return rows


def _table(scene: ComparisonScene, width: int) -> list[Strip]:
    if not scene.settings:
        return [row([(" no setting of config.json differs", QUIET)], width)]
    names = [safe_text(one.name) for one in scene.settings]
    label = min(max(map(cell_len, names)), max(width // 3, 1))
    cells = max((width - 1 - label - _GAP) // len(scene.runs) - _GAP, 1)
    heads: list[Piece] = [(" " * (1 + label + _GAP), FAINT)]
    for place, mark in enumerate(scene.marks):
        name = f"{mark} {safe_text(scene.runs[place].description.name)}"
        heads.append((_padded(name, cells), run_style(place)))
    rows = [row(heads, width)]
    for name, one in zip(names, scene.settings, strict=True):
        pieces: list[Piece] = [(f" {_padded(name, label)}", QUIET)]
        pieces += [(_padded(safe_text(text), cells), TEXT) for text in one.texts]
        rows.append(row(pieces, width))
    return rows


def _padded(text: str, cells: int) -> str:
    short = clipped(text, cells)
    return short + " " * (cells - cell_len(short) + _GAP)
