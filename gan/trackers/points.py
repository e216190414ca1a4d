"""Points for trackers to which each value costs more than a step: one a second, nothing hidden.

A point has the mean of its steps, and beside it the minimum and the maximum, so that no spike is
lost; and the speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gan.export.tracked import SPEED_TAG, Scalars, Steps

if TYPE_CHECKING:
    from gan.events import Floats

SECONDS: Final = 1.0
"""How long the steps of a point take together, at least."""


class Points:
    """Gathers steps until a point is due."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Begin with none."""
        self._seconds = seconds
        self._gathered: list[Steps] = []

    def add(self, steps: Steps) -> Scalars | None:
        """Take the values of some steps; returns the point that they complete."""
        self._gathered.append(steps)
        spent = steps.time - self._gathered[0].times[0]
        return self.rest() if spent >= self._seconds else None

    def rest(self) -> Scalars | None:
        """The point of what is gathered so far; `None` without any."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return None
        last = gathered[-1]
        values: dict[str, float] = {}
        for tag in last.columns:
            values |= _figures(tag, np.concatenate([steps.columns[tag] for steps in gathered]))
        if seconds := sum(steps.seconds for steps in gathered):
            values[SPEED_TAG] = sum(len(steps.times) for steps in gathered) / seconds
        return Scalars(step=last.last_step, time=last.time, values=values)

    def forget(self) -> None:
        """Drop what is gathered: the run makes these steps anew."""
        self._gathered.clear()


def _figures(tag: str, values: Floats) -> dict[str, float]:
    """The mean, the minimum and the maximum of the finite values; nothing if there is none.

    A value that is not finite ends a run, and its mark says so.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {}
    return {
        tag: float(finite.mean(dtype=np.float64)),
        f"{tag}_min": float(finite.min()),
        f"{tag}_max": float(finite.max()),
    }
