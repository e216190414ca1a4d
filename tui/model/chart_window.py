"""Which steps the chart shows, and how keys move over them: from one view to the next. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.choices import HISTORIES, SMOOTHINGS
from tui.series.steps import Steps

if TYPE_CHECKING:
    from tui.model.run_state import RunState
    from tui.model.view import View

RECENT_STEPS: Final = 2_000
"""The number of newest steps in the recent history."""

_MIN_STEPS: Final = 10
"""Steps at maximum zoom."""

_MIN_EPOCH_STEPS: Final = 2
"""An epoch of one step is charted as a step."""


def shown_steps(view: View, run: RunState) -> tuple[int, int]:
    """The first and the last step that the chart shows; in an empty run the last is before it.

    A window does not move while the run goes on, but is limited to steps that exist. If none of
    them exists any more, as after a rollback, the newest few are shown.
    """
    first, last = run.history.first_step, run.history.last_step
    if view.window is not None:
        begin, end = view.window
        return max(min(begin, last - min(end - begin, _MIN_STEPS - 1)), first), min(end, last)
    if view.history == "recent":
        return max(last - RECENT_STEPS + 1, first), last
    return first, last


def moved_cursor(view: View, run: RunState, by: int, columns: int) -> View:
    """The cursor moved by a number of columns; without a cursor, from the newest step.

    Args:
        view: The view before.
        run: The run that is viewed.
        by: Columns to the right; negative to the left.
        columns: Columns of the chart's plot; if it is not shown the cursor moves by steps.
    """
    first, last = shown_steps(view, run)
    if last < first:
        return view
    size = epoch_size(view, run)
    begin = min(max(last if view.cursor is None else view.cursor, first), last)
    places = Steps((first - 1) // size, (last - 1) // size - (first - 1) // size + 1, columns)
    before = (begin - 1) // size
    after = _moved(places, before, by)
    return replace(view, cursor=min(max(begin + (after - before) * size, first), last))


def epoch_size(view: View, run: RunState) -> int:
    """Steps per value of the chart: those of an epoch if it shows one value per epoch, else 1."""
    size = run.progress.steps_per_epoch
    return size if view.history == "epoch" and size >= _MIN_EPOCH_STEPS else 1


def _moved(places: Steps, place: int, by: int) -> int:
    """The place `by` columns further, at the same position within its column if possible.

    If a column is narrower than one place, `by` places further.
    """
    last = places.first + places.count - 1
    pace = max(places.count / places.columns, 1) if places.columns else 1
    aim = min(max(round(place + by * pace), places.first), last)
    column = places.column(place)
    if pace == 1 or column is None:
        return aim
    wanted = min(max(column + by, 0), places.columns - 1)
    while (found := places.column(aim)) is not None and found != wanted:
        aim += 1 if found < wanted else -1
    return aim


def zoomed(view: View, run: RunState, factor: float) -> View:
    """The view with `factor` times fewer steps, around the cursor or else up to the newest step.

    Zoomed out to all steps, the chart follows the run again.
    """
    first, last = shown_steps(view, run)
    count = max(round((last - first + 1) / factor), _MIN_STEPS)
    if count >= len(run.history):
        return replace(view, window=None)
    if view.cursor is None:
        return _at(view, run, last - count + 1, count)
    share = min(max((view.cursor - first) / max(last - first, 1), 0), 1)
    return _at(view, run, round(view.cursor - share * (count - 1)), count)


def panned(view: View, run: RunState, share: float) -> View:
    """The window moved by a share of its steps; without a zoom, the view unchanged."""
    if view.window is None:
        return view
    first, last = shown_steps(view, run)
    count = last - first + 1
    return _at(view, run, first + round(share * count), count)


def next_smoothing(view: View) -> View:
    """The next smoothing."""
    place = (SMOOTHINGS.index(view.smoothing) + 1) % len(SMOOTHINGS)
    return replace(view, smoothing=SMOOTHINGS[place])


def next_history(view: View, run: RunState) -> View:
    """The next history, without a zoom; a recorded run has no epochs."""
    offered = [one for one in HISTORIES if one != "epoch" or not run.is_recorded]
    now = offered.index(view.history) if view.history in offered else 0
    return replace(view, history=offered[(now + 1) % len(offered)], window=None)


def _at(view: View, run: RunState, first: int, count: int) -> View:
    """A window of `count` steps from `first`, moved so that all its steps exist."""
    begin = max(min(first, run.history.last_step - count + 1), run.history.first_step)
    return replace(view, window=(begin, begin + count - 1))
