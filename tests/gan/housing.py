"""Whole runs over small data, for the tests of what a session does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.config import RunConfig
from gan.events import Phase
from gan.run.checkpoints.store import CheckpointStore
from gan.run.finding import open_run
from gan.session.preparation import RunPlan
from gan.session.session import TrainingSession
from tests.gan.small import small

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.commands import Command
    from gan.events import Event
    from gan.run.directory import RunDirectory
    from gan.session.devices import Machine

FOREVER = 10**6
"""More steps than any test waits for."""

LONG_ENOUGH = 60.0
"""Seconds after which a run that should have ended is a failure."""


@dataclass
class Ended:
    """A run that has come to its end."""

    told: list[Event]
    replayed: list[Event] = field(default_factory=list)

    @property
    def last(self) -> Any:
        return self.told[-1]

    @property
    def run(self) -> RunDirectory:
        return open_run(Path(self.only(events.RunStarted).run_dir))

    def all(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def notes(self) -> list[events.Noted]:
        """All notes but the one about the time of the preparation."""
        told = self.all(events.Noted)
        return [note for note in told if not note.text.startswith("ready after ")]

    @property
    def note(self) -> events.Noted:
        """The only one of these."""
        (note,) = self.notes
        return note

    def only(self, kind: type[Event]) -> Any:
        (event,) = self.all(kind)
        return event


class House:
    """Where runs are made: a folder of their own, small data, programs compiled already."""

    def __init__(self, folder: Path, data_file: Path) -> None:
        self.runs = folder / "runs"
        self._data_file = data_file
        self.machine: Machine | None = None
        """What devices are chosen from; `None` for this machine."""

    def config(self, **options: Any) -> RunConfig:
        return RunConfig.resolve(small({"data": str(self._data_file), **options}))

    def train(
        self,
        *,
        on: Callable[[TrainingSession, Event], None] | None = None,
        first: Command | None = None,
        resume: RunDirectory | None = None,
        resume_step: int | None = None,
        take_over: bool = False,
        replay: bool = False,
        preview_seconds: float | None = None,
        run_dir: Path | None = None,
        **options: Any,
    ) -> Ended:
        """Train to the end.

        Args:
            on: Called with the session and every event.
            first: Sent before the session is started.
            resume: The run to resume.
            resume_step: The step of its checkpoint, if not the newest.
            take_over: Whether to take the run from another machine.
            replay: Whether to ask for its earlier events.
            preview_seconds: Seconds between two previews, or `None` if nobody watches.
            run_dir: The new run's named directory.
            options: Of the configuration.
        """
        session = self.session(
            on=on,
            resume=resume,
            resume_step=resume_step,
            take_over=take_over,
            replay=replay,
            preview_seconds=preview_seconds,
            run_dir=run_dir,
            **options,
        )
        if first is not None:
            session.send(first)
        session.begin()
        return session.ended()

    def session(
        self,
        *,
        on: Callable[[TrainingSession, Event], None] | None = None,
        resume: RunDirectory | None = None,
        resume_step: int | None = None,
        take_over: bool = False,
        replay: bool = False,
        preview_seconds: float | None = None,
        run_dir: Path | None = None,
        plan: Callable[[RunPlan], RunPlan] = lambda plan: plan,
        **options: Any,
    ) -> Training:
        """A training that has not begun; `plan` changes what is done. As `train` otherwise."""
        planned = RunPlan(
            config=self.config(**options),
            runs=self.runs,
            run_dir=run_dir,
            resume=resume,
            resume_step=resume_step,
            take_over=take_over,
            command_line=["gan-tui", "--test"],
            machine=self.machine,
        )
        return Training(plan(planned), on, replay=replay, preview_seconds=preview_seconds)


class Training:
    """A session, and what it tells."""

    def __init__(
        self,
        plan: RunPlan,
        on: Callable[[TrainingSession, Event], None] | None,
        *,
        replay: bool,
        preview_seconds: float | None,
    ) -> None:
        self._on = on
        self._told: list[Event] = []
        self._replayed: list[Event] = []
        self._session = TrainingSession(
            plan,
            listeners=[self._listen],
            replay_to=[self._listen_to_replay] if replay else [],
            preview_seconds=preview_seconds,
        )
        self.send = self._session.send

    def begin(self) -> None:
        self._session.start()

    def ended(self) -> Ended:
        """Wait for its end."""
        assert self._session.join(LONG_ENOUGH), f"still running after {self._told[-1]}"
        return Ended(self._told, self._replayed)

    def _listen(self, event: Event) -> None:
        self._told.append(event)
        if self._on is not None:
            self._on(self._session, event)

    def _listen_to_replay(self, event: Event) -> None:
        assert not any(isinstance(earlier, events.RunStarted) for earlier in self._told)
        self._replayed.append(event)


def when(kind: type[Event], *commands: Command) -> Callable[[TrainingSession, Event], None]:
    """Send commands at the first event of a kind."""
    waiting = list(commands)

    def on(session: TrainingSession, event: Event) -> None:
        if isinstance(event, kind):
            while waiting:
                session.send(waiting.pop(0))

    return on


def in_turn(*answers: tuple[type[Event], Command]) -> Callable[[TrainingSession, Event], None]:
    """Send each command at the first event of its kind after the one before was sent."""
    left = list(answers)

    def on(session: TrainingSession, event: Event) -> None:
        if left and isinstance(event, left[0][0]):
            session.send(left.pop(0)[1])

    return on


class CheckpointTaken:
    """Whether an event is the first since a checkpoint has copied the state, written or not."""

    def __init__(self) -> None:
        self._phase: Phase | None = None

    def __call__(self, event: Event) -> bool:
        if not isinstance(event, events.PhaseEntered):
            return False
        before, self._phase = self._phase, event.phase
        return before is Phase.SAVING


def losses(logged: list[Event]) -> np.ndarray:
    """Every step's number and four values, 5 x steps, as a log tells them."""
    steps = [event for event in logged if isinstance(event, events.StepsCompleted)]
    rows = [
        [
            np.arange(event.first_step, event.last_step + 1),
            event.d_loss,
            event.g_loss,
            event.real_score,
            event.fake_score,
        ]
        for event in steps
    ]
    return np.concatenate(rows, axis=1)


def state(run: RunDirectory) -> dict[str, np.ndarray]:
    checkpoint = CheckpointStore(run, keep=3).newest(pytest.fail)
    assert checkpoint is not None
    return checkpoint.arrays


def digest(run: RunDirectory) -> str:
    """The SHA-256 of everything that the newest checkpoint holds of the state."""
    whole = hashlib.sha256()
    for name, array in sorted(state(run).items()):
        whole.update(f"{name} {array.dtype} {array.shape}".encode())
        whole.update(array.tobytes())
    return whole.hexdigest()


def story(told: list[Event]) -> list[str]:
    """What happened, a word for each kind of event; steps once where they follow each other."""
    words: list[str] = []
    for event in told:
        word = event.phase.value if isinstance(event, events.PhaseEntered) else type(event).__name__
        if word not in ("StepsCompleted", "ProgressMade") or word not in words[-1:]:
            words.append(word)
    return words
