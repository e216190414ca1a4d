"""One of several runs that are compared: what is known of it, and how a reading changes that.

A value and a pure function, as `tui.model.run_state`, of which it keeps one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gan.events import DataLoaded, RolledBack, RunStarted, StepsCompleted
from gan.exchange.event_buffer import condensed
from gan.run_facts.comparison import AVERAGED, Basis, Figures, are_comparable, cautions, mark_of
from tui.model import run_state
from tui.model.run_state import RunState
from tui.series.history import LossHistory
from tui.series.named import newest_logged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Event, Floats
    from gan.run_facts.comparison import Description, Reading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedRun:
    """A run after the readings so far."""

    description: Description
    run: RunState = field(default_factory=RunState)
    scores: LossHistory = field(default_factory=LossHistory)
    """The scores of every step: `real_score` as `d_loss` and `fake_score` as `g_loss`.

    The run's own history keeps only the newest scores, because the dashboard shows no others.
    """

    fingerprint: str = ""
    """SHA-256 of the real images' pixels; empty before they were loaded."""

    state: str = ""
    """What the run is doing, in words; empty before the first reading."""

    is_live: bool = False
    share: float = 0.0
    """How much of the log has been read, from 0 to 1."""

    troubles: tuple[str, ...] = ()
    """What could not be read, a sentence each."""


def read(compared: ComparedRun, reading: Reading) -> ComparedRun:
    """The run after one more reading; the same object if it found nothing new."""
    seen = _seen(compared, reading)
    if not reading.events and not reading.restarted and seen == _look_of(compared):
        return compared
    if reading.restarted:
        compared = ComparedRun(description=compared.description)
    # Thousands of records of a few steps each would take ten times as long.
    for event in condensed(reading.events):
        compared = _apply(compared, event)
    state, is_live, share, troubles = seen
    return replace(compared, state=state, is_live=is_live, share=share, troubles=troubles)


_Look = tuple[str, bool, float, tuple[str, ...]]
"""What a reading finds besides events: the fields from `state` on."""


def _seen(compared: ComparedRun, reading: Reading) -> _Look:
    troubles = (*compared.description.troubles, *reading.troubles)
    return reading.state, reading.is_live, reading.share, troubles


def _look_of(compared: ComparedRun) -> _Look:
    return compared.state, compared.is_live, compared.share, compared.troubles


def _apply(compared: ComparedRun, event: Event) -> ComparedRun:
    scores, fingerprint = compared.scores, compared.fingerprint
    if isinstance(event, StepsCompleted):
        as_losses = replace(event, d_loss=event.real_score, g_loss=event.fake_score)
        scores = scores.append(as_losses)
    elif isinstance(event, RunStarted):
        scores = scores.truncated(event.resumed_from or 0)
    elif isinstance(event, RolledBack):
        scores = scores.truncated(event.step)
    elif isinstance(event, DataLoaded):
        fingerprint = event.fingerprint
    state = run_state.apply(compared.run, event)
    return replace(compared, run=state, scores=scores, fingerprint=fingerprint)


def figures_of(compared: ComparedRun) -> Figures:
    """The run's figures."""
    run, progress = compared.run, compared.run.progress
    newest, best = run.quality.newest, run.quality.best
    has_speed = progress.step and progress.train_seconds > 0 and progress.batch_size
    images = progress.step * progress.batch_size
    return Figures(
        step=progress.step,
        total_steps=progress.total_steps,
        d_loss=_recent_mean(run.losses.d_loss.newest(AVERAGED)),
        g_loss=_recent_mean(run.losses.g_loss.newest(AVERAGED)),
        fd=math.nan if newest is None else newest.fd,
        fd_step=None if newest is None else newest.step,
        best_fd=math.nan if best is None else best.fd,
        best_fd_step=None if best is None else best.step,
        images_per_second=images / progress.train_seconds if has_speed else math.nan,
        train_seconds=progress.train_seconds if progress.step else math.nan,
    )


def recent_mean(compared: ComparedRun, name: str) -> float:
    """The mean of the last values that were logged of a recorded series; NaN without any.

    Infinite if one of them is.
    """
    column = compared.run.series.columns.get(name)
    if column is None:
        return math.nan
    logged = newest_logged(column, AVERAGED)
    infinite = set(logged[np.isinf(logged)].tolist())
    if not infinite:
        return _recent_mean(logged)
    # Of both signs there is no mean.
    return infinite.pop() if len(infinite) == 1 else math.nan


def basis_of(compared: ComparedRun) -> Basis | None:
    """What the run's distances were measured with; `None` before the first evaluation."""
    newest = compared.run.quality.newest
    if newest is None:
        return None
    data = compared.run.progress.data
    return Basis(
        features=newest.features,
        images=newest.images,
        fingerprint=compared.fingerprint,
        data=data,
    )


def is_quality_comparable(runs: Sequence[ComparedRun]) -> bool:
    """Whether the Frechet distances of these runs can be compared."""
    return are_comparable(map(basis_of, runs))


def notes(runs: Sequence[ComparedRun]) -> tuple[str, ...]:
    """What to know before comparing the figures, and what could not be read, a sentence each."""
    found = cautions([one.description for one in runs], [basis_of(one) for one in runs])
    troubles = (
        f"{mark_of(place)}: {trouble}" for place, one in enumerate(runs) for trouble in one.troubles
    )
    return (*found, *troubles)


def _recent_mean(values: Floats) -> float:
    """The mean of the finite values; NaN if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if finite.size else math.nan
