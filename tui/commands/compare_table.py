"""The comparison of runs as text: a table in columns, a Markdown table, or JSON values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from gan.run_facts.comparison import (
    AVERAGED,
    OF_QUALITY,
    differences,
    mark_of,
    seed_groups,
    spreads,
)
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.model.charted import label, series_names
from tui.model.compared_run import (
    basis_of,
    figures_of,
    is_quality_comparable,
    notes,
    recent_mean,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gan.run_facts.comparison import Basis, Figures, Spread
    from tui.model.compared_run import ComparedRun

_GAP: Final = "  "
_UNKNOWN: Final = "-"
_SMALL: Final = 0.01
"""Below it four decimals hold fewer than three digits."""

Table = list[list[str]]
"""Rows of cells, the first of each row its label."""

_WORDS: Final[dict[str, tuple[str, Callable[[float], str]]]] = {
    "d_loss": ("D loss", lambda value: f"{value:.4f}"),
    "g_loss": ("G loss", lambda value: f"{value:.4f}"),
    "fd": ("FD last", lambda value: f"{value:.2f}"),
    "best_fd": ("FD best", lambda value: f"{value:.2f}"),
    "images_per_second": ("images/s", lambda value: f"{value:,.0f}"),
    "train_seconds": ("train time", wording.duration),
}
"""The label of each averaged figure, and how a finite value is written."""


def table(runs: Sequence[ComparedRun]) -> list[str]:
    """The comparison as lines in columns."""
    return list(_sections(runs, _in_columns, lambda title: title))


def markdown(runs: Sequence[ComparedRun]) -> list[str]:
    """The comparison as the lines of a Markdown document."""
    return list(_sections(runs, _as_markdown, lambda title: f"### {title}"))


def to_json(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """The comparison in JSON values; `null` for what is not known."""
    descriptions = [run.description for run in runs]
    settings = differences(descriptions)
    return {
        "runs": [_run_json(run) for run in runs],
        "differences": {
            one.name: [None if value is ... else _plain(value) for value in one.values]
            for one in settings
        },
        "quality_comparable": is_quality_comparable(runs),
        "seed_groups": [
            {
                "runs": list(group),
                "figures": {
                    name: {key: _plain(value) for key, value in asdict(one).items()}
                    for name, one in _spreads_of(runs, group).items()
                },
            }
            for group in seed_groups(descriptions)
        ],
        "notes": list(notes(runs)),
    }


def _run_json(run: ComparedRun) -> dict[str, Any]:
    basis = basis_of(run)
    return {
        "name": run.description.name,
        "path": run.description.path,
        "state": run.state,
        "live": run.is_live,
        **{name: _plain(value) for name, value in asdict(figures_of(run)).items()},
        "fd_basis": None if basis is None else asdict(basis),
        "config": _plain(run.description.config),
        "environment": _plain(run.description.environment),
    }


def _sections(
    runs: Sequence[ComparedRun],
    laid_out: Callable[[Table], list[str]],
    heading: Callable[[str], str],
) -> Iterator[str]:
    descriptions = [run.description for run in runs]
    heads = [f"{mark_of(at)} {run.name}" for at, run in enumerate(descriptions)]
    yield from laid_out([["", *heads], *figure_rows(runs)])
    settings = [[one.name, *one.texts] for one in differences(descriptions)]
    yield from ("", heading("What differs"), "")
    yield from laid_out([["", *heads], *settings]) if settings else ["nothing in config.json"]
    for group in seed_groups(descriptions):
        marks = ", ".join(map(mark_of, group))
        yield from ("", heading(f"{marks} differ by seed alone: mean ± sample deviation"), "")
        rows = _spread_rows(_spreads_of(runs, group), [figures_of(runs[place]) for place in group])
        yield from laid_out([["", "mean", "±", "n"], *rows])
    found = notes(runs)
    if found:
        yield from ("", heading("Notes"), "", *(f"- {note}" for note in found))


def figure_rows(runs: Sequence[ComparedRun]) -> Table:
    """The figures of runs, a row each: its name and a value for each run."""
    figures, bases = [figures_of(run) for run in runs], [basis_of(run) for run in runs]
    are_alike = is_quality_comparable(runs)
    of = [None if are_alike else basis for basis in bases]
    fd = [_distance(one.fd, one.fd_step, by) for one, by in zip(figures, of, strict=True)]
    best = [
        _distance(one.best_fd, one.best_fd_step, by) for one, by in zip(figures, of, strict=True)
    ]
    rows = [
        ["state", *(run.state for run in runs)],
        ["step", *map(_step, figures)],
        [f"D loss, mean of last {AVERAGED} steps", *_all(figures, "d_loss")],
        [f"G loss, mean of last {AVERAGED} steps", *_all(figures, "g_loss")],
        ["FD last", *fd],
        ["FD best", *best],
        ["images/s of training", *_all(figures, "images_per_second")],
        ["train time", *_all(figures, "train_seconds")],
        *_series_rows(runs),
    ]
    if not all(run.run.is_recorded for run in runs):
        return rows
    # What another program's loop doesn't have isn't unknown.
    return [one for one in rows if set(one[1:]) != {_UNKNOWN}]


def _series_rows(runs: Sequence[ComparedRun]) -> Iterator[list[str]]:
    """The series of recorded runs beyond a GAN's losses."""
    names = dict.fromkeys(name for run in runs for name in series_names(run.run))
    for name in (one for one in names if one not in _WORDS):
        means = [recent_mean(run, name) for run in runs]
        cells = [_UNKNOWN if math.isnan(mean) else _value(mean) for mean in means]
        yield [f"{label(name)}, mean of last {AVERAGED} logged", *cells]


def _value(value: float) -> str:
    """A value of any size: learning rates are small, and losses are written as elsewhere."""
    return f"{value:.3g}" if 0 < abs(value) < _SMALL else wording.loss(value)


def _all(figures: Sequence[Figures], name: str) -> list[str]:
    return [_figure(name, getattr(one, name)) for one in figures]


def _figure(name: str, value: float) -> str:
    return _WORDS[name][1](value) if math.isfinite(value) else _UNKNOWN


def _step(figures: Figures) -> str:
    of = f" of {figures.total_steps:,}" if figures.total_steps else ""
    return f"{figures.step:,}{of}"


def _distance(fd: float, step: int | None, basis: Basis | None) -> str:
    """A distance with its step and, if it can't be compared, with what it was measured with."""
    if step is None:
        return _UNKNOWN
    by = "" if basis is None else f" [not comparable: {basis.features}, {basis.images:,} images]"
    return f"{wording.figure(fd, 2)} at step {step:,}{by}"


def _spreads_of(runs: Sequence[ComparedRun], group: Sequence[int]) -> dict[str, Spread]:
    members = [runs[place] for place in group]
    return spreads([figures_of(run) for run in members], [basis_of(run) for run in members])


def _spread_rows(found: dict[str, Spread], members: Sequence[Figures]) -> Table:
    rows = [
        [_WORDS[name][0], _figure(name, one.mean), _figure(name, one.deviation), str(one.count)]
        for name, one in found.items()
    ]
    if not set(OF_QUALITY) <= set(found):
        rows.append(["FD", "not comparable", "", ""])
    if len(steps := sorted({one.step for one in members})) > 1:
        rows.append([f"at different steps: {steps[0]:,} to {steps[-1]:,}", "", "", ""])
    return rows


def _in_columns(rows: Table) -> list[str]:
    """The rows with every column as wide as its widest cell, the labels at the left."""
    safe = [[safe_text(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*safe, strict=True)]
    return [
        _GAP.join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in safe
    ]


def _as_markdown(rows: Table) -> list[str]:
    head, *others = [[_markdown_cell(cell) for cell in row] for row in rows]
    rule = ["---"] * len(head)
    return [f"| {' | '.join(row)} |" for row in (head, rule, *others)]


def _markdown_cell(text: str) -> str:
    """A cell in which no character of the text is markup."""
    safe = safe_text(text)
    return "".join(f"\\{c}" if c in "\\|`*_<>[]" else c for c in safe)


def _plain(value: Any) -> Any:
    """JSON values without NaN and infinities, which a file may hold and JSON has no word for."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
