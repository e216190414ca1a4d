"""Streams of events in fewer records. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gan.events import ProgressMade, SamplesDrawn, StepsCompleted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gan.events import Event


def condensed(events: Iterable[Event]) -> list[Event]:
    """The same events in fewer records: no loss, note or file left out.

    Of previews, and of adjacent reports of progress, the newest stays. Adjacent steps become one
    record.
    """
    kept: list[Event] = []
    steps: list[StepsCompleted] = []
    for event in _without_stale_previews(list(events)):
        if isinstance(event, StepsCompleted) and _continues(steps, event):
            steps.append(event)
            continue
        kept += _merged(steps)
        steps = []
        if isinstance(event, StepsCompleted):
            steps = [event]
            continue
        if isinstance(event, ProgressMade) and kept and isinstance(kept[-1], ProgressMade):
            kept.pop()
        kept.append(event)
    return kept + _merged(steps)


def _without_stale_previews(events: list[Event]) -> list[Event]:
    previews = [event for event in events if isinstance(event, SamplesDrawn) and event.path is None]
    stale = {id(preview) for preview in previews[:-1]}
    return [event for event in events if id(event) not in stale]


def _continues(steps: list[StepsCompleted], event: StepsCompleted) -> bool:
    return not steps or steps[-1].last_step + 1 == event.first_step


def _merged(steps: list[StepsCompleted]) -> list[Event]:
    """Adjacent records as at most one, with the time, seconds and execution of the last."""
    if len(steps) <= 1:
        return list(steps)
    return [
        replace(
            steps[-1],
            first_step=steps[0].first_step,
            d_loss=np.concatenate([event.d_loss for event in steps]),
            g_loss=np.concatenate([event.g_loss for event in steps]),
            real_score=np.concatenate([event.real_score for event in steps]),
            fake_score=np.concatenate([event.fake_score for event in steps]),
        )
    ]
