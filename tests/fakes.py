"""Stand-ins for a run, and a small story of events for every test of the dashboard.

Everything is fixed: the times, the losses and the images, so that a picture of the screen is the
same on every machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.events import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gan.commands import Command
    from gan.errors import GanTuiError
    from gan.events import Event, Floats, Images
    from gan.export.request import ExportRequest
    from gan.readings import WorkerReading
    from gan.run_facts.sighting import Viewing

START = 1_700_000_000.0
"""When the story begins: 22:13:20 on 14 November 2023, UTC."""

STEPS_PER_EPOCH = 234
TOTAL_STEPS = 50 * STEPS_PER_EPOCH


class FakeSource:
    """A run that does what the test says: events are put in, commands are kept."""

    def __init__(self, story: Iterable[Event] = ()) -> None:
        self._pending = list(story)
        self.sent: list[Command] = []
        self.drains = 0
        self.before: list[Event] = []
        """Events from before the screen came."""

        self.asked: set[str] = set()
        """The messages that this screen has sent."""

        self.seen: Viewing | None = None
        """What is known of the process that trains, if it is another one."""

        self.measured: tuple[WorkerReading, ...] = ()
        """What the machines of all workers are doing."""

        self.printed: list[str] = []
        """What native libraries are to have printed."""

        self.exported: list[ExportRequest] = []
        self.exports = "/home/ada/runs/00007-mlp-synthetic/exports"
        """The folder of what is exported."""

        self.opened: list[str] = []
        """The paths of the grids that were read."""

        self.error: GanTuiError | None = None
        """What reading or writing raises."""

    def put(self, *story: Event) -> None:
        """Let these have happened since the last call."""
        self._pending += story

    def earlier(self) -> list[Event]:
        earlier, self.before = self.before, []
        return earlier

    def has_asked(self, message_id: str) -> bool:
        return message_id in self.asked

    def machines(self) -> tuple[WorkerReading, ...]:
        return self.measured

    def viewing(self) -> Viewing | None:
        return self.seen

    def drain(self) -> list[Event]:
        self.drains += 1
        pending, self._pending = self._pending, []
        return pending

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def output(self) -> list[str]:
        printed, self.printed = self.printed, []
        return printed

    def read_grid(self, path: str) -> Images:
        self.opened.append(path)
        if self.error is not None:
            raise self.error
        return 255 - squares()

    def export(self, request: ExportRequest) -> str:
        self.exported.append(request)
        if self.error is not None:
            raise self.error
        return f"{self.exports}/{request.kind}"


def floats(*values: float) -> Floats:
    """Read-only losses, as events carry them."""
    array = np.array(values, np.float32)
    array.flags.writeable = False
    return array


def squares() -> Images:
    """Sixteen squares, 16 x 28 x 28: each another, and few changes of colour in a row."""
    away = np.maximum(*np.abs(np.mgrid[:28, :28] - 13.5))
    sides = 3 + np.arange(16) // 2 * 1.5
    levels = 255 - 8 * np.arange(16)
    return np.where(away < sides[:, None, None], levels[:, None, None], 0).astype(np.uint8)


def steps(
    first_step: int = 1,
    count: int = 1,
    *,
    d_loss: Floats | None = None,
    g_loss: Floats | None = None,
    time: float = START + 5,
    train_seconds: float = 10.0,
) -> events.StepsCompleted:
    """`count` steps whose losses swing slowly, unless they are given."""
    at = np.arange(first_step, first_step + count, dtype=np.float32)
    swing = 0.15 * np.sin(at / 40) + 0.1 * np.cos(at * 1.7)
    return events.StepsCompleted(
        time=time,
        first_step=first_step,
        d_loss=(1.1 + swing).astype(np.float32) if d_loss is None else d_loss,
        g_loss=(1.6 - 2 * swing).astype(np.float32) if g_loss is None else g_loss,
        real_score=(0.6 + swing / 2).astype(np.float32),
        fake_score=(0.4 - swing / 2).astype(np.float32),
        train_seconds=train_seconds,
        steps_per_execution=5,
        sampling_seconds=0.03 * train_seconds,
        saving_seconds=0.02 * train_seconds,
    )


def quality(
    step: int,
    fd: float,
    *,
    census: Floats | None = None,
    features: str = "mnist-1",
    images: int = 10_000,
    fd_real: float = 0.59,
    kid: float | None = None,
    is_best: bool = True,
) -> events.QualityMeasured:
    """An evaluation at a step; the other figures follow the Frechet distance."""
    near = float(np.exp(-fd / 30))
    even = floats(*[0.1] * 10)
    return events.QualityMeasured(
        time=START + 5,
        step=step,
        features=features,
        images=images,
        fd=fd,
        fd_real=fd_real,
        kid=fd / 900 if kid is None else kid,
        density=0.98 * near,
        coverage=0.95 * near,
        census=even if census is None else census,
        confident=0.94 * near,
        copies=0.0,
        seconds=0.6,
        is_best=is_best,
    )


def loading() -> list[Event]:
    """A run that has begun to draw its data."""
    return [
        events.PhaseEntered(time=START, phase=Phase.LOADING),
        events.ProgressMade(
            time=START + 1, what="drawing digits", done=24_000, total=60_000, unit="images"
        ),
    ]


def compiling() -> list[Event]:
    """A run that has its data and is compiling."""
    return [
        *loading(),
        events.DataLoaded(
            time=START + 2,
            name="synthetic",
            images=60_000,
            fingerprint="0" * 64,
            reason="no network",
            examples=squares()[::-1],
        ),
        events.RunStarted(
            time=START + 2,
            name="00007-mlp-synthetic",
            run_dir="/home/ada/runs/00007-mlp-synthetic",
            config={"preset": "mlp"},
            resumed_from=None,
            train_seconds=0.0,
        ),
        events.PhaseEntered(time=START + 2, phase=Phase.IMPORTING),
        events.PhaseEntered(time=START + 4.5, phase=Phase.COMPILING),
    ]


def training() -> list[Event]:
    """A run that has made 1,200 of 11,700 steps, the last 200 of them in the last record."""
    return [
        *compiling(),
        events.ModelsBuilt(
            time=START + 8,
            device="CPU",
            generator_params=566_800,
            discriminator_params=533_505,
            steps_per_epoch=STEPS_PER_EPOCH,
            total_steps=TOTAL_STEPS,
            batch_size=256,
            images_dropped=96,
            jit_compiled=True,
            threads=2,
        ),
        events.PhaseEntered(time=START + 8, phase=Phase.TRAINING),
        steps(1, 1000, train_seconds=10.0),
        events.SamplesDrawn(time=START + 18, step=1000, images=squares(), path=None),
        steps(1001, 200, train_seconds=12.0),
    ]


def measured() -> list[Event]:
    """The same run after five evaluations: the fourth is the best, and a class is rare."""
    census = floats(0.11, 0.13, 0.1, 0.1, 0.004, 0.09, 0.11, 0.12, 0.126, 0.11)
    distances = [52.4, 31.0, 12.6, 8.21, 9.77]
    return [
        *training(),
        *(
            quality(234 * number, fd, census=census, is_best=number < 5)
            for number, fd in enumerate(distances, 1)
        ),
    ]


def raw() -> list[Event]:
    """The same run while its raw generator is shown, with the relativistic loss."""
    story = [
        replace(event, config={"preset": "mlp", "loss": "relativistic"})
        if isinstance(event, events.RunStarted)
        else event
        for event in measured()
    ]
    return [*story, events.GeneratorShown(time=START + 20, step=1200, raw=True)]


def paused() -> list[Event]:
    """The same run after a pause and a checkpoint were asked for."""
    return [
        *training(),
        events.Paused(time=START + 20, step=1200),
        events.CheckpointSaved(
            time=START + 21,
            step=1200,
            path="checkpoints/step-00001200",
            size=13_200_000,
            seconds=0.21,
            requested=True,
        ),
    ]


def diverged() -> list[Event]:
    """The same run, waiting for a decision after a loss was no longer a number."""
    broken = floats(*[1.0] * 9, np.nan)
    message = "the losses became non-finite at step 1210: d_loss nan. Try a lower rate."
    return [
        *training(),
        steps(1201, 10, d_loss=broken, g_loss=broken, train_seconds=12.1),
        events.Diverged(time=START + 21, step=1210, message=message),
        events.Paused(time=START + 21, step=1210),
    ]


def failed() -> list[Event]:
    """The same run after its losses were no longer numbers."""
    broken = floats(*[np.nan] * 10)
    return [
        *training(),
        steps(1201, 10, d_loss=broken, g_loss=broken, train_seconds=12.1),
        events.RunFailed(
            time=START + 21,
            error="DivergedError",
            message="the losses are not finite from step 1201 on; try a lower --learning-rate",
            exit_code=3,
        ),
    ]


def finished() -> list[Event]:
    """The same run at its end."""
    return [
        *training(),
        steps(1201, TOTAL_STEPS - 1200, train_seconds=102.0),
        events.SamplesDrawn(
            time=START + 110, step=TOTAL_STEPS, images=squares(), path="samples/011700.png"
        ),
        events.RunFinished(
            time=START + 111,
            step=TOTAL_STEPS,
            completed=True,
            train_seconds=102.0,
            exit_code=0,
        ),
    ]
