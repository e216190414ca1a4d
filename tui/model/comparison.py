"""What the screen of a comparison shows: the runs, the view of them, and how keys change it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar, get_args

from gan.run_facts.comparison import differences, mark_of
from tui.choices import GLYPHS, SMOOTHINGS
from tui.model.charted import label, series_names
from tui.model.compared_run import notes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.events import Images
    from gan.run_facts.comparison import Difference
    from tui.choices import Glyphs, ThemeChoice
    from tui.model.compared_run import ComparedRun
    from tui.model.run_state import Grid, RunState


Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that all runs are charted by."""

    id: str
    name: str
    can_be_log: bool
    """Whether the key for a logarithmic axis applies; scores lie between 0 and 1."""

    is_smoothed: bool = True
    """Whether there is a value for each step, which the chart averages."""

    is_series: bool = False
    """Whether it is a series of recorded runs, and `id` its name."""


Axis = Literal["auto", "log", "linear"]
"""The vertical axis of the charts. `auto` is logarithmic if the lines span a factor of ten: lines
that are close together differ more on a linear one."""

AXES: Final[tuple[Axis, ...]] = get_args(Axis)

METRICS: Final = (
    Metric("d_loss", "D loss", can_be_log=True),
    Metric("g_loss", "G loss", can_be_log=True),
    Metric("real_score", "D(x)", can_be_log=False),
    Metric("fake_score", "D(G(z))", can_be_log=False),
    Metric("fd", "FD", can_be_log=True, is_smoothed=False),
)
"""A GAN's figures, in the order in which a key goes through them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """How a person looks at the runs."""

    metric: int = 0
    """The first of the charted metrics, as a place in `metrics_of`."""

    axis: Axis = "auto"
    smoothing: float = SMOOTHINGS[0]
    glyphs: Glyphs = "auto"
    theme: ThemeChoice = "auto"
    grid_step: int | None = None
    """The step whose grids are shown; `None` for the newest that all runs have."""

    lists_differences: bool = False
    """Whether all differences and notes are shown in place of charts and digits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridPicture:
    """One run's digits."""

    step: int
    """The step that they were drawn at."""

    images: Images | None = field(default=None, repr=False)
    """16 x 28 x 28; `None` while they are read, and if they can't be."""

    trouble: str = ""
    """Why they can't be shown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparisonScene:
    """All that the screen is drawn from."""

    runs: tuple[ComparedRun, ...] = ()
    view: ComparisonView = field(default_factory=ComparisonView)
    settings: tuple[Difference, ...] = ()
    """What differs in configuration."""

    notes: tuple[str, ...] = ()
    pictures: tuple[GridPicture | None, ...] = ()
    """The digits of each run; `None` for a run without any."""

    step: int | None = None
    """The step that the digits are shown for; `None` without any."""

    @property
    def marks(self) -> tuple[str, ...]:
        """The letter of each run."""
        return tuple(mark_of(place) for place in range(len(self.runs)))


def scene_of(
    runs: tuple[ComparedRun, ...],
    view: ComparisonView,
    pictures: tuple[GridPicture | None, ...],
    extra_notes: Sequence[str] = (),
) -> ComparisonScene:
    """The scene for these runs."""
    return ComparisonScene(
        runs=runs,
        view=view,
        settings=differences([run.description for run in runs]),
        notes=(*notes(runs), *extra_notes),
        pictures=pictures,
        step=shown_step(runs, view),
    )


def common_steps(runs: Sequence[ComparedRun]) -> tuple[int, ...]:
    """The steps at which grids can be compared, ascending.

    Those at which every run with grids has one. If fewer than two are common, all steps with a
    grid up to where the shortest of these runs ends: then each run shows its nearest.
    """
    each = [{grid.step for grid in run.run.grids} for run in runs if run.run.grids]
    if not each:
        return ()
    common = set.intersection(*each)
    if len(common) < 2 <= len(each):  # noqa: PLR2004 - one step can't be compared over time
        end = min(max(steps) for steps in each)
        common = {step for steps in each for step in steps if step <= end} or {end}
    return tuple(sorted(common))


def shown_step(runs: Sequence[ComparedRun], view: ComparisonView) -> int | None:
    """The step that grids are shown for; `None` if no run has any."""
    steps = common_steps(runs)
    if not steps:
        return None
    if view.grid_step is None:
        return steps[-1]
    wanted = view.grid_step
    return min(steps, key=lambda step: abs(step - wanted))


def grids_at(runs: Sequence[ComparedRun], step: int | None) -> tuple[Grid | None, ...]:
    """Each run's grid that is nearest to a step; the earlier of two."""
    if step is None:
        return (None,) * len(runs)
    return tuple(
        min(run.run.grids, key=lambda grid: abs(grid.step - step), default=None) for run in runs
    )


def moved(view: ComparisonView, runs: Sequence[ComparedRun], by: int) -> ComparisonView:
    """The view with the grids of another common step; at the last it follows the runs."""
    steps, now = common_steps(runs), shown_step(runs, view)
    if now is None:
        return view
    place = min(max(steps.index(now) + by, 0), len(steps) - 1)
    at_end = place == len(steps) - 1 and by > 0
    return replace(view, grid_step=None if at_end else steps[place])


def metrics_of(runs: Sequence[ComparedRun]) -> tuple[Metric, ...]:
    """What runs are charted by: a GAN's figures that one of them has, and every recorded series."""
    own = tuple(metric for metric in METRICS if any(_has(run.run, metric) for run in runs))
    known = {metric.id for metric in METRICS}
    names = dict.fromkeys(name for run in runs for name in series_names(run.run))
    others = (
        Metric(name, label(name), can_be_log=True, is_series=True)
        for name in names
        if name not in known
    )
    return (*own, *others) or METRICS


def _has(run: RunState, metric: Metric) -> bool:
    """Whether a run may have a figure; that of a recorded loop only has what was logged."""
    if not run.is_recorded:
        return True
    return metric.id in run.series.columns or (metric.id == "fd" and len(run.quality) > 0)


def _with_metric(view: ComparisonView, runs: Sequence[ComparedRun], by: int) -> ComparisonView:
    return replace(view, metric=(view.metric + by) % len(metrics_of(runs)))


def _next(choices: Sequence[Choice], now: Choice) -> Choice:
    return choices[(choices.index(now) + 1) % len(choices)]


ACTIONS: Final[dict[str, Callable[[ComparisonView, Sequence[ComparedRun]], ComparisonView]]] = {
    "next_metric": lambda view, runs: _with_metric(view, runs, 1),
    "metric_before": lambda view, runs: _with_metric(view, runs, -1),
    "axis": lambda view, _: replace(view, axis=_next(AXES, view.axis)),
    "smoothing": lambda view, _: replace(view, smoothing=_next(SMOOTHINGS, view.smoothing)),
    "glyphs": lambda view, _: replace(view, glyphs=_next(GLYPHS, view.glyphs)),
    "differences": lambda view, _: replace(view, lists_differences=not view.lists_differences),
    "follow": lambda view, _: replace(view, grid_step=None),
}
"""What a key does to the view of some runs, by the name of its action."""
