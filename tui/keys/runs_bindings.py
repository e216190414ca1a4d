"""Every key of the table of runs. The help, the key bar and the documentation read this list."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

RUNS: Final = Binding.Group("The runs")
TABLE: Final = Binding.Group("The table")


def _key(
    keys: str,
    action: str,
    description: str,
    tooltip: str,
    group: Binding.Group,
    *,
    show: bool = False,
    display: str | None = None,
    priority: bool = False,
) -> Binding:
    """A binding, with an id made from its description."""
    return Binding(
        keys,
        action,
        description,
        tooltip=tooltip,
        group=group,
        id=f"runs-{description.lower().replace(' ', '-')}",
        show=show,
        key_display=display,
        priority=priority,
    )


RUNS_BINDINGS: Final = [
    _key("q,escape", "leave", "Quit", "Leave; first close the filter.", TABLE, show=True),
    _key("ctrl+c,ctrl+q", "quit", "Quit anywhere", "Leave, from any screen.", TABLE, priority=True),
    _key("ctrl+z", "suspend", "Suspend", "Suspend, until fg in the shell.", TABLE, priority=True),
    _key(
        "question_mark",
        "help",
        "Help",
        "Show every key and what it does.",
        TABLE,
        show=True,
        display="?",
    ),
    _key("enter", "attach", "Attach", "Attach to the run under the cursor.", RUNS, show=True),
    _key(
        "space",
        "mark",
        "Mark",
        "Mark the run under the cursor for a comparison, or take its mark away.",
        RUNS,
        show=True,
    ),
    _key("c", "compare", "Compare", "Compare the marked runs.", RUNS, show=True),
    # With priority, so that what is typed right after it is text already.
    _key(
        "slash",
        "filter",
        "Filter",
        "Show only the runs with a word in their name, state, preset or data.",
        TABLE,
        show=True,
        display="/",
        priority=True,
    ),
    _key(
        "delete",
        "discard",
        "Trash",
        "Move the run under the cursor to the trash, if it has ended or is silent; asks first.",
        RUNS,
        show=True,
        display="del",
    ),
    _key("up", "move(-1)", "Up", "Go to the run above.", TABLE),
    _key("down", "move(1)", "Down", "Go to the run below.", TABLE),
    _key("pageup", "page(-1)", "Page up", "Go up by a screenful.", TABLE),
    _key("pagedown", "page(1)", "Page down", "Go down by a screenful.", TABLE),
    _key("home", "move(-1000000)", "First", "Go to the first run.", TABLE),
    _key("end", "move(1000000)", "Last", "Go to the last run.", TABLE),
]
"""The keys, in the order of the key bar and of the help within each group."""
