"""What the dashboard knows of a run, and how one more event changes it: a value, a pure function.

`gan.progress` folds the numbers that every front end shows. `RunState` adds what only the dashboard
needs: the history of losses, the images, the log.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Final

import numpy as np

from gan import events, progress
from gan.events import Phase
from gan.exchange.event_buffer import ShownAnew
from gan.progress import RunProgress
from tui.model.log_lines import LogLine, log_lines, note_line, stderr_line
from tui.series.history import Column, LossHistory
from tui.series.named import NamedSeries
from tui.series.quality import QualityHistory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gan.events import Event, Floats, Images

_LOG_LINES = 5_000
_MARKS = 200
_SPEEDS = 1_024
_PREPARATION = (Phase.LOADING, Phase.IMPORTING, Phase.COMPILING, Phase.TRAINING)


Mark = tuple[int, str]
"""A step, and the sign of what happened there, a key of `MARKS`."""

BEST_MARK: Final = "*"

MARKS: Final = {
    "p": "the run was paused",
    ">": "the run was unpaused or resumed",
    "s": "a requested checkpoint was saved",
    "r": "new latents were drawn",
    "!": "an alert was raised",
    "x": "the losses became non-finite",
    "d": "a write to disk failed",
    "b": "the run was rolled back to a checkpoint",
    BEST_MARK: "the best quality so far was measured",
}
"""The signs on the chart's axis, and what they mean."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A sample grid on disk."""

    step: int
    path: str
    """The picture, relative to the run directory."""


@dataclass(frozen=True, slots=True)
class PhaseVisit:
    """A phase of the preparation, or that of training."""

    phase: Phase
    began: float
    """When the run entered it, in seconds since the Unix epoch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunState:
    """A run after the events so far. Start with `RunState()`; `apply` each event."""

    progress: RunProgress = field(default_factory=RunProgress)
    losses: LossHistory = field(default_factory=LossHistory)
    series: NamedSeries = field(default_factory=NamedSeries)
    """All that the loop of a recorded run has logged, with its losses; empty of any other run."""

    speed: Column = field(default_factory=Column)
    """Images per second, one value for each `StepsCompleted`; steps per second of a recorded loop
    that doesn't say how many images a step takes."""

    quality: QualityHistory = field(default_factory=QualityHistory)
    """The quality of the generated images at every evaluation."""

    images: Images | None = None
    """The newest samples, 16 x 28 x 28 uint8; `None` before the first."""

    images_step: int = 0
    """The step that the newest samples were drawn at."""

    grids: tuple[Grid, ...] = ()
    """Every grid of the run that is on disk, oldest first."""

    examples: Images | None = None
    """Real images of the data, at most 16 x 28 x 28; `None` before they are loaded."""

    log: tuple[LogLine, ...] = ()
    """The newest lines, oldest first, at most 5,000."""

    marks: tuple[Mark, ...] = ()
    """The newest things that happened at a step, oldest first, at most 200.

    Without that of the best quality, of which there is only one: `all_marks` has it too.
    """

    visits: tuple[PhaseVisit, ...] = ()
    """The phases up to and including training, in the order entered."""

    @property
    def history(self) -> LossHistory | NamedSeries:
        """The steps that the chart can show."""
        return self.series if self.is_recorded else self.losses

    @property
    def is_recorded(self) -> bool:
        """Whether the run is that of another program's loop."""
        return bool(self.progress.program)

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """The marks, before them that of the best quality so far, if it was measured."""
        best = self.quality.best
        return self.marks if best is None else ((best.step, BEST_MARK), *self.marks)


def apply(state: RunState, event: Event) -> RunState:
    """The state after one more event."""
    if isinstance(event, ShownAnew):
        return RunState(log=of_screen(state.log))
    numbers = progress.apply(state.progress, event)
    if numbers is not state.progress:
        state = replace(state, progress=numbers)
    lines = log_lines(event)
    if lines:
        state = replace(state, log=(*state.log, *lines)[-_LOG_LINES:])
    return _apply(event, state)


def with_output(state: RunState, lines: Sequence[str], *, is_note: bool = False) -> RunState:
    """The state with lines that native libraries printed, or with notes of the dashboard itself."""
    now = time.time()
    make = note_line if is_note else stderr_line
    added = tuple(make(line, now) for line in lines)
    return replace(state, log=(*state.log, *added)[-_LOG_LINES:]) if added else state


def with_line(state: RunState, line: LogLine) -> RunState:
    """The state with one more line of the log."""
    return replace(state, log=(*state.log, line)[-_LOG_LINES:])


def of_screen(log: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The lines of a log that are of what this screen has done."""
    return tuple(line for line in log if line.is_of_screen)


@singledispatch
def _apply(event: Event, state: RunState) -> RunState:
    del event
    return state


@_apply.register
def _(event: events.PhaseEntered, state: RunState) -> RunState:
    known = [visit.phase for visit in state.visits]
    if event.phase not in _PREPARATION or event.phase in known:
        return state
    return replace(state, visits=(*state.visits, PhaseVisit(event.phase, event.time)))


@_apply.register
def _(event: events.RunStarted, state: RunState) -> RunState:
    state = _until(state, event.resumed_from or 0)
    return state if event.resumed_from is None else _marked(state, (event.resumed_from, ">"))


@_apply.register
def _(event: events.StepsCompleted, state: RunState) -> RunState:
    state = replace(state, losses=state.losses.append(event))
    if state.is_recorded:
        return _logged(state, event.first_step, _recorded(event, state), event.time)
    if not state.progress.batch_size:
        return state  # steps replayed from the log, before the batch size is known
    return _with_speed(state, state.progress.images_per_second)


@_apply.register
def _(event: events.SeriesLogged, state: RunState) -> RunState:
    return _logged(state, event.first_step, event.series, event.time)


@_apply.register
def _(event: events.DataLoaded, state: RunState) -> RunState:
    return replace(state, examples=event.examples) if len(event.examples) else state


@_apply.register
def _(event: events.SamplesDrawn, state: RunState) -> RunState:
    if event.path is not None:
        grids = (*_grids_until(state, event.step - 1), Grid(event.step, event.path))
        state = replace(state, grids=grids)
    # While the raw generator is shown, a grid that is kept comes from another one.
    is_shown = event.path is None or not state.progress.shows_raw
    if not len(event.images) or not is_shown:
        return state
    return replace(state, images=event.images, images_step=event.step)


@_apply.register
def _(event: events.QualityMeasured, state: RunState) -> RunState:
    return replace(state, quality=state.quality.append(event))


@_apply.register
def _(event: events.Paused, state: RunState) -> RunState:
    return _marked(state, (event.step, "p"))


@_apply.register
def _(event: events.Unpaused, state: RunState) -> RunState:
    return _marked(state, (event.step, ">"))


@_apply.register
def _(event: events.Diverged, state: RunState) -> RunState:
    return _marked(state, (event.step, "x"))


@_apply.register
def _(event: events.StorageFaulted, state: RunState) -> RunState:
    del event
    # The event has no step: what failed may not belong to one.
    return _marked(state, (state.progress.step, "d"))


@_apply.register
def _(event: events.Resampled, state: RunState) -> RunState:
    return _marked(state, (event.step, "r"))


@_apply.register
def _(event: events.RolledBack, state: RunState) -> RunState:
    state = replace(_until(state, event.step), grids=_grids_until(state, event.step))
    return _marked(state, (event.step, "b"))


@_apply.register
def _(event: events.AlertRaised, state: RunState) -> RunState:
    return _marked(state, (event.step, "!"))


@_apply.register
def _(event: events.CheckpointSaved, state: RunState) -> RunState:
    return _marked(state, (event.step, "s")) if event.requested else state


def _recorded(event: events.StepsCompleted, state: RunState) -> dict[str, Floats]:
    """A recorded loop's losses, and the scores if it logs any: else they are NaN at every step."""
    losses = {"d_loss": event.d_loss, "g_loss": event.g_loss}
    scores = {"real_score": event.real_score, "fake_score": event.fake_score}
    known = state.series.columns
    return losses | {
        name: values
        for name, values in scores.items()
        if name in known or not np.isnan(values).all()
    }


def _logged(state: RunState, first_step: int, series: Mapping[str, Floats], at: float) -> RunState:
    """With what a recorded loop has logged, and its speed if that made a step."""
    before, progress = state.series, state.progress
    state = replace(state, series=before.append(first_step, series, at))
    if state.series.last_step == before.last_step:
        return state
    is_of_images = bool(progress.batch_size)
    speed = progress.images_per_second if is_of_images else progress.steps_per_second
    return _with_speed(state, speed)


def _with_speed(state: RunState, speed: float) -> RunState:
    newest = np.array([speed], np.float32)
    return replace(state, speed=state.speed.append(newest).last(_SPEEDS))


def _marked(state: RunState, mark: Mark) -> RunState:
    return replace(state, marks=(*state.marks, mark)[-_MARKS:])


def _until(state: RunState, step: int) -> RunState:
    """Without the losses, quality and marks of later steps, which will be made again."""
    marks = tuple(mark for mark in state.marks if mark[0] <= step)
    return replace(
        state,
        losses=state.losses.truncated(step),
        series=state.series.truncated(step),
        quality=state.quality.truncated(step),
        marks=marks,
    )


def _grids_until(state: RunState, step: int) -> tuple[Grid, ...]:
    """The grids up to a step: later ones will be drawn again, or belong to another branch."""
    if not state.grids or state.grids[-1].step <= step:
        return state.grids
    return tuple(grid for grid in state.grids if grid.step <= step)
