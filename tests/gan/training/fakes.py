"""A run without TensorFlow: numbers and lists stand in for what the trainer works with."""

from __future__ import annotations

import queue
from collections import deque
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from gan import events
from gan.config import RunConfig
from gan.errors import CheckpointError, StorageError
from gan.exchange.requests import Request
from gan.progress import RunProgress, apply
from gan.quality.measure import Quality
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.reading import Checkpoint
from gan.training.execution import Losses
from gan.training.loop import Trainer
from gan.training.measuring import Evaluation
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gan.commands import Command

STEPS_PER_EPOCH = 10

ALL = list(range(1, 21))
"""The steps of the two epochs that a stage has by default."""


FULL = StorageError("cannot write: no space left")


class Clock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class Commands:
    """The queue, with a person who acts when a step is done; waiting in vain is an error."""

    def __init__(
        self,
        at: Mapping[int, Sequence[Command | Request]],
        clock: Clock | None = None,
    ) -> None:
        self._at = dict(at)
        self._clock = clock or Clock()
        self._waiting: deque[Command | Request] = deque()
        self._is_pausing = False
        self.at_once = False
        """Whether all that is asked is there at the first look, as after a long wait."""

        self.reached(0)

    def reached(self, step: int) -> None:
        for due in sorted(due for due in self._at if due <= step):
            self._waiting.extend(self._at.pop(due))

    def ask(self, *asked: Command | Request) -> None:
        """Let this be asked now."""
        self._waiting.extend(asked)

    def close(self) -> None:
        """Nothing comes from elsewhere."""

    def get(self, *, block: bool, timeout: float | None = None) -> Request:
        # One thing after the other: the next is asked when this one is done.
        pauses, self._is_pausing = self._is_pausing and not self.at_once, False
        if not self._waiting or (pauses and not block):
            assert not block or timeout is not None, "paused, and nobody will ever resume"
            self._clock.advance(timeout or 0.0)
            raise queue.Empty
        self._is_pausing = True
        asked = self._waiting.popleft()
        return asked if isinstance(asked, Request) else Request(asked)


class FakeExecution:
    """Steps whose d_loss is their own number; time passes, people act."""

    steps_per_epoch = STEPS_PER_EPOCH

    def __init__(self, clock: Clock, commands: Commands, seconds_per_step: float) -> None:
        self._clock = clock
        self._commands = commands
        self._seconds_per_step = seconds_per_step
        self.calls: list[tuple[int, int]] = []
        self.branches: list[int] = []
        """The branch that each call was made on."""

        self.d_loss: dict[int, float] = {}
        self.g_loss: dict[int, float] = {}
        """Losses of steps that are to have others than their own number, and its negative.

        They are those of the run's first branch: after a rollback everything is fine.
        """

    def max_steps_after(self, step: int) -> int:
        return self.steps_per_epoch - step % self.steps_per_epoch

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> None:
        del step, steps, branch

    def __call__(self, step: int, steps: int, branch: int) -> Losses:
        assert 0 < steps <= self.max_steps_after(step)
        numbers = np.arange(step + 1, step + steps + 1, dtype=np.float32)
        d_others, g_others = (self.d_loss, self.g_loss) if branch == 0 else ({}, {})
        d_loss = np.array([d_others.get(int(n), n) for n in numbers], np.float32)
        g_loss = np.array([g_others.get(int(n), -n) for n in numbers], np.float32)
        broken = np.flatnonzero(~np.isfinite(d_loss + g_loss))
        made = int(broken[0]) + 1 if len(broken) else steps
        self.calls.append((step, made))
        self.branches.append(branch)
        self._clock.advance(made * self._seconds_per_step)
        self._commands.reached(step + made)
        whole = Losses(d_loss, g_loss, numbers / 1e6, numbers / 2e6)
        return Losses(*(values[:made] for values in whole))


RAW = 99
"""The pixels of a fake sampler's raw generator."""


class FakeSampler:
    """Images that tell which draw they are of, or that they are raw; others tell the step."""

    def __init__(self) -> None:
        self.draw = 0
        self.newest_draw = 0
        self.has_raw = True
        self._is_raw = False
        self.step: Callable[[], int] = lambda: 0
        """How many steps the networks were trained for."""

        self.generated: list[np.ndarray] = []
        """All latents that images were generated from."""

        self.generating: Callable[[], None] = lambda: None
        """What happens meanwhile."""

    def generate(self, latents: np.ndarray) -> np.ndarray:
        self.generating()
        self.generated.append(latents)
        return np.full((len(latents), 28, 28), self.step(), np.uint8)

    def show_raw(self, raw: bool) -> None:
        self._is_raw = raw

    @property
    def latents(self) -> np.ndarray:
        return np.full((16, 2), self.draw, np.float32)

    def images(self) -> np.ndarray:
        return np.full((16, 28, 28), RAW if self._is_raw else self.draw, np.uint8)

    def resample(self, draw: int | None = None) -> None:
        self.newest_draw = self.newest_draw + 1 if draw is None else draw
        self.draw = self.newest_draw

    def restore(self) -> None:
        self.draw = 0

    def interpolate(self) -> np.ndarray:
        return np.full((3, 16, 28, 28), RAW if self._is_raw else self.draw, np.uint8)


class FakeVariable:
    """A variable that is a NumPy array."""

    def __init__(self, value: float) -> None:
        self.value = np.array([value], np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> str:
        return "float32"

    def assign(self, value: np.ndarray) -> None:
        self.value = np.array(value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.value, dtype, copy=copy)


class FakeRecorder:
    """Keeps events, samples and checkpoints in lists, and can fail."""

    def __init__(self) -> None:
        self.events: list[events.Event] = []
        self.progress = RunProgress()
        self.on_event: list[Callable[[events.Event], None]] = []
        """Called after an event."""

        self.samples: list[tuple[int, float]] = []
        """Steps, and the draw of the latents."""

        self.saved: list[Checkpoint] = []
        self.lost_checkpoints = False
        self.gone: set[int] = set()
        """The steps whose checkpoint was deleted."""

        self.pinned: list[int] = []
        """The steps whose checkpoint was requested."""

        self.best: list[int] = []
        """The steps whose checkpoint was saved as the best."""

        self.error: Exception | None = None
        """What the disk answers from now on."""

        self.tries: list[int] = []
        """The steps of all checkpoints that were prepared."""

        self.writing: Callable[[], None] = lambda: None
        """What happens while a checkpoint is being written."""

    def take_lost(self) -> bool:
        lost, self.lost_checkpoints = self.lost_checkpoints, False
        return lost

    def has(self, step: int) -> bool:
        return step not in self.gone

    @property
    def checkpoints(self) -> FakeRecorder:
        return self

    @property
    def saved_steps(self) -> list[int]:
        return [checkpoint.step for checkpoint in self.saved]

    def emit(self, event: events.Event) -> None:
        self.events.append(event)
        self.progress = apply(self.progress, event)
        for react in self.on_event:
            react(event)

    def save_samples(self, step: int, images: events.Images, latents: events.Floats) -> str:
        if self.error:
            raise self.error
        assert images.shape == (16, 28, 28)
        self.samples.append((step, float(latents[0, 0])))
        return f"samples/{step:06d}.png"

    def prepare(
        self, arrays: Mapping[str, np.ndarray], *, step: int, requested: bool, **point: Any
    ) -> Callable[[], tuple[str, int]]:
        self.tries.append(step)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise CheckpointError(f"step {step} is not saved: it is not finite.")
        saved = checkpoint(arrays, step=step, **point)
        return lambda: self.save_checkpoint(saved, requested=requested)

    def resume_point(self, *, step: int, **point: Any) -> ResumePoint:
        if self.error:
            raise self.error
        return checkpoint({}, step=step, **point).resume_point

    def prepare_best(
        self, arrays: Mapping[str, np.ndarray], point: ResumePoint
    ) -> Callable[[], tuple[str, int]]:
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise CheckpointError(f"step {point.step} is not saved: it is not finite.")
        saved = Checkpoint(Path(f"checkpoints/step-{point.step:08d}"), dict(arrays), point)

        def write() -> tuple[str, int]:
            written = self.save_checkpoint(saved, requested=False)
            self.best.append(saved.step)
            return written

        return write

    def save_checkpoint(self, saved: Checkpoint, *, requested: bool) -> tuple[str, int]:
        self.writing()
        if self.error:
            raise self.error
        self.saved.append(saved)
        self.pinned += [saved.step] if requested else []
        return str(saved.path), 123

    def roll_back(self) -> Checkpoint:
        if self.error:
            raise self.error
        if not self.saved:
            raise CheckpointError("this run has no checkpoint yet.")
        return max(self.saved, key=lambda saved: saved.step)


def checkpoint(arrays: Mapping[str, np.ndarray], *, step: int, **point: Any) -> Checkpoint:
    """A checkpoint as the recorder returns it, of a log that is empty."""
    where = ResumePoint(fingerprint="", step=step, log_offset=0, **point)
    return Checkpoint(Path(f"checkpoints/step-{step:08d}"), dict(arrays), where)


class AtOnce(Executor):
    """Does its work before `submit` returns, so that a test knows what happened when."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


class AskedFor(Executor):
    """Does its work when the test says so, or when somebody waits for the result."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = _Asking(self)

        def carry_out() -> None:
            try:
                future.set_result(work(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
                future.set_exception(error)

        self.waiting.append(carry_out)
        return future

    def carry_out(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class _Asking(Future[Any]):
    """A result that is made when it is asked for."""

    def __init__(self, executor: AskedFor) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> Any:
        self._executor.carry_out()
        return super().result(timeout)


class FakeMeasure:
    """The distance of images that tell their step: 100 less the step, unless it is given."""

    def __init__(self, fd: Mapping[int, float] | None = None, limits: Sequence[str] = ()) -> None:
        self.fd = dict(fd or {})
        self.limits = tuple(limits)
        self.features = "fake-1"
        self.classes = tuple(range(10))
        self.measured: list[int] = []
        """The steps of the images, each time."""

        self.error: Exception | None = None
        """What measuring raises."""

        self.measuring: Callable[[], None] = lambda: None
        """What happens meanwhile."""

    def measure(self, images: events.Images) -> Quality:
        self.measuring()
        (step,) = np.unique(images).tolist()
        self.measured.append(step)
        if self.error:
            raise self.error
        return self._quality(len(images), self.fd.get(step, 100.0 - step))

    @property
    def real(self) -> Quality:
        """The figures of real images."""
        return self._quality(1000, 0.5)

    def _quality(self, images: int, fd: float) -> Quality:
        return Quality(
            features=self.features,
            images=images,
            fd=fd,
            fd_real=0.5,
            kid=0.01,
            density=0.9,
            coverage=0.8,
            census=np.full(10, 0.1, np.float32),
            confident=0.9,
            copies=0.0,
        )


def fake_gan() -> Any:
    """Four owners of one variable each."""
    owners = [SimpleNamespace(variables=[FakeVariable(n)]) for n in range(4)]
    networks = SimpleNamespace(generator=owners[0], discriminator=owners[1])
    return SimpleNamespace(
        networks=networks,
        generator_optimizer=owners[2],
        discriminator_optimizer=owners[3],
        averaging=None,
    )


class Stage:
    """A trainer with everything round it, ready to run."""

    def __init__(
        self,
        at: Mapping[int, Sequence[Command | Request]] | None = None,
        *,
        seconds_per_step: float = 0.01,
        preview_seconds: float | None = None,
        executor: Executor | None = None,
        measure: FakeMeasure | None = None,
        measuring: Executor | None = None,
        **options: Any,
    ) -> None:
        """Set it up.

        Args:
            at: What is asked once so many steps are done; at 0 before the first.
            seconds_per_step: How fast this machine is.
            preview_seconds: As the trainer's.
            executor: Writes checkpoints; by default at once.
            measure: Measures generated images, a thousand at a time; by default none does.
            measuring: Where it measures; by default at once.
            options: Of the configuration; two epochs, and neither samples nor checkpoints.
        """
        self.clock = Clock()
        self.stopwatch = Stopwatch(self.clock)
        self.commands = Commands(at or {}, self.clock)
        self.execution = FakeExecution(self.clock, self.commands, seconds_per_step)
        self.sampler = FakeSampler()
        self.sampler.step = lambda: self.trainer.step
        self.gan = fake_gan()
        self.recorder = FakeRecorder()
        self.events = self.recorder.events
        defaults = {"epochs": 2, "sample_every": "off", "checkpoint_every": "off"}
        program = SimpleNamespace(
            gan=self.gan, execution=self.execution, sampler=self.sampler, other_gans=()
        )
        self.trainer = Trainer(
            RunConfig.resolve({**defaults, **options}),
            program,
            commands=self.commands,
            recorder=self.recorder,
            preview_seconds=preview_seconds,
            evaluation=measure and self.evaluation(measure, measuring),
            stopwatch=self.stopwatch,
            executor=executor or AtOnce(),
        )

    def evaluation(self, measure: FakeMeasure, executor: Executor | None) -> Evaluation:
        return Evaluation(make_measure=lambda: measure, images=1000, executor=executor or AtOnce())

    def run(self) -> Stage:
        self.trainer.run()
        return self

    @property
    def evaluated(self) -> list[int]:
        """The steps of all evaluations that were reported."""
        return [event.step for event in self.told(events.QualityMeasured)]

    def told(self, kind: type[events.Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def steps_told(self) -> list[float]:
        """The d_loss of every step that was reported: its own number."""
        return [
            loss for event in self.told(events.StepsCompleted) for loss in event.d_loss.tolist()
        ]

    @property
    def story(self) -> list[str]:
        """The kinds of the events in order, without the steps."""
        kinds = (type(event).__name__ for event in self.events)
        return [kind for kind in kinds if kind != "StepsCompleted"]

    @property
    def end(self) -> events.RunFinished:
        """The last event, of which there must be one."""
        (finished,) = self.told(events.RunFinished)
        assert self.events[-1] is finished
        return finished

    def end_of_call(self, step: int) -> int:
        """The first end of an execution that is not before a step."""
        ends = (first + steps for first, steps in self.execution.calls)
        return next(end for end in ends if end >= step)


def at_step(stage: Stage, step: int, act: Callable[[], None]) -> None:
    """Let something happen in the world once a step is done."""
    usual, pending = stage.commands.reached, [act]

    def reached(now: int) -> None:
        usual(now)
        while pending and now >= step:
            pending.pop()()

    stage.commands.reached = reached


def refusing(stage: Stage, first: int, last: int) -> Stage:
    """A disk that refuses everything between two steps."""
    at_step(stage, first, lambda: setattr(stage.recorder, "error", FULL))
    at_step(stage, last, lambda: setattr(stage.recorder, "error", None))
    return stage


def faults(stage: Stage) -> list[tuple[str, str]]:
    """The events about the disk: their kind and subject."""
    told = (events.StorageFaulted, events.StorageRecovered)
    return [(type(event).__name__, event.what) for event in stage.events if isinstance(event, told)]
