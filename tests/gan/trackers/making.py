"""Runs and trackers for the tests of what is passed on between them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gan import events
from gan.run.creation import create_run
from gan.trackers.tracker import Beginning
from tests import fakes

if TYPE_CHECKING:
    from pathlib import Path

    from gan.export.tracked import Entry
    from gan.run.directory import RunDirectory
    from gan.trackers.tracker import Ending

LONG_ENOUGH = 30.0
"""Seconds after which something that should have happened is a failure."""


def made_run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "runs" / "00007-mlp-synthetic")


def started(
    run: RunDirectory, *, resumed_from: int | None = None, train_seconds: float = 0.0, **config: Any
) -> events.RunStarted:
    return events.RunStarted(
        time=fakes.START,
        name=run.name,
        run_dir=str(run.path),
        config=config or {"preset": "mlp", "seed": 3},
        resumed_from=resumed_from,
        train_seconds=train_seconds,
    )


def grid(step: int) -> events.SamplesDrawn:
    path = f"samples/{step:06d}.png"
    return events.SamplesDrawn(time=fakes.START, step=step, images=fakes.squares(), path=path)


def rolled_back(step: int) -> events.RolledBack:
    return events.RolledBack(time=fakes.START, step=step, branch=1)


def ended(step: int, *, completed: bool = True) -> events.RunFinished:
    return events.RunFinished(
        time=fakes.START,
        step=step,
        completed=completed,
        train_seconds=10.0,
        exit_code=0 if completed else 75,
    )


def beginning(run: RunDirectory, *, step: int = 0, time: float = fakes.START) -> Beginning:
    return Beginning(run=run, name=run.name, config={"preset": "mlp"}, step=step, time=time)


@dataclass
class FakeTracker:
    """A tracker that keeps what it is told, and can be made to fail or hang in a call."""

    fails_in: str = ""
    error: Exception = field(default_factory=lambda: RuntimeError("no network\nand more"))
    hangs_in: str = ""
    calls: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    beginning: Beginning | None = None
    ending: Ending | None = None
    arrived: threading.Event = field(default_factory=threading.Event)
    """Set once it hangs."""

    released: threading.Event = field(default_factory=threading.Event)
    """Ends that."""

    def open(self, beginning: Beginning) -> None:
        self._called("open")
        self.beginning = beginning

    def write(self, entry: Entry) -> None:
        self._called("write")
        self.entries.append(entry)

    def rewind(self, step: int, time: float) -> None:
        del time
        self._called(f"rewind {step}")

    def close(self, ending: Ending) -> None:
        self._called("close")
        self.ending = ending

    def abandon(self) -> str:
        self.calls.append("abandon")
        return "It is gone."

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self.hangs_in:
            self.arrived.set()
            self.released.wait(LONG_ENOUGH)
        if name == self.fails_in:
            raise self.error


class Log:
    """Keeps what a run's log is told of its trackers."""

    def __init__(self) -> None:
        self.notes: list[events.Noted] = []
        self._told = threading.Condition()

    def __call__(self, event: events.Event) -> None:
        assert isinstance(event, events.Noted)
        with self._told:
            self.notes.append(event)
            self._told.notify_all()

    def has_note(self, seconds: float) -> bool:
        """Whether there is a note within so many seconds."""
        with self._told:
            return bool(self._told.wait_for(lambda: self.notes, seconds))

    @property
    def texts(self) -> list[str]:
        return [note.text for note in self.notes]
