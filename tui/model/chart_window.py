"""Which steps the chart shows, and how keys move over them: from one view to the next.

Pure, and apart from the chart, which draws what it is given, and from the keys, which only name
what is wanted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, get_args

from tui.model.view import SMOOTHINGS, History
from tui.render.axes import Steps

if TYPE_CHECKING:
    from tui.model.run_state import RunState
    from tui.model.view import View

RECENT_STEPS: Final = 2_000
"""How many of the newest steps the recent history has."""

_FEWEST_STEPS: Final = 10
"""The closest that can be looked at."""

_FEWEST_IN_EPOCH: Final = 2
"""An epoch of one step is that step."""

_HISTORIES: Final[tuple[History, ...]] = get_args(History)


def shown_steps(view: View, run: RunState) -> tuple[int, int]:
    """The first and the last step that the chart spans; of a run without any, the last is before.

    A window stays where it is while the run goes on, as far as its steps are there. Where none of
    them is there any more, as after a roll back, the newest few are shown.
    """
    first, last = run.losses.first_step, run.losses.last_step
    if view.window is not None:
        begin, end = view.window
        return max(min(begin, last - min(end - begin, _FEWEST_STEPS - 1)), first), min(end, last)
    if view.history == "recent":
        return max(last - RECENT_STEPS + 1, first), last
    return first, last


def moved_cursor(view: View, run: RunState, by: int, columns: int) -> View:
    """The cursor moved by so many of the chart's columns; without one, from the newest step.

    Args:
        view: The view before.
        run: Whose steps there are.
        by: Columns, to the left where negative.
        columns: Of the chart's plot; what is not shown moves by steps.
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
    """Steps behind one value of the chart: those of an epoch where it has one for each, else 1."""
    size = run.progress.steps_per_epoch
    return size if view.history == "epoch" and size >= _FEWEST_IN_EPOCH else 1


def _moved(places: Steps, place: int, by: int) -> int:
    """The place so many columns further, and as far into its column where it can be.

    Where a column is less than one place, so many places further.
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
    """So many times fewer steps, around the cursor, else at the newest end.

    Zoomed out to all of them the chart follows the run again.
    """
    first, last = shown_steps(view, run)
    count = max(round((last - first + 1) / factor), _FEWEST_STEPS)
    if count >= len(run.losses):
        return replace(view, window=None)
    if view.cursor is None:
        return _at(view, run, last - count + 1, count)
    share = min(max((view.cursor - first) / max(last - first, 1), 0), 1)
    return _at(view, run, round(view.cursor - share * (count - 1)), count)


def panned(view: View, run: RunState, share: float) -> View:
    """A window moved by a share of itself, to the left where negative; all steps stay all steps."""
    if view.window is None:
        return view
    first, last = shown_steps(view, run)
    count = last - first + 1
    return _at(view, run, first + round(share * count), count)


def next_smoothing(view: View) -> View:
    """The next way to smooth."""
    place = (SMOOTHINGS.index(view.smoothing) + 1) % len(SMOOTHINGS)
    return replace(view, smoothing=SMOOTHINGS[place])


def next_history(view: View) -> View:
    """The next span of steps; a zoom into the one before is over."""
    place = (_HISTORIES.index(view.history) + 1) % len(_HISTORIES)
    return replace(view, history=_HISTORIES[place], window=None)


def _at(view: View, run: RunState, first: int, count: int) -> View:
    """A window of so many steps from about this one on, among those that there are."""
    begin = max(min(first, run.losses.last_step - count + 1), run.losses.first_step)
    return replace(view, window=(begin, begin + count - 1))
