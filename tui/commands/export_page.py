"""`gan-tui export --html`: what the page of a run shows, from its log and its grids."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.export.destination import write_whole
from gan.export.grids import grids_up_to
from gan.export.html_page.contents import Chart, Contents, Frame, Line, Mark
from gan.export.html_page.filling import page
from gan.export.named_files import quiet
from gan.export.pictures import grid_png, thinned
from gan.export.up_to_step import end_in_words
from gan.options import option_name
from gan.run.run_reader import RunReader
from gan.run.samples import sample_path, sample_steps
from gan.run_facts.comparison import Difference
from tui.commands.compare_table import figure_rows
from tui.commands.whole_run import read_whole
from tui.model.charted import label, series_names
from tui.model.run_state import MARKS
from tui.render.scale import range_of
from tui.series.bins import bin_starts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from gan.events import Floats, QualityMeasured
    from gan.export.snapshot import Snapshot
    from tui.model.compared_run import ComparedRun
    from tui.model.run_state import RunState
    from tui.render.scale import Range
    from tui.series.bins import BinSummary
    from tui.series.history import LossHistory
    from tui.series.named import NamedSeries
    from tui.series.window import Window

PLACES: Final = 600
"""Places of a chart, each of one or several steps: as many as a wide page has room for."""

_FRAMES: Final = 100
_LOSSES: Final = ("d_loss", "g_loss")


def write_page(
    of: Snapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = quiet,
) -> list[Path]:
    """Write a page for a browser: charts, film, configuration and summary in one file.

    See `gan.export.named_files`. A run without grids has a page without a film.
    """
    reader = RunReader(of.run)
    read = read_whole(reader, of.last_step, report)
    film = list(_film(of, reader, report))
    contents = contents_of(read, film, of.asked_step, now=time.time())
    return [write_whole(destination, [page(contents)], force=force)]


def contents_of(
    read: ComparedRun, film: Sequence[Frame], last_step: int | None, *, now: float
) -> Contents:
    """What the page shows of a run.

    Args:
        read: The run.
        film: Its grids.
        last_step: The step that was asked for; `None` for the whole run.
        now: Seconds since the Unix epoch.
    """
    written = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    state = "as it was" if last_step is not None else read.state
    description = read.description
    return Contents(
        title=description.name,
        subtitle=f"{state}{end_in_words(last_step)}; written by gan-tui on {written}",
        charts=list(_charts(read)),
        film=film,
        marks=[Mark(step, MARKS[sign]) for step, sign in read.run.all_marks],
        summary=[(name, value) for name, value in figure_rows([read])],
        config=[(option_name(name)[2:], value) for name, value in _settings(description.config)],
        environment=_settings(_known(description.environment)),
        notes=read.troubles,
    )


def _film(of: Snapshot, reader: RunReader, report: Callable[[str], None]) -> Iterator[Frame]:
    """The grids up to the last step, with more of the early ones."""
    if not any(step <= of.last_step for step in sample_steps(of.run)):
        return
    steps = grids_up_to(of.run, of.last_step)
    shown = thinned(len(steps), _FRAMES)
    for done, number in enumerate(shown, 1):
        step = steps[number]
        yield Frame(step, grid_png(reader.grid(sample_path(of.run, step)), scale=1))
        report(f"{done} of {len(shown)} grids")


def _charts(read: ComparedRun) -> Iterator[Chart]:
    """The losses, the scores and the Frechet distance, as far as the run has them."""
    run = read.run
    if run.is_recorded:
        yield from _series_charts(run)
    elif len(run.losses):
        yield _steps_chart("Losses", run.losses, ("D loss", "G loss"))
        # As on the dashboard: with the relativistic loss the second score is 1 minus the first.
        is_ranked = run.progress.loss == "relativistic"
        names = ("pairs ranked right",) if is_ranked else ("D(x)", "D(G(z))")
        yield _steps_chart("Scores", read.scores, names, ends=(0.0, 1.0))
    if len(run.quality):
        yield _quality_chart(run.quality.evaluations)


def _series_charts(run: RunState) -> Iterator[Chart]:
    """D's and G's losses in one chart, and one for each other series of a recorded run."""
    names = series_names(run)
    is_gan = set(_LOSSES) <= set(names)
    alone = [(name,) for name in names if not (is_gan and name in _LOSSES)]
    for group in (_LOSSES, *alone) if is_gan else alone:
        history = run.series
        windows = [history.window(name, history.first_step, history.last_step) for name in group]
        title = "Losses" if group == _LOSSES else label(group[0])
        chart = _windows_chart(title, history, dict(zip(map(label, group), windows, strict=True)))
        # A step at which nothing was logged is no value that isn't a number.
        chart = chart._replace(
            lines=[one._replace(broken=[0] * len(one.mean)) for one in chart.lines]
        )
        is_sparse = len(windows) == 1 and windows[0].is_occasional
        yield _without_gaps(chart) if is_sparse else chart


def _without_gaps(chart: Chart) -> Chart:
    """The chart of an occasional series, with those places alone that have a value."""
    [line] = chart.lines
    kept = np.flatnonzero(np.isfinite(line.mean))
    low, mean, high = (part[kept] for part in (line.minimum, line.mean, line.maximum))
    known = Line(line.name, low, mean, high, [0] * len(kept))
    return chart._replace(steps=[chart.steps[place] for place in kept.tolist()], lines=[known])


def _steps_chart(
    title: str,
    history: LossHistory,
    names: Sequence[str],
    *,
    ends: Range | None = None,
) -> Chart:
    """A chart of a history; without `ends` the axis is that of the dashboard's chart."""
    windows = history.windows(history.first_step, history.last_step)[: len(names)]
    return _windows_chart(title, history, dict(zip(names, windows, strict=True)), ends=ends)


def _windows_chart(
    title: str,
    history: LossHistory | NamedSeries,
    windows: Mapping[str, Window],
    *,
    ends: Range | None = None,
) -> Chart:
    """A chart of windows by name, which span all of a history's steps."""
    places = min(len(history), PLACES)
    starts = bin_starts(len(history), places) + history.first_step
    samples = [window.sample() for window in windows.values()]
    has_log = ends is None and not any((sample < 0).any() for sample in samples)
    return Chart(
        title,
        starts.tolist(),
        history.last_step,
        [_line(name, window.summary(places)) for name, window in windows.items()],
        range_of(samples, log=False) if ends is None else ends,
        range_of(samples, log=True) if has_log else None,
    )


def _quality_chart(evaluations: Sequence[QualityMeasured]) -> Chart:
    steps = [event.step for event in evaluations]
    series = {
        f"FD ({evaluations[-1].features})": [event.fd for event in evaluations],
        "FD of real images": [event.fd_real for event in evaluations],
    }
    arrays = [np.array(values, np.float32) for values in series.values()]
    lines = [_values(name, array) for name, array in zip(series, arrays, strict=True)]
    ends, log_ends = range_of(arrays, log=False), range_of(arrays, log=True)
    return Chart("Frechet distance", steps, steps[-1], lines, ends, log_ends)


def _line(name: str, found: BinSummary) -> Line:
    return Line(name, found.minimum, found.mean, found.maximum, found.broken.tolist())


def _values(name: str, values: Floats) -> Line:
    """A line through single values. One that is unknown is a gap, and not broken as a loss is."""
    return Line(name, values, values, values, [0] * len(values))


def _known(environment: Mapping[str, Any]) -> dict[str, Any]:
    """The environment without what is not set, which says nothing."""
    return {name: value for name, value in environment.items() if value not in (None, {}, "")}


def _settings(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, Difference(name=name, values=(record[name],)).texts[0]) for name in record]
