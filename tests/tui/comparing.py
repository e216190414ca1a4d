"""Runs to compare: on disk in the real format, and as sources for the screen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gan import events
from gan.config import RunConfig
from gan.disk.process import ProcessIdentity
from gan.errors import StorageError
from gan.run import event_json
from gan.run.config_file import write_config
from gan.run.creation import create_run
from gan.run_facts.comparison import Description, Reading
from tests import fakes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gan.events import Event, Images
    from gan.run.directory import RunDirectory


def story(
    steps: int = 1000,
    *,
    d_loss: float = 1.0,
    fds: Sequence[tuple[int, float]] = (),
    fingerprint: str = "f" * 64,
    **of: Any,
) -> list[Event]:
    """A run of so many steps with one discriminator loss; `of` goes to each evaluation."""
    start = [
        replace(event, fingerprint=fingerprint) if isinstance(event, events.DataLoaded) else event
        for event in fakes.compiling()
    ]
    built = next(one for one in fakes.training() if isinstance(one, events.ModelsBuilt))
    made = fakes.steps(1, steps, d_loss=fakes.floats(*[d_loss] * steps), train_seconds=64.0)
    measured = [fakes.quality(step, fd, **of) for step, fd in fds]
    return [*start, replace(built, total_steps=2000), made, *measured]


def grid(step: int) -> events.SamplesDrawn:
    """A grid that is on disk."""
    path = f"samples/{step:06d}.png"
    return events.SamplesDrawn(time=fakes.START + 6, step=step, images=fakes.squares(), path=path)


def log_text(happened: Sequence[Event]) -> str:
    return "".join(f"{event_json.to_line(event)}\n" for event in happened)


def status(**changed: Any) -> dict[str, Any]:
    """That of a run which has ended well."""
    own = ProcessIdentity.current().to_json()
    ended = {"exit_code": 0, "exit_reason": "completed", "phase": "finished"}
    return {"schema_version": 1, "sequence": 1, "heartbeat": 0.0, **ended, **own, **changed}


def make_run(path: Path, happened: Sequence[Event] = (), **options: Any) -> RunDirectory:
    """A run that has ended, with what happened in its log and a status."""
    run = create_run(path)
    environment = {"device": "CPU", "tensorflow": "2.21.0"}
    write_config(run, RunConfig.resolve(options), environment=environment, command_line=[])
    run.log_path.write_text(log_text(happened))
    run.status_path.write_text(json.dumps(status()))
    return run


class FakeRun:
    """A run as the screen sees it: the test says what each reading finds."""

    def __init__(self, name: str, happened: Sequence[Event] = (), **options: Any) -> None:
        self.description = Description(
            name=name,
            path=f"/home/ada/runs/{name}",
            config=RunConfig.resolve(options).to_json(),
            environment={"device": "CPU"},
        )
        self.reading = Reading(events=happened, state="completed", share=1.0)
        self.readings = 0
        self.grids_read: list[str] = []
        self.lost: set[str] = set()
        """Grids that can't be read."""

    def read(self) -> Reading:
        found, self.reading = self.reading, replace(self.reading, events=(), restarted=False)
        self.readings += 1
        return found

    def grid(self, path: str) -> Images:
        self.grids_read.append(path)
        if path in self.lost:
            raise StorageError(f"cannot read {path}: no such file or directory.")
        return fakes.squares()
