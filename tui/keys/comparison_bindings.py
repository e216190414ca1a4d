"""The keys of a comparison. Those that the dashboard has too have its names, and remap alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from textual.binding import Binding

from tui.keys.bindings import BINDINGS, CHART

_RUNS: Final = Binding.Group("The runs")


def _shared(name: str, action: str, tooltip: str, **changed: Any) -> Binding:
    """A binding of the dashboard with this name, with another action and sentence."""
    [found, *_] = [one for one in BINDINGS if isinstance(one, Binding) and one.id == name]
    return replace(found, action=action, tooltip=tooltip, **changed)


COMPARISON_BINDINGS: Final = [
    _shared("quit", "quit", "Leave; the runs go on.", show=True),
    _shared("quit-anywhere", "quit", "Leave, from any screen."),
    _shared("suspend", "suspend", "Suspend the program, until fg in the shell."),
    _shared("help", "help", "Show every key and what it does."),
    Binding(
        "right,n",
        "view('next_metric')",
        "Metric",
        tooltip="Chart the next figure: losses, scores, FD.",
        group=CHART,
        id="next-metric",
        key_display="→",
    ),
    Binding(
        "left,N",
        "view('metric_before')",
        "Metric before",
        tooltip="Chart the figure before.",
        group=CHART,
        id="metric-before",
        show=False,
    ),
    _shared(
        "grid-before",
        "grid(-1)",
        "Show the digits of the common step before.",
        show=True,
        description="Earlier",
        key_display="[",
    ),
    _shared(
        "grid-after",
        "grid(1)",
        "Show the digits of the next common step.",
        show=True,
        description="Later",
        key_display="]",
    ),
    _shared("ten-grids-before", "grid(-10)", "Go back by ten common steps."),
    _shared("ten-grids-after", "grid(10)", "Go forward by ten common steps."),
    _shared("follow", "view('follow')", "Show the newest digits again."),
    Binding(
        "d",
        "view('differences')",
        "Differences",
        tooltip="List every setting that differs, and all notes; or go back.",
        group=_RUNS,
        id="differences",
    ),
    Binding(
        "down",
        "scroll(1)",
        "Scroll down",
        tooltip="In the list of differences, go down.",
        group=_RUNS,
        id="scroll-down",
        show=False,
    ),
    Binding(
        "up",
        "scroll(-1)",
        "Scroll up",
        tooltip="In the list of differences, go up.",
        group=_RUNS,
        id="scroll-up",
        show=False,
    ),
    _shared(
        "log-axis",
        "view('axis')",
        "Draw losses and FD on a logarithmic or a linear axis, or on whichever fits.",
    ),
    _shared("smoothing", "view('smoothing')", "Smooth the lines more, less or not at all."),
    _shared("glyphs", "view('glyphs')", "Draw the digits with the next kind of glyph."),
    _shared("theme", "next_theme", "Change the colours."),
]
"""Shown in the key bar in this order, as many as fit."""
