"""The runs of a folder as a person looks at them: filtered, some marked, one under the cursor.

Changes by pure functions; `RunsSource` is the seam to the folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gan.run_facts.summary import RunSummary


@dataclass(frozen=True, slots=True)
class RunsSource:
    """A folder of runs. Both calls wait for the disk."""

    folder: Path
    look: Callable[[], list[RunSummary]]
    """The runs as they stand now, in the order of the list. Raises a `GanTuiError`."""

    discard: Callable[[RunSummary], Path]
    """Moves a run that has ended or is silent to the trash; returns where it is.

    Raises a `GanTuiError`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RunList:
    """What is shown of the runs. Start with `RunList()`."""

    runs: Sequence[RunSummary] = ()
    """All runs, newest first."""

    text: str = ""
    """Only runs with this in their name, state, preset or data are shown."""

    marked: frozenset[str] = frozenset()
    """The names of the marked runs."""

    cursor: int = 0
    """The index of a run among those that are shown; 0 if none is."""

    @property
    def shown(self) -> list[RunSummary]:
        """The runs that match the text."""
        wanted = self.text.casefold()
        return [run for run in self.runs if wanted in _searched(run)]

    @property
    def current(self) -> RunSummary | None:
        """The run under the cursor; `None` if none is shown."""
        shown = self.shown
        return shown[self.cursor] if shown else None

    @property
    def chosen(self) -> list[RunSummary]:
        """The marked runs in the order of the list, also those that are not shown."""
        return [run for run in self.runs if run.name in self.marked]


def with_runs(list_: RunList, runs: Sequence[RunSummary]) -> RunList:
    """The list after a look; the cursor stays on its run, and marks of runs that are gone go."""
    names = {run.name for run in runs}
    return _following(list_, replace(list_, runs=runs, marked=list_.marked & names))


def filtered(list_: RunList, text: str) -> RunList:
    """The list with another text; the cursor stays on its run if that is still shown."""
    return _following(list_, replace(list_, text=text.strip()))


def moved(list_: RunList, by: int) -> RunList:
    """The list with the cursor moved by so many rows, as far as there are any."""
    return _at(list_, list_.cursor + by)


def toggled(list_: RunList) -> RunList:
    """The list with the run under the cursor marked or not marked, and the cursor below it."""
    if (run := list_.current) is None:
        return list_
    return moved(replace(list_, marked=list_.marked ^ {run.name}), 1)


def _following(before: RunList, after: RunList) -> RunList:
    """The second list with the cursor on the run under that of the first, or else at its place."""
    names = [run.name for run in after.shown]
    run = before.current
    return _at(after, names.index(run.name) if run and run.name in names else before.cursor)


def _at(list_: RunList, cursor: int) -> RunList:
    return replace(list_, cursor=max(min(cursor, len(list_.shown) - 1), 0))


def _searched(run: RunSummary) -> str:
    return f"{run.name} {run.state} {run.program} {run.preset} {run.data}".casefold()
