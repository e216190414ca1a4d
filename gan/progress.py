"""Where a run stands: the numbers that every front end shows, folded from its events.

The status file, the consoles, the summary and the dashboard all read this one record, so that none
of them counts differently. It holds scalars only; the dashboard keeps the history of losses itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import singledispatch
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from gan import events
from gan.events import Event, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Best:
    """An evaluation that had the minimum distance of those before that it can be compared with."""

    step: int
    fd: float
    features: str
    """The network whose features were compared, and the number of images: figures of others can't
    be compared with this one."""

    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run's numbers after the events so far. Start with `RunProgress()`; `apply` each event."""

    phase: Phase = Phase.STARTING
    detail: str = ""
    """A few more words about the phase."""

    prepared: tuple[str, int, int, str] | None = None
    """A long preparation: what, how much is done, the total (0 if unknown), the unit."""

    name: str = ""
    """The run directory's own name; empty until there is one."""

    run_dir: str = ""
    """The run directory's absolute path; empty until there is one."""

    preset: str = ""
    loss: str = "classic"
    """The kind of loss; it decides what `real_score` and `fake_score` mean."""

    program: str = ""
    """The program whose loop is recorded; empty for a run that gan-tui trains itself."""

    obeys: frozenset[str] = frozenset()
    """The commands that a recorded loop carries out, by their names in a message."""

    series: Mapping[str, float] = field(default_factory=dict)
    """The newest value of everything else that a recorded loop has logged, in the order in which
    it first came. A step at which a series wasn't logged changes nothing."""

    data: str = ""
    """Short name of the data set."""

    data_reason: str = ""
    """Why this data set was chosen."""

    device: str = ""
    gpu_idle: str = ""
    """Why the run is on the CPU though the machine has a GPU; empty otherwise."""

    replicas: int = 1
    """Devices that share each batch, of all processes together."""

    workers: int = 1
    """Processes that train together."""

    devices: str = ""
    """The numbers of the first process's devices, such as `GPU 0, 2`; empty for one."""

    jit_compiled: bool = False
    resumed_from: int | None = None

    step: int = 0
    """Steps completed."""

    total_steps: int = 0
    """Steps in the whole run; 0 if unknown, as of a recorded loop that doesn't say."""

    steps_per_epoch: int = 0
    batch_size: int = 0
    """Images in a step; 0 if unknown."""

    d_loss: float = math.nan
    """The last step's discriminator loss; of a recorded loop the last that was logged."""

    g_loss: float = math.nan
    """The last step's generator loss; of a recorded loop the last that was logged."""

    real_score: float = math.nan
    """The last step's, as in `StepsCompleted`."""

    fake_score: float = math.nan
    """The last step's, as in `StepsCompleted`."""

    best_d_loss: float = math.inf
    """The minimum finite discriminator loss of the run."""

    best_g_loss: float = math.inf
    """The minimum finite generator loss of the run."""

    evaluated_step: int | None = None
    """The step whose generated images were measured last; the next five belong to it."""

    fd: float = math.nan
    """Frechet distance of generated images from real ones."""

    fd_real: float = math.nan
    """The same distance of other real images: what a perfect generator would have."""

    kid: float = math.nan
    """Kernel distance."""

    features: str = ""
    """The network whose features were compared."""

    evaluated_images: int = 0
    """Generated images that were measured."""

    bests: tuple[Best, ...] = ()
    """Every evaluation that was the best so far, in the order of steps."""

    train_seconds: float = 0.0
    """Seconds spent in training steps over the whole run."""

    sampling_seconds: float = 0.0
    """Seconds spent on samples. This and the next three are those of the newest process."""

    saving_seconds: float = 0.0
    """Seconds spent saving checkpoints."""

    evaluating_seconds: float = 0.0
    """Seconds that training has waited for evaluations."""

    paused_seconds: float = 0.0
    """Seconds paused."""

    steps_per_second: float = 0.0
    """Speed over the last second or so of training."""

    reduction_share: float = math.nan
    """Share of a step's time that replicas exchange, from 0 to 1; NaN before it was measured."""

    steps_per_execution: int = 0
    shows_raw: bool = False
    """Whether previews come from the raw generator and not from the averaged one."""

    checkpoint_step: int | None = None
    """The step of the newest checkpoint."""

    diverged_step: int | None = None
    """The step at which the run diverged, until it is rolled back."""

    faults: tuple[tuple[str, str], ...] = ()
    """Current disk faults: pairs of what can't be read or written, and a message."""

    error: str = ""
    """One line, if an error ended the run."""

    traceback: str = ""
    """Where an unexpected error happened; empty for an error that the user can fix."""

    completed: bool = False
    """Whether the run reached its total steps."""

    exit_code: int | None = None
    """What the process will return; `None` while the run lives."""

    @property
    def best(self) -> Best | None:
        """The best evaluation so far; `None` before the first."""
        return self.bests[-1] if self.bests else None

    @property
    def epoch(self) -> int:
        """The epoch of the next step, from 1; the last epoch once the run is complete."""
        if not self.steps_per_epoch:
            return 0
        return min(self.step // self.steps_per_epoch + 1, self.total_epochs)

    @property
    def total_epochs(self) -> int:
        """Epochs in the run; the last may be cut short."""
        if not self.steps_per_epoch:
            return 0
        return math.ceil(self.total_steps / self.steps_per_epoch)

    @property
    def images_per_second(self) -> float:
        """Real images used per second."""
        return self.steps_per_second * self.batch_size

    @property
    def seconds_left(self) -> float | None:
        """Seconds of training to go at the current speed; `None` if that or the end is unknown."""
        if self.steps_per_second <= 0 or not self.total_steps:
            return None
        return max(self.total_steps - self.step, 0) / self.steps_per_second

    @property
    def ended(self) -> bool:
        """Whether no more events will come."""
        return self.exit_code is not None


RECORDED_PROGRAM: Final = "recorded_program"
"""The entry of a recorded run's configuration that names the program; no other run has it."""

_NOTHING_YET: Final = RunProgress()
_EVALUATION: Final = ("evaluated_step", "fd", "fd_real", "kid", "features", "evaluated_images")
"""The fields of the newest evaluation."""

MAX_SERIES: Final = 256
"""Series whose newest value is known: those that came first. A log may name others without end."""

_SPEED_MEMORY_SECONDS = 2.0
"""Time constant of the speed's moving average: steady to read, yet a stall shows at once."""


_SHORTEST_SECONDS = 1e-9
"""Steps that took less give no speed: no clock measures it, and a quotient could overflow."""


def apply(progress: RunProgress, event: Event) -> RunProgress:
    """The progress after one more event; the same object if the event changes no number."""
    return _apply(event, progress)


@singledispatch
def _apply(event: Event, progress: RunProgress) -> RunProgress:
    del event
    return progress


@_apply.register
def _(event: events.PhaseEntered, progress: RunProgress) -> RunProgress:
    return replace(progress, phase=event.phase, detail=event.detail, prepared=None)


@_apply.register
def _(event: events.ProgressMade, progress: RunProgress) -> RunProgress:
    return replace(progress, prepared=(event.what, event.done, event.total, event.unit))


@_apply.register
def _(event: events.DataLoaded, progress: RunProgress) -> RunProgress:
    return replace(progress, data=event.name, data_reason=event.reason, prepared=None)


@_apply.register
def _(event: events.RunStarted, progress: RunProgress) -> RunProgress:
    return replace(
        progress,
        name=event.name,
        run_dir=event.run_dir,
        preset=str(event.config.get("preset", "")),
        loss=str(event.config.get("loss") or "classic"),
        program=str(event.config.get(RECORDED_PROGRAM, "")),
        obeys=frozenset(),
        shows_raw=False,
        resumed_from=event.resumed_from,
        checkpoint_step=event.resumed_from,
        step=event.resumed_from or 0,
        train_seconds=event.train_seconds,
        sampling_seconds=0.0,
        saving_seconds=0.0,
        evaluating_seconds=0.0,
        paused_seconds=0.0,
        steps_per_second=0.0,
        reduction_share=math.nan,
        completed=False,
        diverged_step=None,
        error="",
        exit_code=None,
    )


@_apply.register
def _(event: events.ModelsBuilt, progress: RunProgress) -> RunProgress:
    return replace(
        progress,
        device=event.device,
        gpu_idle=event.gpu_idle,
        replicas=event.replicas,
        workers=event.workers,
        devices=event.devices,
        jit_compiled=event.jit_compiled,
        steps_per_epoch=event.steps_per_epoch,
        total_steps=event.total_steps,
        batch_size=event.batch_size,
    )


@_apply.register
def _(event: events.RecordingStarted, progress: RunProgress) -> RunProgress:
    return replace(
        progress,
        program=event.program,
        obeys=frozenset(event.obeys),
        total_steps=event.total_steps,
        batch_size=event.batch_size,
    )


@_apply.register
def _(event: events.SeriesLogged, progress: RunProgress) -> RunProgress:
    newest = {name: _newest(values) for name, values in event.series.items()}
    known = progress.series
    news = {name: one for name, one in newest.items() if name not in known or not math.isnan(one)}
    return replace(
        progress,
        step=max(event.last_step, progress.step),
        series=dict(islice({**known, **news}.items(), MAX_SERIES)),
        train_seconds=max(event.train_seconds, progress.train_seconds),
        steps_per_second=_speed_of(event.last_step - progress.step, event.train_seconds, progress),
    )


@_apply.register
def _(event: events.StepsCompleted, progress: RunProgress) -> RunProgress:
    d_loss, g_loss = _newest_losses(event, progress)
    return replace(
        progress,
        step=event.last_step,
        d_loss=d_loss,
        g_loss=g_loss,
        real_score=float(event.real_score[-1]),
        fake_score=float(event.fake_score[-1]),
        best_d_loss=min(progress.best_d_loss, _minimum(event.d_loss)),
        best_g_loss=min(progress.best_g_loss, _minimum(event.g_loss)),
        train_seconds=event.train_seconds,
        sampling_seconds=event.sampling_seconds,
        saving_seconds=event.saving_seconds,
        evaluating_seconds=event.evaluating_seconds,
        paused_seconds=event.paused_seconds,
        steps_per_second=_speed_of(_made(event, progress), event.train_seconds, progress),
        steps_per_execution=event.steps_per_execution,
    )


@_apply.register
def _(event: events.ReductionMeasured, progress: RunProgress) -> RunProgress:
    return replace(progress, reduction_share=event.share)


@_apply.register
def _(event: events.QualityMeasured, progress: RunProgress) -> RunProgress:
    best = Best(event.step, event.fd, event.features, event.images)
    return replace(
        progress,
        evaluated_step=event.step,
        fd=event.fd,
        fd_real=event.fd_real,
        kid=event.kid,
        features=event.features,
        evaluated_images=event.images,
        bests=(*progress.bests, best) if event.is_best else progress.bests,
    )


@_apply.register
def _(event: events.CheckpointSaved, progress: RunProgress) -> RunProgress:
    # That of the best evaluation is of an earlier step than another may have been.
    return replace(progress, checkpoint_step=max(event.step, progress.checkpoint_step or 0))


@_apply.register
def _(event: events.Diverged, progress: RunProgress) -> RunProgress:
    return replace(progress, diverged_step=event.step)


@_apply.register
def _(event: events.AlertRaised, progress: RunProgress) -> RunProgress:
    # No step is made, so the speed before says nothing any more.
    return replace(progress, steps_per_second=0.0) if event.name == events.STALLED else progress


@_apply.register
def _(event: events.RolledBack, progress: RunProgress) -> RunProgress:
    bests = tuple(best for best in progress.bests if best.step <= event.step)
    # The run goes back to its newest checkpoint that verifies; a later one may have been damaged.
    progress = replace(
        progress, diverged_step=None, step=event.step, checkpoint_step=event.step, bests=bests
    )
    if (progress.evaluated_step or 0) <= event.step:
        return progress
    # The newest figures are those of steps that the run has gone back from.
    nothing = {name: getattr(_NOTHING_YET, name) for name in _EVALUATION}
    return replace(progress, **nothing)


@_apply.register
def _(event: events.RunMoved, progress: RunProgress) -> RunProgress:
    return replace(progress, name=event.name, run_dir=event.run_dir)


@_apply.register
def _(event: events.StorageFaulted, progress: RunProgress) -> RunProgress:
    others = _other_faults(progress, event.what)
    return replace(progress, faults=(*others, (event.what, event.message)))


@_apply.register
def _(event: events.StorageRecovered, progress: RunProgress) -> RunProgress:
    return replace(progress, faults=_other_faults(progress, event.what))


@_apply.register
def _(event: events.Paused, progress: RunProgress) -> RunProgress:
    return replace(progress, phase=Phase.PAUSED, detail="", step=event.step)


@_apply.register
def _(event: events.Unpaused, progress: RunProgress) -> RunProgress:
    return replace(progress, phase=Phase.TRAINING, detail="", step=event.step)


@_apply.register
def _(event: events.GeneratorShown, progress: RunProgress) -> RunProgress:
    return replace(progress, shows_raw=event.raw)


@_apply.register
def _(event: events.RunFinished, progress: RunProgress) -> RunProgress:
    return replace(
        progress,
        phase=Phase.FINISHED if event.completed else Phase.STOPPED,
        detail="",
        step=event.step,
        completed=event.completed,
        train_seconds=event.train_seconds,
        exit_code=event.exit_code,
    )


@_apply.register
def _(event: events.RunFailed, progress: RunProgress) -> RunProgress:
    return replace(
        progress,
        phase=Phase.FAILED,
        detail="",
        error=event.message,
        traceback=event.traceback,
        exit_code=event.exit_code,
    )


def to_json(progress: RunProgress) -> dict[str, Any]:
    """The numbers that a status file or a script needs; non-finite values are `None`."""
    return {
        "phase": progress.phase.value,
        "step": progress.step,
        "total_steps": progress.total_steps,
        "epoch": progress.epoch,
        "total_epochs": progress.total_epochs,
        "program": progress.program,
        "data": progress.data,
        "preset": progress.preset,
        "device": progress.device,
        "replicas": progress.replicas,
        "workers": progress.workers,
        "d_loss": _finite(progress.d_loss),
        "g_loss": _finite(progress.g_loss),
        "series": {name: _finite(value) for name, value in progress.series.items()},
        "steps_per_second": _rounded(progress.steps_per_second, 3),
        "images_per_second": _rounded(progress.images_per_second, 1),
        "reduction_share": _rounded(progress.reduction_share, 4),
        "train_seconds": round(progress.train_seconds, 3),
        "sampling_seconds": round(progress.sampling_seconds, 3),
        "saving_seconds": round(progress.saving_seconds, 3),
        "evaluating_seconds": round(progress.evaluating_seconds, 3),
        "paused_seconds": round(progress.paused_seconds, 3),
        **_quality_json(progress),
        "checkpoint_step": progress.checkpoint_step,
        "diverged_step": progress.diverged_step,
        "faults": dict(progress.faults),
        "exit_code": progress.exit_code,
        "error": progress.error,
    }


def _quality_json(progress: RunProgress) -> dict[str, Any]:
    """The newest evaluation and the best one; `None` before the first."""
    best = progress.best
    return {
        "evaluated_step": progress.evaluated_step,
        "fd": _finite(progress.fd),
        "fd_real": _finite(progress.fd_real),
        "kid": _finite(progress.kid),
        "features": progress.features,
        "evaluated_images": progress.evaluated_images,
        "best_fd": _finite(best.fd) if best else None,
        "best_fd_step": best.step if best else None,
    }


def _other_faults(progress: RunProgress, what: str) -> tuple[tuple[str, str], ...]:
    return tuple(fault for fault in progress.faults if fault[0] != what)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: float, decimals: int) -> float | None:
    return round(value, decimals) if math.isfinite(value) else None


def _minimum(values: npt.NDArray[np.float32]) -> float:
    # All at once: a viewer takes in the losses of millions of steps. False for NaN too.
    finite = values[abs(values) < math.inf]
    return float(finite.min()) if len(finite) else math.inf


def _newest(values: npt.NDArray[np.float32]) -> float:
    """The last value that was logged; NaN if there is none."""
    logged = values[values == values]  # noqa: PLR0124 - false for NaN alone
    return float(logged[-1]) if len(logged) else math.nan


def _newest_losses(event: events.StepsCompleted, progress: RunProgress) -> tuple[float, float]:
    """D's and G's losses after an event.

    A recorded loop may log one of them at every fifth step only. Steps at which neither is a number
    say that the losses have become NaN.
    """
    if not progress.program:
        return float(event.d_loss[-1]), float(event.g_loss[-1])
    d_loss, g_loss = _newest(event.d_loss), _newest(event.g_loss)
    if math.isnan(d_loss) and math.isnan(g_loss):
        return d_loss, g_loss
    return (
        progress.d_loss if math.isnan(d_loss) else d_loss,
        progress.g_loss if math.isnan(g_loss) else g_loss,
    )


def _made(event: events.StepsCompleted, progress: RunProgress) -> int:
    """How many steps an event adds; those of a recorded loop may have come with its series."""
    return event.last_step - progress.step if progress.program else len(event.d_loss)


def _speed_of(steps: int, train_seconds: float, progress: RunProgress) -> float:
    """Moving average of the speed in steps per second, weighted by time.

    Args:
        steps: Steps made since the progress; what came before it says nothing new.
        train_seconds: Seconds of training up to their last.
        progress: Where the run stood before.
    """
    seconds = train_seconds - progress.train_seconds
    if seconds < _SHORTEST_SECONDS or steps <= 0:
        return progress.steps_per_second
    newest = steps / seconds
    if progress.steps_per_second <= 0:
        return newest
    weight = -math.expm1(-seconds / _SPEED_MEMORY_SECONDS)
    return progress.steps_per_second + weight * (newest - progress.steps_per_second)
