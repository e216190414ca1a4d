"""The columns of a table of runs: which fit, how wide they are, and what is in each cell.

Texts only, for a plain table as well as for the one on the screen. Widths are in cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from gan.text import wording
from gan.text.safe_text import LINE_LIMIT, safe_text
from tui.render import numbers
from tui.render.fitting import clipped, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.run_facts.summary import RunSummary

GAP: Final = 2
"""Cells between two columns."""

_NAME_CELLS: Final = (16, 22, 27)
"""The widths that a long name is cut to, from where there is little room to where there is more."""

_NOTE: Final = "note"
_LEAST_NOTE: Final = 12
"""A note in fewer cells says nothing."""

_AGES: Final = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"))
"""Up to how many seconds an age is given in which unit, and the seconds of the unit."""

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Column:
    """One column, in one of its forms."""

    title: str
    text: Callable[[RunSummary], str]
    """What is in its cell of a run, safe to show."""

    is_number: bool = False
    """Whether it is aligned at the right."""

    limit: int | None = None
    """The most cells; a longer text is cut. `None` for any number."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of a table, as wide as its longest cell."""

    column: Column
    width: int

    def title(self) -> str:
        """The title, as wide as the column."""
        return self._filled(self.column.title)

    def cell(self, run: RunSummary) -> str:
        """The cell of a run, as wide as the column."""
        return self._filled(self.column.text(run))

    def _filled(self, text: str) -> str:
        shown = clipped(text, self.width)
        blanks = " " * (self.width - cell_len(shown))
        return blanks + shown if self.column.is_number else shown + blanks


def placed(runs: Sequence[RunSummary], width: int | None) -> list[Placed]:
    """The columns of a table of these runs, from the left.

    Args:
        runs: The runs.
        width: Cells for all columns with the gaps between them; `None` for no limit. Columns that
            do not fit are left out, the least important first.
    """
    forms = {name: _forms(name, runs) for name in _BY_IMPORTANCE}
    if width is None:
        chosen = [parts[-1] for parts in forms.values()]
    else:
        # The gap before the first column is not there.
        chosen = fit(list(forms.values()), width + GAP, _cells, skip=True)
    of_name = dict(zip(forms, chosen, strict=True))
    shown = [found for name in _FROM_THE_LEFT if (found := of_name[name]) is not None]
    return [*shown, *_note_column(runs, shown, width)]


def left_out(runs: Sequence[RunSummary], shown: Sequence[Placed]) -> tuple[list[str], int]:
    """The titles of the columns that a table has no room for, and the cells that all would take.

    Args:
        runs: The runs.
        shown: The columns that it shows, of `placed`.
    """
    whole = placed(runs, None)
    titles = {one.column.title for one in shown}
    missing = [one.column.title for one in whole if one.column.title not in titles]
    return missing, sum(map(_cells, whole)) - GAP


def note(run: RunSummary) -> str:
    """What is wrong with the run, safe to show; usually empty."""
    return safe_text(run.note, LINE_LIMIT)


def name(run: RunSummary) -> str:
    """The run's name, safe to show."""
    return safe_text(run.name)


def state(run: RunSummary) -> str:
    """What the run is doing or how it ended, safe to show."""
    return safe_text(run.state, 24)


def steps(run: RunSummary) -> str:
    """Its steps, and of how many: `1,200 of 11,700`."""
    if run.step is None:
        return numbers.UNKNOWN
    return f"{run.step:,}" if run.total_steps is None else f"{run.step:,} of {run.total_steps:,}"


def share(run: RunSummary) -> str:
    """The share of its steps, rounded down so that no run is done before its end: `10%`."""
    if run.step is None or run.total_steps is None:
        return numbers.UNKNOWN
    return f"{100 * run.step // run.total_steps}%"


def quality(run: RunSummary) -> str:
    """Its newest and its best Frechet distance in words; empty if it was not evaluated."""
    if run.fd is None and run.best_fd is None:
        return ""
    newest = _distance(run.fd)
    if run.best_fd == run.fd:
        return f"FD {newest}, the best so far"
    step = "" if run.best_fd_step is None else f" at step {run.best_fd_step:,}"
    return f"FD {newest}, best {_distance(run.best_fd)}{step}"


def size(run: RunSummary) -> str:
    """What it takes on disk: `12.3 MB`."""
    return numbers.UNKNOWN if run.size_bytes is None else wording.byte_size(run.size_bytes)


def age(run: RunSummary) -> str:
    """How long ago it was heard of, in one unit: `4 s`, `3 min`, `12 d`."""
    seconds = run.age_seconds
    if seconds is None:
        return numbers.UNKNOWN
    for limit, unit, word in _AGES:
        if seconds < limit:
            return f"{seconds // unit:.0f} {word}"
    return f"{seconds // _DAY:,.0f} d"


def _distance(fd: float | None) -> str:
    return numbers.UNKNOWN if fd is None else numbers.figure(fd, 2)


def _loss(value: float | None) -> str:
    return numbers.UNKNOWN if value is None else numbers.loss(value).strip()


def _speed(run: RunSummary) -> str:
    """Images a second; steps, said so, of a recorded loop whose batch size isn't known."""
    if run.images_per_second is not None:
        return numbers.rate(run.images_per_second)
    if run.program and run.steps_per_second is not None:
        return f"{numbers.rate(run.steps_per_second)} steps"
    return numbers.UNKNOWN


def _number(title: str, text: Callable[[RunSummary], str]) -> Sequence[Column | None]:
    """The forms of a column of numbers: left out, or whole."""
    return None, Column(title, text, is_number=True)


def _preset(run: RunSummary) -> str:
    """The preset; of a recorded run the program in its place."""
    return safe_text(run.program or run.preset, 24) or numbers.UNKNOWN


def _data(run: RunSummary) -> str:
    return safe_text(run.data) or numbers.UNKNOWN


_COLUMNS: Final[dict[str, Sequence[Column | None]]] = {
    "done": _number("done", share),
    "fd": _number("FD", lambda run: _distance(run.fd)),
    "age": _number("age", age),
    "d_loss": _number("D", lambda run: _loss(run.d_loss)),
    "g_loss": _number("G", lambda run: _loss(run.g_loss)),
    "run": tuple(Column("run", name, limit=limit) for limit in (*_NAME_CELLS, None)),
    "state": (Column("state", state, limit=12), Column("state", state)),
    "images_per_second": _number("images/s", _speed),
    "best_fd": _number("best", lambda run: _distance(run.best_fd)),
    "size": _number("size", size),
    "step": _number("step", steps),
    # Names usually say both, so a name is first shown at more length.
    "preset": (None, None, Column("preset", _preset)),
    "data": (None, None, Column("data", _data, limit=16), Column("data", _data)),
}
"""The forms of each column, from the shortest to the longest; the most important column first.

Name and state are always there, and grow once the figures are.
"""

_BY_IMPORTANCE: Final = tuple(_COLUMNS)
_FROM_THE_LEFT: Final = (
    *("run", "state", "preset", "data", "step", "done", "images_per_second"),
    *("d_loss", "g_loss", "fd", "best_fd", "age", "size"),
)


def _forms(column: str, runs: Sequence[RunSummary]) -> list[Placed | None]:
    """The forms of a column as wide as these runs need; a longer form that adds nothing is gone."""
    forms: list[Placed | None] = []
    for form in _COLUMNS[column]:
        found = None if form is None else _sized(form, runs)
        if not forms or found is None or forms[-1] is None or found.width > forms[-1].width:
            forms.append(found)
        elif found.width == forms[-1].width:
            forms[-1] = found
    return forms


def _sized(column: Column, runs: Sequence[RunSummary]) -> Placed:
    longest = max((cell_len(column.text(run)) for run in runs), default=0)
    width = max(cell_len(column.title), longest)
    return Placed(column, width if column.limit is None else min(width, column.limit))


def _cells(form: Placed | None) -> int:
    return 0 if form is None else form.width + GAP


def _note_column(
    runs: Sequence[RunSummary], others: Sequence[Placed], width: int | None
) -> list[Placed]:
    """The column of the notes, in the room that the others leave; none if there are no notes."""
    longest = max((cell_len(note(run)) for run in runs), default=0)
    if not longest:
        return []
    if width is None:
        return [Placed(Column(_NOTE, note), max(longest, len(_NOTE)))]
    room = width - sum(map(_cells, others))
    return [Placed(Column(_NOTE, note), room)] if room >= _LEAST_NOTE else []
