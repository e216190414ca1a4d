"""A run without a screen: signals, and listeners that may take their time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.headless.runner import run_headless
from gan.run.checkpoints.store import CheckpointStore
from gan.run.directory import RunDirectory
from gan.run.finding import open_run
from gan.run.follower import read_events
from gan.session.preparation import RunPlan
from gan.session.session import TrainingSession
from tests.gan.small import tiny

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.events import Event
    from gan.progress import RunProgress
    from gan.training.build import Program
    from tests.gan.programs import Programs

FOREVER = 10**6
Listen = "Callable[[Event], None]"


@pytest.fixture
def plan(
    tmp_path: Path, digits_file: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunPlan]:
    """A plan over small data, with programs that are compiled already."""
    monkeypatch.setattr("gan.training.build.compile_program", programs)

    def made(**options: Any) -> RunPlan:
        config = tiny(**{"data": str(digits_file), **options})
        return RunPlan(config=config, runs=tmp_path / "runs")

    return made


@pytest.fixture(autouse=True)
def _heard_hangup() -> Iterator[None]:
    """Else a suite that was started to outlive its terminal would wait for ever."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_it_trains_to_the_end_and_returns_where_that_was(plan: Callable[..., RunPlan]) -> None:
    told: list[Event] = []
    end = run_headless(plan(steps=20), [told.append])
    assert (end.step, end.completed, end.exit_code) == (20, True, 0)
    assert isinstance(told[-1], events.RunFinished)
    assert Path(end.run_dir).is_dir()


def test_every_listener_is_told_everything_in_the_main_thread(plan: Callable[..., RunPlan]) -> None:
    told: list[list[Event]] = [[], []]
    threads: set[threading.Thread] = set()

    def notice(_: Event) -> None:
        threads.add(threading.current_thread())

    end = run_headless(plan(steps=20), [told[0].append, notice, told[1].append])

    assert threads == {threading.main_thread()}
    assert told[0] == told[1]
    logged = read_events(open_run(Path(end.run_dir)))
    kept = [type(event) for event in told[0] if not isinstance(event, events.ProgressMade)]
    assert kept == [type(event) for event in logged]


def test_training_goes_on_while_a_listener_stands_still(plan: Callable[..., RunPlan]) -> None:
    """The first listener does not return before the whole run is over; nothing is lost."""
    told: list[Event] = []

    def stand_still(event: Event) -> None:
        if isinstance(event, events.RunStarted):
            (trainer,) = [thread for thread in threading.enumerate() if thread.name == "trainer"]
            trainer.join(60)
            assert not trainer.is_alive()
        told.append(event)

    run_headless(plan(steps=40), [stand_still])

    steps = [event for event in told if isinstance(event, events.StepsCompleted)]
    assert sum(len(event.d_loss) for event in steps) == 40
    assert isinstance(told[-1], events.RunFinished)


def test_the_last_event_is_told_though_the_run_ended_before_it_was_taken(
    plan: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer marks the end and then says so; whoever looks in between must not leave."""
    marked = threading.Event()
    looked = threading.Event()

    class Early(TrainingSession):
        def __init__(self, plan: RunPlan, *, listeners: list[Any]) -> None:
            def late(event: Event) -> None:
                if isinstance(event, events.RunFinished):
                    marked.set()
                    assert looked.wait(10)
                listeners[0](event)

            super().__init__(plan, listeners=[late])

        @property
        def progress(self) -> RunProgress:
            progress = super().progress
            if progress.ended:
                assert marked.wait(10)
                looked.set()
            return progress

    monkeypatch.setattr("gan.headless.runner.TrainingSession", Early)
    told: list[Event] = []
    run_headless(plan(steps=1), [told.append])
    assert isinstance(told[-1], events.RunFinished)


def test_a_listener_that_raises_does_not_take_the_run_with_it(
    plan: Callable[..., RunPlan],
) -> None:
    started: list[events.RunStarted] = []

    def break_down(event: Event) -> None:
        if isinstance(event, events.RunStarted):
            started.append(event)
        if isinstance(event, events.StepsCompleted):
            msg = "broken"
            raise TypeError(msg)

    with pytest.raises(TypeError, match="broken"):
        run_headless(plan(steps=FOREVER), [break_down])

    run = open_run(Path(started[0].run_dir))
    saved = CheckpointStore(run, keep=3).newest(lambda *_: None)
    assert saved is not None
    assert saved.step > 0


def test_a_failure_is_an_end_too(plan: Callable[..., RunPlan]) -> None:
    told: list[Event] = []
    end = run_headless(plan(data="/nowhere"), [told.append])
    assert end.exit_code == 4
    assert isinstance(told[-1], events.RunFailed)


def test_a_trainer_that_vanished_is_not_waited_for(
    plan: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(_: TrainingSession) -> None:
        """A thread that is gone without a word."""

    monkeypatch.setattr(TrainingSession, "_run", vanish)
    monkeypatch.setattr("gan.headless.runner._WAIT_SECONDS", 0.01)
    assert run_headless(plan(), []).exit_code is None


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 75), (signal.SIGHUP, 129)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_signal_saves_and_stops(
    number: signal.Signals, code: int, plan: Callable[..., RunPlan]
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, events.StepsCompleted) and event.first_step == 1:
            os.kill(os.getpid(), number)

    end = run_headless(plan(steps=FOREVER), [interrupt])

    assert (end.exit_code, end.completed) == (code, False)
    assert CheckpointStore(open_run(Path(end.run_dir)), keep=3).steps()[-1] == end.step


def test_a_request_to_save_saves_and_the_run_goes_on(plan: Callable[..., RunPlan]) -> None:
    saved: list[events.CheckpointSaved] = []

    def ask(event: Event) -> None:
        if isinstance(event, events.CheckpointSaved):
            saved.append(event)
        elif isinstance(event, events.StepsCompleted) and event.first_step == 1:
            os.kill(os.getpid(), signal.SIGUSR2)
        elif isinstance(event, events.StepsCompleted) and saved:
            os.kill(os.getpid(), signal.SIGUSR1)
            saved.clear()

    end = run_headless(plan(steps=FOREVER, checkpoint_every="off"), [ask])

    (last,) = saved
    assert end.exit_code == 75
    steps = CheckpointStore(open_run(Path(end.run_dir)), keep=3).steps()
    assert steps[-1] == last.step == end.step > steps[0] > 0


def test_a_run_that_diverges_ends_at_once(
    plan: Callable[..., RunPlan], programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is there to roll it back."""
    made = plan(steps=FOREVER)

    def poisoned(*asked: Any) -> Program:
        program = programs(*asked)
        weights = program.gan.networks.generator.variables[0]
        weights.assign(weights * np.nan)
        return program

    monkeypatch.setattr("gan.training.build.compile_program", poisoned)
    end = run_headless(made, [])

    assert (end.exit_code, end.diverged_step, end.checkpoint_step) == (3, 1, None)


def test_the_handlers_before_are_put_back(plan: Callable[..., RunPlan]) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    run_headless(plan(data="/nowhere"), [])
    assert [signal.getsignal(number) for number in numbers] == before


def test_the_handlers_are_put_back_where_a_listener_fails(plan: Callable[..., RunPlan]) -> None:
    before = signal.getsignal(signal.SIGINT)

    def fail(_: Event) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_headless(plan(data="/nowhere"), [fail])
    assert signal.getsignal(signal.SIGINT) is before


PROGRAM = """
import os, signal, sys
from pathlib import Path

from gan import events
from gan.config import RunConfig
from gan.headless.runner import run_headless
from gan.session.preparation import RunPlan

data, runs, kind, signals = sys.argv[1:]
waiting = [signal.SIGINT] * int(signals)


def interrupt(event):
    while waiting and type(event).__name__ == kind:
        waiting.pop()
        os.kill(os.getpid(), signal.SIGINT)


config = RunConfig.resolve({"data": data, "batch_size": 32, "steps": 1_000_000})
end = run_headless(RunPlan(config=config, runs=Path(runs)), [interrupt])
sys.exit(end.exit_code)
"""


def run_program(tmp_path: Path, digits_file: Path, kind: str, signals: int) -> int:
    """The exit code of a process that is interrupted so often at an event of a kind."""
    words = [str(digits_file), str(tmp_path / "runs"), kind, str(signals)]
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, check=False, capture_output=True, timeout=300).returncode


def test_a_second_signal_leaves_at_once(tmp_path: Path, digits_file: Path) -> None:
    assert run_program(tmp_path, digits_file, "PhaseEntered", 2) == 130
    assert not list(tmp_path.rglob("checkpoints/step-*"))


@pytest.mark.slow
def test_a_process_that_is_interrupted_saves_and_exits_130(
    tmp_path: Path, digits_file: Path
) -> None:
    assert run_program(tmp_path, digits_file, "StepsCompleted", 1) == 130
    (run,) = map(RunDirectory, (tmp_path / "runs").iterdir())
    last = read_events(run)[-1]
    assert isinstance(last, events.RunFinished)
    assert CheckpointStore(run, keep=3).steps() == [last.step]
