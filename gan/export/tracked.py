"""What trackers of experiments get of a run: the one list, for the live ones and for exports.

An event becomes entries: numbers, pictures and texts, each with its step and a tag. How a tracker
writes them is its own affair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan import events
from gan.events import Severity
from gan.export.quality_table import FIGURES
from gan.export.series_table import values_of
from gan.text.safe_text import safe_text
from gan.text.wording import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gan.events import (
        Event,
        Floats,
        Images,
        QualityMeasured,
        SeriesLogged,
        StepsCompleted,
        Time,
    )

LOSSES: Final = {
    "losses/d_loss": "d_loss",
    "losses/g_loss": "g_loss",
    "scores/real_score": "real_score",
    "scores/fake_score": "fake_score",
}
"""The tags of the values of a step, and their names in `StepsCompleted`."""

SPEED_TAG: Final = "speed/steps_per_second"
SAMPLES_TAG: Final = "samples"
CONFIG_TAG: Final = "config"
MARKS_TAG: Final = "marks"

_MARKS: Final = (
    events.AlertRaised,
    events.CheckpointSaved,
    events.Diverged,
    events.Paused,
    events.Resampled,
    events.RolledBack,
    events.RunFinished,
    events.Unpaused,
)
"""Events that are marks if they matter, as a checkpoint does that somebody asked for."""

TRACKED: Final = (
    *_MARKS,
    events.QualityMeasured,
    events.RunFailed,
    events.RunStarted,
    events.SamplesDrawn,
    events.SeriesLogged,
    events.StepsCompleted,
)
"""The kinds of events that anything is tracked of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The base of all entries."""

    step: int
    """Steps completed; the first of several."""

    time: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(Entry):
    """Numbers of each of several steps."""

    times: Sequence[Time]
    """When each was made."""

    columns: Mapping[str, Floats]
    """The values by tag."""

    seconds: float
    """How long training took for them; 0 if that is not known."""

    @property
    def last_step(self) -> int:
        """The last of them."""
        return self.step + len(self.times) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalars(Entry):
    """Numbers of one step."""

    values: Mapping[str, float]
    """By tag, none of them NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Entry):
    """A grid of samples."""

    tag: str
    images: Images
    """uint8, 16 x 28 x 28."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Entry):
    """A line of text."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Entry):
    """The configuration of the run."""

    tag: str
    config: Mapping[str, Any]
    """As `RunConfig.to_json` gives it."""


class StepClock:
    """How long steps took, of which the log has the sum since the run began."""

    def __init__(self) -> None:
        self._train_seconds = 0.0

    def begin(self, train_seconds: float) -> None:
        """Count on from here: so many seconds were spent in steps before."""
        self._train_seconds = train_seconds

    def seconds(self, event: StepsCompleted | SeriesLogged) -> float:
        """Seconds that the steps of the next event took, at least 0.

        Not since the event before: between two there may be a pause, or the night of a resume.
        """
        spent, self._train_seconds = event.train_seconds - self._train_seconds, event.train_seconds
        return max(spent, 0.0)


class Entries:
    """The entries of a run's events, which come in the order of its log."""

    def __init__(self, images_of: Callable[[events.SamplesDrawn], Images | None]) -> None:
        """Begin before the first event.

        Args:
            images_of: The images of a grid on disk, or `None` to leave it out.
        """
        self._images_of = images_of
        self._clock, self._series_clock = StepClock(), StepClock()

    def of(self, event: Event) -> list[Entry]:
        """What is tracked of an event; nothing for most."""
        if isinstance(event, events.StepsCompleted):
            return [self._steps(event)]
        if isinstance(event, events.SeriesLogged):
            return _without_missing(self._series(event))
        if isinstance(event, events.RunStarted):
            self._clock.begin(event.train_seconds)
            self._series_clock.begin(event.train_seconds)
            return [Settings(step=0, time=event.time, tag=CONFIG_TAG, config=event.config)]
        if isinstance(event, events.QualityMeasured):
            return [Scalars(step=event.step, time=event.time, values=_quality(event))]
        if isinstance(event, events.SamplesDrawn) and event.path is not None:
            return self._picture(event)
        return _marks(event)

    def _steps(self, event: StepsCompleted) -> Steps:
        logged = values_of(event)
        columns = {tag: logged[name] for tag, name in LOSSES.items() if name in logged}
        return _steps(event, columns, self._clock.seconds(event))

    def _series(self, event: SeriesLogged) -> Steps:
        columns = {safe_text(name): values for name, values in event.series.items()}
        steps = _steps(event, columns, self._series_clock.seconds(event))
        # A `StepsCompleted` of the same steps may have had their speed.
        return replace(steps, seconds=0.0)

    def _picture(self, event: events.SamplesDrawn) -> list[Entry]:
        images = self._images_of(event)
        if images is None:
            return []
        return [Picture(step=event.step, time=event.time, tag=SAMPLES_TAG, images=images)]


def _steps(
    event: StepsCompleted | SeriesLogged, columns: Mapping[str, Floats], seconds: float
) -> Steps:
    count = event.last_step - event.first_step + 1
    each = seconds / max(count, 1)
    return Steps(
        step=event.first_step,
        time=event.time,
        # The log has the time of the last one only.
        times=[event.time - (count - 1 - place) * each for place in range(count)],
        columns=columns,
        seconds=seconds,
    )


def _without_missing(steps: Steps) -> list[Entry]:
    """The steps of a recorded loop without the values that it didn't log."""
    if not any(np.isnan(values).any() for values in steps.columns.values()):
        return [steps]
    rows = zip(*(values.tolist() for values in steps.columns.values()), strict=True)
    entries: list[Entry] = []
    for place, row in enumerate(rows):
        values = {tag: one for tag, one in zip(steps.columns, row, strict=True) if one == one}  # noqa: PLR0124 - false for NaN alone
        if values:
            entries.append(Scalars(step=steps.step + place, time=steps.times[place], values=values))
    return entries


def config_table(config: Mapping[str, Any]) -> str:
    """A configuration as a table in Markdown."""
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in config.items()]
    return "\n".join(["| option | value |", "|---|---|", *rows])


def _quality(event: QualityMeasured) -> dict[str, float]:
    """The figures and the census, without those that the data don't allow."""
    figures = {f"quality/{name}": getattr(event, name) for name in FIGURES}
    labels = event.classes or range(len(event.census))
    shares = {
        f"census/class_{label}": share
        for label, share in zip(labels, event.census.tolist(), strict=False)
    }
    every = {**figures, **shares}
    return {tag: value for tag, value in every.items() if math.isfinite(value)}


def _marks(event: Event) -> list[Entry]:
    if not isinstance(event, _MARKS) or event.severity < Severity.NOTICE:
        return []
    return [
        Note(step=event.step, time=event.time, tag=MARKS_TAG, text=line) for line in describe(event)
    ]


def _cell(value: object) -> str:
    return safe_text("not set" if value is None else str(value)).replace("|", r"\|")
