"""Recorders that tests open, and what they have written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.events import SeriesLogged, StepsCompleted
from gan.run.directory import RunDirectory
from gan.run.follower import read_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gan.events import Event
    from gan.recorder.recorder import Recorder


SECONDS = 20.0
"""How long a test waits for what takes a fraction of a second."""


def wait_until(is_so: Callable[[], bool]) -> None:
    """Look again and again, until something has happened."""
    waiting = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if is_so():
            return
        waiting.wait(0.02)
    pytest.fail("it did not happen")


def written(recorder: Recorder) -> list[Event]:
    """The events in the log."""
    return list(read_events(RunDirectory(recorder.path)))


def logged(events: Iterable[Event]) -> dict[str, dict[int, float]]:
    """Each series's values by step, the losses of a GAN among them; NaN left out."""
    found: dict[str, dict[int, float]] = {}
    for event in events:
        if isinstance(event, StepsCompleted):
            names = ("d_loss", "g_loss", "real_score", "fake_score")
            arrays: dict[str, Any] = {name: getattr(event, name) for name in names}
        elif isinstance(event, SeriesLogged):
            arrays = dict(event.series)
        else:
            continue
        for name, values in arrays.items():
            for place in np.flatnonzero(~np.isnan(values)):
                found.setdefault(name, {})[event.first_step + int(place)] = float(values[place])
    return found


def only_run(runs: Path) -> RunDirectory:
    """The one run in a folder."""
    (path,) = runs.iterdir()
    return RunDirectory(path)
