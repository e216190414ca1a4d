"""The keys that change only the view: from one view of a run to the next. Pure.

Nothing here reaches the training: whatever the view, the run goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gan.events import SAMPLES
from tui.choices import GLYPHS
from tui.model import chart_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.model.run_state import RunState
    from tui.model.view import View

_PAN_SHARE: Final = 0.5
"""Share of the window by which one key moves it."""


def acted(name: str, view: View, run: RunState, by: int = 0, *, columns: int = 0) -> View:
    """The view after a key.

    Args:
        name: The action of the key, one of `NAMES`.
        view: The view before.
        run: The run that is viewed.
        by: For an action that moves something, how far; negative is back.
        columns: Columns of the chart's plot, so that the cursor moves by what is visible.
    """
    if name == "cursor":
        return _moved_cursor(view, run, by, columns)
    return _ACTIONS[name](view, run, by)


def _moved_cursor(view: View, run: RunState, by: int, columns: int) -> View:
    """Move to another digit while one is enlarged, or else the chart's cursor."""
    if view.enlarged:
        return _moved_digit(view, run, by)
    return chart_window.moved_cursor(view, run, by, columns)


def _moved_digit(view: View, run: RunState, by: int) -> View:
    del run
    digit = view.digit + by
    return replace(view, digit=digit) if 0 <= digit < SAMPLES else view


def _moved_grid(view: View, run: RunState, by: int) -> View:
    """Show another grid; after the last come the newest samples. The chart's cursor follows."""
    if not run.grids:
        return view
    now = len(run.grids) if view.grid is None else view.grid
    return _at_grid(view, run, max(now + by, 0))


def _at_grid(view: View, run: RunState, grid: int) -> View:
    if grid >= len(run.grids):
        return replace(view, grid=None, cursor=None)
    return replace(view, grid=grid, cursor=run.grids[grid].step, real=False)


def _first_grid(view: View, run: RunState, by: int) -> View:
    del by
    return _at_grid(view, run, 0)


def _follow(view: View, run: RunState, by: int) -> View:
    del run, by
    return replace(view, grid=None, cursor=None, window=None, real=False)


def _back(view: View, run: RunState, by: int) -> View:
    """Close the innermost thing that is open."""
    del run, by
    steps: tuple[tuple[bool, dict[str, Any]], ...] = (
        (view.real, {"real": False}),
        (view.grid is not None, {"grid": None, "cursor": None}),
        (view.enlarged, {"enlarged": False}),
        (view.full_screen, {"full_screen": False}),
        (view.cursor is not None, {"cursor": None}),
        (view.window is not None, {"window": None}),
    )
    for is_open, closed in steps:
        if is_open:
            return replace(view, **closed)
    return view


def _next_glyphs(view: View) -> View:
    after = (GLYPHS.index(view.glyphs) + 1) % len(GLYPHS)
    return replace(view, glyphs=GLYPHS[after])


def _cycled(turn: Callable[[View], View]) -> Callable[[View, RunState, int], View]:
    def cycle(view: View, run: RunState, by: int) -> View:
        del run, by
        return turn(view)

    return cycle


def _toggled(name: str) -> Callable[[View, RunState, int], View]:
    def toggle(view: View, run: RunState, by: int) -> View:
        del run, by
        changed: dict[str, Any] = {name: not getattr(view, name)}
        return replace(view, **changed)

    return toggle


_ACTIONS: Final[dict[str, Callable[[View, RunState, int], View]]] = {
    "digit": lambda view, run, by: _moved_digit(view, run, by) if view.enlarged else view,
    "glyphs": _cycled(_next_glyphs),
    "enlarge": _toggled("enlarged"),
    "full_screen": _toggled("full_screen"),
    "real": _toggled("real"),
    "axis": _toggled("log_axis"),
    "smoothing": _cycled(chart_window.next_smoothing),
    "history": lambda view, run, _: chart_window.next_history(view, run),
    "zoom": lambda view, run, by: chart_window.zoomed(view, run, by if by > 0 else -1 / by),
    "pan": lambda view, run, by: chart_window.panned(view, run, by * _PAN_SHARE),
    "grid": _moved_grid,
    "first_grid": _first_grid,
    "follow": _follow,
    "back": _back,
}

NAMES: Final = ("cursor", *_ACTIONS)
"""The names that `acted` knows."""
