"""The head of a comparison: one row for each run with its figures, and what differs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len
from rich.style import Style

from gan.events import Severity
from gan.text.safe_text import safe_text
from gan.text.wording import clock
from tui.model.compared_run import figures_of, is_quality_comparable
from tui.render import numbers
from tui.render.fitting import clipped, fit, shortened
from tui.render.palette import RUN_COLORS
from tui.style.styles import DONE, FAINT, LEVELS, QUIET, RUNNING, STRONG, TEXT
from tui.widgets.comparison_view import ComparisonPart
from tui.widgets.rows import Piece, length, row, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from gan.run_facts.comparison import Difference, Figures
    from tui.model.compared_run import ComparedRun
    from tui.model.comparison import ComparisonScene

_WARNING: Final = LEVELS[Severity.WARNING]
LEAST_NAME: Final = 16
"""Cells of the names, if they are that long, that no column of figures takes."""

_GAP: Final = 2
_STATE: Final = "state"
_INCOMPARABLE: Final = "≠"


class _Column(NamedTuple):
    """Figures of all runs under a heading."""

    head: str
    cells: Sequence[Piece]

    @property
    def width(self) -> int:
        """Cells of the widest text."""
        return max([cell_len(self.head), *(cell_len(text) for text, _ in self.cells)])

    def padded(self, text: str) -> str:
        """A text after the gap in as many cells: words from the left, numbers from the right."""
        blank, gap = " " * (self.width - cell_len(text)), " " * _GAP
        return gap + text + blank if self.head == _STATE else gap + blank + text


def run_style(place: int) -> Style:
    """The colour of a run."""
    return Style(color=RUN_COLORS[place % len(RUN_COLORS)], bold=True)


class ComparisonTitle(ComparisonPart):
    """The top row."""

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """The one row."""
        del height
        return [_title(scene, width)]


class ComparisonTable(ComparisonPart):
    """A row for each run, what differs, and the first note."""

    def draw(self, scene: ComparisonScene, width: int, height: int) -> list[Strip]:
        """The rows."""
        del height
        return [
            *_table(scene, width),
            row(_differences(scene.settings, width), width),
            row(_notes(scene.notes, width), width),
        ]


def _title(scene: ComparisonScene, width: int) -> Strip:
    """The program, how far the logs are read, and how many runs are live."""
    shares = [run.share for run in scene.runs]
    right: list[Piece] = []
    if shares and min(shares) < 1:
        right = [(f"reading logs {math.floor(100 * sum(shares) / len(shares))}%  ", RUNNING)]
    live = sum(run.is_live for run in scene.runs)
    right += [(f"{live} live ", DONE)] if live else [("no run is live ", QUIET)]
    left: list[Piece] = [(" gan-tui ", STRONG), (f" comparing {len(scene.runs)} runs", TEXT)]
    return spread(left, right, width)


def _table(scene: ComparisonScene, width: int) -> list[Strip]:
    """The heading and a row for each run; columns that don't fit are left out."""
    columns = _columns(scene.runs)
    names = [safe_text(run.description.name) for run in scene.runs]
    wanted = max([len("run"), *map(cell_len, names)])
    room = width - 3 - min(wanted, LEAST_NAME)
    chosen = [
        column
        for column, [size] in zip(
            columns, ([form] for form in _fitting(columns, room)), strict=True
        )
        if size
    ]
    taken = sum(column.width + _GAP for column in chosen)
    name_cells = min(wanted, width - 3 - taken)
    heads: list[Piece] = [(f"   {'run':<{name_cells}}", FAINT)]
    heads += [(column.padded(column.head), FAINT) for column in chosen]
    rows = [row(heads, width)]
    for place, short in enumerate(shortened(names, name_cells)):
        padded = short + " " * (name_cells - cell_len(short))
        pieces: list[Piece] = [(f" {scene.marks[place]} ", run_style(place)), (padded, TEXT)]
        for column in chosen:
            text, style = column.cells[place]
            pieces.append((column.padded(text), style))
        rows.append(row(pieces, width))
    return rows


def _fitting(columns: Sequence[_Column], room: int) -> list[int]:
    """The cells of each column that fits, 0 for the others; the first columns come first."""
    order = sorted(range(len(columns)), key=lambda place: _IMPORTANCE.index(columns[place].head))
    sizes = fit([[0, columns[place].width + _GAP] for place in order], room, int)
    found = dict(zip(order, sizes, strict=True))
    return [found[place] for place in range(len(columns))]


_IMPORTANCE: Final = (_STATE, "step", "FD", "best", "D", "G", "at step", "time", "images/s", "of")


def _columns(runs: Sequence[ComparedRun]) -> list[_Column]:
    figures = [figures_of(run) for run in runs]
    fd = "" if is_quality_comparable(runs) else _INCOMPARABLE
    steps = [numbers.brief_step(one.step) for one in figures]
    best = _best(figures) if not fd else None
    return [
        _Column(_STATE, [_state(run) for run in runs]),
        _Column("step", [(step, TEXT) for step in steps]),
        _Column("of", [(_optional_step(one.total_steps or None), QUIET) for one in figures]),
        _Column("D", [(_loss(one.d_loss), TEXT) for one in figures]),
        _Column("G", [(_loss(one.g_loss), TEXT) for one in figures]),
        _Column("FD", [(fd + numbers.figure(one.fd, 2), TEXT) for one in figures]),
        _Column(
            "best",
            [
                (fd + numbers.figure(one.best_fd, 2), DONE if place == best else TEXT)
                for place, one in enumerate(figures)
            ],
        ),
        _Column("at step", [(_optional_step(one.best_fd_step), QUIET) for one in figures]),
        _Column("images/s", [(numbers.rate(one.images_per_second), QUIET) for one in figures]),
        _Column("time", [(_time(one.train_seconds), QUIET) for one in figures]),
    ]


def _best(figures: Sequence[Figures]) -> int | None:
    """The place of the run with the smallest best distance."""
    known = [place for place, one in enumerate(figures) if math.isfinite(one.best_fd)]
    return min(known, key=lambda place: figures[place].best_fd, default=None)


def _state(run: ComparedRun) -> Piece:
    words = run.state or "reading"
    return (safe_text(words, 20), DONE if run.is_live else QUIET)


def _loss(value: float) -> str:
    return numbers.UNKNOWN if math.isnan(value) else numbers.loss(value).strip()


def _time(seconds: float) -> str:
    return clock(seconds) if math.isfinite(seconds) else numbers.UNKNOWN


def _optional_step(step: int | None) -> str:
    return numbers.UNKNOWN if step is None else numbers.brief_step(step)


def _differences(settings: Sequence[Difference], width: int) -> list[Piece]:
    """The settings that differ with their values, as many as fit, then the names of others."""
    if not settings:
        return [(" no setting differs", QUIET)]
    pieces: list[Piece] = [(" differs  ", FAINT)]
    left = len(settings)
    for one in settings:
        values = " · ".join(safe_text(text, 40) for text in one.texts)
        more: list[Piece] = [(safe_text(one.name), QUIET), (f" {values}", TEXT), ("   ", TEXT)]
        rest = len(f"+{left} more: d") + 1
        if length(pieces) + length(more) + rest > width:
            break
        pieces += more
        left -= 1
    return [*pieces, (f"+{left} more: d", FAINT)] if left else pieces


def _notes(notes: Sequence[str], width: int) -> list[Piece]:
    """The first note, and how many more there are."""
    if not notes:
        return []
    more = f"  +{len(notes) - 1} more: d" if len(notes) > 1 else ""
    text = clipped(safe_text(notes[0]), max(width - len(more) - 3, 1))
    return [(" ! ", _WARNING), (text, _WARNING), (more, FAINT)]
