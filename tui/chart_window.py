"""Which steps the chart shows, and how keys move over them: from one view to the next.

Pure, and apart from the chart, which draws what it is given, and from the keys, which only name
what is wanted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, get_args

from tui.view import SMOOTHINGS, History

if TYPE_CHECKING:
    from tui.state import RunState
    from tui.view import View

RECENT_STEPS: Final = 2_000
"""How many of the newest steps the recent history has."""

_FEWEST_STEPS: Final = 10
"""The closest that can be looked at."""

_HISTORIES: Final[tuple[History, ...]] = get_args(History)


def shown_steps(view: View, run: RunState) -> tuple[int, int]:
    """The first and the last step that the chart spans; of a run without any, the last is before.

    A window stays where it is while the run goes on, as far as its steps are there.
    """
    first, last = run.losses.first_step, run.losses.last_step
    if view.window is not None:
        return max(view.window[0], first), min(view.window[1], last)
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
    pace = max((last - first + 1) / columns, 1) if columns else 1
    begin = last if view.cursor is None else view.cursor
    return replace(view, cursor=min(max(round(begin + by * pace), first), last))


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
    share = (view.cursor - first) / max(last - first, 1)
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
