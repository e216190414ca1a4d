"""Stand-ins for what the command line puts together, and the real program as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan import events
from gan.commands import Stop
from gan.config import RunConfig
from gan.progress import RunProgress, apply
from gan.run.config_file import write_config
from gan.run.creation import create_run
from tests import fakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gan.events import Event, Listener
    from gan.run.directory import RunDirectory
    from gan.session.preparation import RunPlan

ROOT = Path(__file__).parents[2]
RUN_DIR = "/home/ada/runs/00007-mlp-synthetic"
"""The run directory of the stories in `tests.fakes`."""


class FakeTraining:
    """Stands in for `run_headless`: emits a story instead of training."""

    def __init__(self, story: Iterable[Event], *, native: bytes = b"") -> None:
        self.story = list(story)
        self.plans: list[RunPlan] = []
        self.signals: dict[str, Any] = {}
        """What was asked for of signals."""

        self._native = native

    def __call__(self, plan: RunPlan, listeners: Sequence[Listener], **signals: Any) -> RunProgress:
        self.plans.append(plan)
        self.signals = signals
        os.write(2, self._native)
        progress = RunProgress()
        for event in self.story:
            # Nothing of the fake's run is on disk.
            progress = apply(progress, event)
            for listener in listeners[1:]:
                listener(event)
        return progress


class FakeSession:
    """Stands in for a `TrainingSession`: it ends when it is stopped, or when the test says so."""

    made: FakeSession

    def __init__(self, plan: RunPlan, *, listeners: Sequence[Listener], **_: Any) -> None:
        FakeSession.made = self
        self.plan = plan
        self.progress = RunProgress()
        self.sent: list[object] = []
        self.joined = False
        self.left = False
        """Whether the screen was said to have gone."""

        self.unseen: list[Event] = []
        """What happens after the screen is gone."""

        self._listeners = listeners

    def start(self) -> None:
        pass

    def send(self, command: object) -> None:
        self.sent.append(command)
        if isinstance(command, Stop):
            self.tell(fakes.paused(), finished(completed=False, exit_code=command.exit_code))

    def leave_screen(self) -> None:
        self.left = True

    def join(self, timeout: float | None = None) -> bool:
        del timeout
        self.joined = True
        self.tell(self.unseen)
        return True

    def tell(self, *stories: Iterable[Event]) -> None:
        for event in (event for story in stories for event in story):
            self.progress = apply(self.progress, event)


class FakeApp:
    """Stands in for the dashboard: `shown` is what happens while it is on the screen."""

    shown: Callable[[FakeSession], None]
    source: Any = None
    signals: Any = None
    failure: Any = None
    _driver = None

    def __init__(self, source: Any, **options: Any) -> None:
        type(self).source = source
        type(self).signals = options["signals"]

    def run(self) -> None:
        type(self).shown(FakeSession.made)


def finished(*, completed: bool = True, exit_code: int = 0) -> list[Event]:
    return [
        events.RunFinished(
            time=fakes.START + 30,
            step=1200,
            completed=completed,
            train_seconds=12.0,
            exit_code=exit_code,
        )
    ]


def failed(message: str, exit_code: int = 1, *, traceback: str = "") -> list[Event]:
    return [
        events.RunFailed(
            time=fakes.START + 30,
            error="RuntimeError",
            message=message,
            exit_code=exit_code,
            traceback=traceback,
        )
    ]


def make_run(path: Path, **options: Any) -> RunDirectory:
    """A run that has a configuration and nothing else yet."""
    run = create_run(path)
    write_config(run, RunConfig.resolve(options), environment={}, command_line=[])
    return run


def program(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui", *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
