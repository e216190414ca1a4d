"""Following a run from its directory gives the state that its own screen has."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.config import RunConfig
from gan.events import Phase
from gan.exchange.event_buffer import EventBuffer
from gan.run.checkpoints.store import CheckpointStore
from gan.run.creation import create_run
from gan.run.follower import Follower
from gan.run.live import write_examples
from gan.run.recorder import Recorder
from gan.viewing.run_log import RunLog
from tests.fakes import START, quality, squares, steps
from tests.gan.run.states import prepare, state
from tui.model.catching_up import CatchingUp
from tui.model.run_state import RunState, apply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.events import Event
    from gan.run.directory import RunDirectory


_SECONDS = itertools.count()


class Screen:
    """A dashboard's state, taken from its buffer as the app does."""

    def __init__(self) -> None:
        self.buffer = EventBuffer()
        self._state = RunState()
        # As fast as if no time passed: all at once.
        self._catching_up = CatchingUp(lambda: 0.0)

    @property
    def state(self) -> RunState:
        self._state = self._catching_up.take(self._state, self.buffer.earlier())
        self._state = reduce(apply, self.buffer.drain(), self._state)
        return self._state


class Process:
    """A process that trains a run: the recorder of its events, and its own screen."""

    def __init__(self, run: RunDirectory, viewers: list[Viewer], resume: bool = False) -> None:
        self.run, self.viewers = run, viewers
        self.screen = Screen()
        self.recorder = Recorder([self.screen.buffer])
        self._emit(events.PhaseEntered(time=START, phase=Phase.LOADING, detail="squares"))
        self._emit(
            events.DataLoaded(
                time=START,
                name="squares",
                images=16,
                fingerprint="f" * 64,
                reason="a test",
                examples=squares(),
            )
        )
        self._emit(events.PhaseEntered(time=START, phase=Phase.IMPORTING))
        self._open(resume)

    def _open(self, resume: bool) -> None:
        store = CheckpointStore(self.run, keep=3)
        found = store.newest(lambda *_: None) if resume else None
        self.recorder.open(self.run, store, cut_at=found.resume_point if found else None)
        self.recorder.checkpoints.fingerprint = "f" * 64
        follower = Follower(self.run)
        while resume and (more := follower.poll()):
            for event in more:
                self.recorder.recall(event)
                self.screen.buffer.replay(event)
        self.emit(
            events.RunStarted(
                time=START + 1,
                name="run",
                run_dir=str(self.run.path),
                config=RunConfig.resolve({}).to_json(),
                resumed_from=found.step if found else None,
                train_seconds=found.resume_point.train_seconds if found else 0.0,
            )
        )
        self.emit(
            events.ModelsBuilt(
                time=START + 2,
                device="CPU",
                generator_params=1,
                discriminator_params=1,
                steps_per_epoch=10,
                total_steps=100,
                batch_size=4,
                images_dropped=0,
                jit_compiled=True,
                threads=0,
            ),
            events.PhaseEntered(time=START + 2, phase=Phase.TRAINING),
        )

    def emit(self, *happened: Event) -> None:
        """Let these happen, and every viewer look after each."""
        for event in happened:
            self._emit(event)
            for viewer in self.viewers:
                viewer.look()

    def grid(self, step: int) -> None:
        path = self.recorder.save_samples(step, squares(), np.zeros((16, 2), np.float32))
        self.emit(events.SamplesDrawn(time=START, step=step, images=squares(), path=path))

    def save(self, step: int, *, requested: bool = False) -> None:
        path, size = prepare(self.recorder, step, state(step), requested=requested)()
        self.emit(
            events.CheckpointSaved(
                time=START, step=step, path=path, size=size, seconds=0.1, requested=requested
            )
        )

    def roll_back(self) -> None:
        step = self.recorder.checkpoints.roll_back().step
        self.emit(events.RolledBack(time=START, step=step, branch=1))

    def _emit(self, event: Event) -> None:
        # Each later than the one before, over all processes.
        self.recorder.emit(replace(event, time=START + next(_SECONDS)))


class Viewer:
    """A viewer without a thread: it looks when it is asked to."""

    def __init__(self, run: RunDirectory) -> None:
        self.screen = Screen()
        self._log = RunLog(run)

    def look(self) -> None:
        reading = self._log.read()
        if reading.is_anew:
            self.screen.buffer.show_anew(reading.events)
        else:
            for event in reading.events:
                self.screen.buffer(event)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    made = create_run(tmp_path / "run")
    write_examples(made, squares())
    return made


Start = Callable[..., Process]


@pytest.fixture
def start(run: RunDirectory) -> Iterator[Start]:
    """Starts processes that train the run, and ends them."""
    started: list[Process] = []

    def begin(*viewers: Viewer, resume: bool = False) -> Process:
        for earlier in started:
            earlier.recorder.close()
        started.append(Process(run, list(viewers), resume=resume))
        return started[-1]

    yield begin
    for process in started[-1:]:
        process.recorder.close()


def known(state: RunState) -> dict[str, Any]:
    """A state in comparable values, without the speed: it depends on how often somebody looks."""
    losses = state.losses
    return {
        "progress": repr(replace(state.progress, steps_per_second=0.0)),
        "losses": [
            column.newest(len(column)).tolist()
            for column in (losses.d_loss, losses.g_loss, losses.real_score, losses.fake_score)
        ],
        "quality": [repr(event) for event in state.quality.evaluations],
        "images": None if state.images is None else state.images.tolist(),
        "images_step": state.images_step,
        "examples": None if state.examples is None else state.examples.tolist(),
        "grids": state.grids,
        "log": [(line.level, line.text) for line in state.log],
        "marks": state.marks,
        "visits": state.visits,
    }


def first_part(process: Process) -> None:
    """Pauses, saves, resamples, evaluations and a divergence that is rolled back."""
    process.grid(0)
    process.emit(steps(1, 10))
    process.save(10)
    process.emit(events.Paused(time=START, step=10), events.Resampled(time=START, step=10, draw=1))
    process.emit(events.Unpaused(time=START, step=10), steps(11, 10))
    process.grid(20)
    process.emit(quality(20, 30.0))
    process.save(20, requested=True)
    process.emit(steps(21, 5), events.Diverged(time=START, step=26, message="NaN"))
    process.roll_back()
    process.emit(events.Unpaused(time=START, step=20), steps(21, 10))
    process.grid(30)
    process.save(30)
    process.emit(steps(31, 5), quality(35, 20.0))


def second_part(process: Process) -> None:
    """After a resume from step 30."""
    process.emit(steps(31, 20))
    process.grid(50)
    process.emit(
        events.AlertRaised(time=START, step=50, name="d_loss_near_zero", message="it is"),
        events.RunFinished(time=START, step=50, completed=False, train_seconds=9.0, exit_code=75),
    )


def test_a_viewer_from_the_beginning_sees_what_the_screen_sees(
    run: RunDirectory, start: Start
) -> None:
    viewer = Viewer(run)
    process = start(viewer)

    first_part(process)

    assert known(viewer.screen.state) == known(process.screen.state)


def test_so_it_is_after_every_event(run: RunDirectory, start: Start) -> None:
    viewer = Viewer(run)
    process = start(viewer)

    for event in (steps(1, 3), events.Paused(time=START, step=3), quality(3, 9.0)):
        process.emit(event)
        assert known(viewer.screen.state) == known(process.screen.state)


def test_one_that_stays_over_a_resume_sees_what_the_new_screen_sees(
    run: RunDirectory, start: Start
) -> None:
    viewer = Viewer(run)
    process = start(viewer)
    first_part(process)

    resumed = start(viewer, resume=True)
    second_part(resumed)

    assert known(viewer.screen.state) == known(resumed.screen.state)


def test_one_that_comes_late_sees_it_too(run: RunDirectory, start: Start) -> None:
    process = start()
    first_part(process)
    resumed = start(resume=True)
    second_part(resumed)
    late = Viewer(run)

    late.look()

    assert known(late.screen.state) == known(resumed.screen.state)


def test_a_grid_that_is_gone_is_a_warning(run: RunDirectory, start: Start) -> None:
    process = start()
    process.grid(0)
    for path in run.samples_path.iterdir():
        path.unlink()
    viewer = Viewer(run)

    viewer.look()

    assert "cannot" in viewer.screen.state.log[-1].text
    assert viewer.screen.state.images is None
