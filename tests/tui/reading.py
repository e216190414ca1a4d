"""All that reads a run's log, one after the other, as the dashboard and the exports do."""

from __future__ import annotations

import io
import json
from collections import deque
from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING

from rich.console import Console
from textual._context import active_app
from textual.app import App

from gan import progress
from gan.errors import GanTuiError
from gan.exchange.event_buffer import EventBuffer
from gan.export.loss_table import losses_csv
from gan.export.quality_table import quality_csv
from gan.progress import RunProgress
from gan.run.event_log import EventLog
from gan.run.follower import read_events
from gan.run.log_parts import end_of
from gan.run.run_reader import RunReader
from tui.commands import compare_table
from tui.commands.summary import print_summary
from tui.model.alerts import alert_of, window_title
from tui.model.compared_run import ComparedRun, read
from tui.model.comparison import AXES, ComparisonView, metrics_of, scene_of
from tui.model.run_state import RunState, apply
from tui.model.view import View
from tui.widgets.comparison_charts import ComparisonCharts
from tui.widgets.comparison_grids import ComparedGrids, GridCaptions
from tui.widgets.comparison_table import ComparisonTable, ComparisonTitle
from tui.widgets.difference_list import DifferenceList
from tui.widgets.digit_grid import Caption, DigitGrid
from tui.widgets.header import Header
from tui.widgets.log_pane import LogPane
from tui.widgets.loss_chart import LossChart
from tui.widgets.preparation import Preparation
from tui.widgets.quality import QualityPanel
from tui.widgets.scene_view import Scene
from tui.widgets.sparklines import Sparklines
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Event
    from gan.run.directory import RunDirectory

WIDGETS = (
    *(Header, LossChart, Sparklines, QualityPanel, LogPane, StatusLine, Preparation),
    *(DigitGrid, Caption),
)
COMPARISON_PARTS = (
    *(ComparisonTitle, ComparisonTable, ComparisonCharts),
    *(GridCaptions, ComparedGrids, DifferenceList),
)
APP: App[None] = App()
"""Widgets ask it for the colours of the terminal."""

VIEWS = (
    View(),
    View(log_axis=False, smoothing=0.995, history="recent", cursor=45),
    View(history="epoch", window=(1, 60), real=True, enlarged=True),
)


def read_everywhere(run: RunDirectory) -> list[Event]:
    """Read a run's log with every reader; returns its events.

    Only errors for people (`GanTuiError`) are expected of an export.
    """
    found = read_events(run)
    replay(found)
    for table in (losses_csv, quality_csv):
        with suppress(GanTuiError):
            deque(table(run), maxlen=0)
    compare(run)
    log = EventLog(run)
    log.cut_back(end_of(log.path, 50, log.offset))
    log.check_in_place()
    log.close()
    return found


def compare(run: RunDirectory) -> None:
    """Compare the run with itself, as a table, as JSON and on the screen, with each metric."""
    reader = RunReader(run)
    compared = ComparedRun(description=reader.description)
    while (reading := reader.read()).events:
        compared = read(compared, reading)
    runs = (compared, compared)
    lines = (*compare_table.table(runs), *compare_table.markdown(runs))
    json.dumps(compare_table.to_json(runs), allow_nan=False)
    assert all(line.isprintable() for line in lines)
    active_app.set(APP)
    for metric in range(len(metrics_of(runs))):
        for axis in AXES:
            view = ComparisonView(metric=metric, axis=axis, smoothing=0.0 if metric else 0.98)
            scene = scene_of(runs, view, (None, None))
            for kind in COMPARISON_PARTS:
                drawn = kind().draw(scene, 100, 12)
                assert {strip.cell_length for strip in drawn} <= {100}


def replay(found: Sequence[Event]) -> None:
    """Show events as the dashboard, the status file, the consoles and the summary do."""
    numbers = RunProgress()
    for event in found:
        numbers = progress.apply(numbers, event)
        json.dumps(progress.to_json(numbers), allow_nan=False)
        alert_of(event)
        window_title(numbers)
    print_summary(numbers, Console(file=io.StringIO(), width=80))
    buffer = EventBuffer()
    for event in found:
        buffer(event)
    for events in (found, buffer.drain()):
        draw(reduce(apply, events, RunState()))


def draw(state: RunState) -> None:
    """Draw every widget, in several views."""
    active_app.set(APP)
    for view in VIEWS:
        scene = Scene(run=state, view=view)
        for kind in WIDGETS:
            kind().draw(scene, 100, 12)
