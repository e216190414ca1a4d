"""What happened in a run: frozen records in the past tense, shared by every front end.

A live, headless or resumed run and its log on disk are the same stream of events. They carry
numbers, strings, paths and read-only arrays, never a tensor, so a reader needs no TensorFlow.
`gan.run.event_json` writes them as JSON and reads them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
import numpy.typing as npt

IMAGE_SIDE: Final = 28
"""Rows and columns of an image, in pixels."""

GRID_SIDE: Final = 4
"""Rows and columns of the grid of samples."""

SAMPLES: Final = GRID_SIDE * GRID_SIDE
"""Images in the grid of samples."""

Time = float
"""Seconds since the Unix epoch."""

Seconds = float
"""A duration: finite, and at least 0."""

Floats = npt.NDArray[np.float32]
"""One value a step, read-only."""

Shares = npt.NDArray[np.float32]
"""One value a class, in the classes' order, with the sum 1; empty without classes. Read-only."""

Labels = tuple[int, ...]
"""The label of each class, sorted."""

Names = tuple[str, ...]
"""Words that programs know, such as the names of commands."""

Series = dict[str, Floats]
"""Values by the name of what they are, each array with one value a step, read-only."""

Images = npt.NDArray[np.uint8]
"""Greyscale images, 0 black to 255 white, n x 28 x 28, read-only."""

Frames = npt.NDArray[np.uint8]
"""Sixteen images a frame, as `Images` otherwise: n x 16 x 28 x 28."""


def no_images() -> Images:
    """An empty array of images, 0 x 28 x 28: for an event whose images weren't kept."""
    return np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)


class Phase(str, Enum):
    """What a run is doing."""

    STARTING = "starting"
    """The process is up; nothing has begun."""

    LOADING = "loading data"
    """Images are being read, downloaded or drawn."""

    IMPORTING = "importing"
    """TensorFlow is being imported."""

    COMPILING = "compiling"
    """The networks are being built and the training step is being compiled."""

    TRAINING = "training"
    """Steps are being made."""

    PAUSED = "paused"
    """Waiting for `Unpause`; other commands are still carried out."""

    SAVING = "saving"
    """A checkpoint is being written."""

    EVALUATING = "evaluating"
    """The last step is done, and the last evaluation is awaited."""

    FINISHED = "finished"
    """The run reached its end."""

    STOPPED = "stopped"
    """The run was stopped before its end."""

    FAILED = "failed"
    """An error ended the run."""


class Severity(IntEnum):
    """How much an event matters to a reader. Logs, alerts and colours follow it."""

    INFO = 0
    """The run goes as it should."""

    NOTICE = 1
    """Something that a person asked for or waited for has happened."""

    WARNING = 2
    """The run goes on, and a person should know."""

    ERROR = 3
    """The run failed, diverged or can't use the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of every event."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.INFO

    OUTLIVES_PROCESS: ClassVar[bool] = False
    """Whether a resumed run shows it again.

    Events about preparing, pausing or ending concern only the process in which they happened.
    """

    time: Time

    @property
    def severity(self) -> Severity:
        """How much this event matters to a reader."""
        return self.DEFAULT_SEVERITY


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEntered(Event):
    """The run entered a phase."""

    phase: Phase
    detail: str = ""
    """A few more words, such as what is being loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressMade(Event):
    """Part of a long preparation is done."""

    what: str
    """What is being prepared, such as `downloading mnist.npz`."""

    done: int
    total: int
    """0 if unknown."""

    unit: str
    """What is counted, such as `images` or `bytes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoaded(Event):
    """The images are in memory."""

    name: str
    """Short name of the data set, such as `mnist`."""

    images: int
    fingerprint: str
    """SHA-256 of the pixels, in hexadecimal."""

    reason: str
    """Why this source was chosen, in one clause."""

    examples: Images = field(default_factory=no_images, repr=False, compare=False)
    """Sixteen real images, 16 x 28 x 28; empty when read back from a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """The run directory exists and this process is its only writer."""

    name: str
    """The directory's own name, such as `00007-mlp-mnist`."""

    run_dir: str
    """The directory's absolute path."""

    config: dict[str, Any]
    """The resolved configuration, as `RunConfig.to_json` gives it."""

    resumed_from: int | None
    """The step of the checkpoint that the run resumed from; `None` for a new run."""

    train_seconds: Seconds
    """Seconds spent in training steps so far; 0 for a new run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsBuilt(Event):
    """The networks are on their device and the training step is compiled."""

    device: str
    """The device's name, such as `CPU` or `NVIDIA H100`."""

    generator_params: int
    """Trainable parameters."""

    discriminator_params: int
    """Trainable parameters."""

    steps_per_epoch: int
    total_steps: int
    batch_size: int
    images_dropped: int
    """Images left out of each epoch because they don't fill a batch."""

    jit_compiled: bool
    """Whether XLA compiled the step; otherwise it runs as a plain graph."""

    threads: int
    """Threads for one operation; 0 if TensorFlow decides."""

    gpu_idle: str = ""
    """Why the run is on the CPU though the machine has a GPU, and what helps; empty otherwise."""

    replicas: int = 1
    """Devices that share each batch, of all processes together."""

    workers: int = 1
    """Processes that train together."""

    devices: str = ""
    """The numbers of this process's devices, such as `GPU 0, 2`; empty for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(Event):
    """The run is that of another program's training loop, which `gan.Recorder` records.

    It takes the place of `ModelsBuilt`: such a run has no networks, no data and no checkpoints that
    this program knows of.
    """

    program: str
    """The program whose loop is recorded, such as `train.py`."""

    total_steps: int
    """0 if the loop doesn't say."""

    batch_size: int
    """Images in a step; 0 if the loop doesn't say."""

    obeys: Names
    """The commands that the loop carries out, such as `pause`, by their names in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLogged(Event):
    """A recorded loop logged values: one a step for each name, and NaN where it logged none.

    Two losses called `d_loss` and `g_loss` aren't among them: they, and the scores, are in a
    `StepsCompleted` of the same steps, with NaN for scores that the loop doesn't log.
    """

    OUTLIVES_PROCESS: ClassVar[bool] = True

    first_step: int
    """Number of the first of these steps; a run's first step is 1."""

    series: Series
    """At least one; all have the same length, at least 1."""

    train_seconds: Seconds
    """Seconds since the loop began, pauses left out."""

    @property
    def last_step(self) -> int:
        """Number of the last of these steps."""
        return self.first_step + len(next(iter(self.series.values()))) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsCompleted(Event):
    """Steps were completed. The arrays hold one value for each step since the last such event."""

    OUTLIVES_PROCESS: ClassVar[bool] = True

    first_step: int
    """Number of the first of these steps; a run's first step is 1."""

    d_loss: Floats
    g_loss: Floats
    real_score: Floats
    """Mean over the batch of sigmoid(D(x)).

    With the relativistic loss, the share of pairs of a real and a fake image that D ranks right.
    """

    fake_score: Floats
    """Mean over the batch of sigmoid(D(G(z))); with the relativistic loss, 1 - `real_score`."""

    train_seconds: Seconds
    """Seconds spent in training steps over the whole run, resumes included."""

    steps_per_execution: int
    """Steps in the last compiled call."""

    sampling_seconds: Seconds = 0.0
    """Seconds that this process has spent drawing and writing samples."""

    saving_seconds: Seconds = 0.0
    """Seconds that this process has spent saving checkpoints."""

    evaluating_seconds: Seconds = 0.0
    """Seconds that training has waited for evaluations in this process."""

    paused_seconds: Seconds = 0.0
    """Seconds that this process has been paused."""

    @property
    def last_step(self) -> int:
        """Number of the last of these steps."""
        return self.first_step + len(self.d_loss) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionMeasured(Event):
    """It was measured how much of the steps' time replicas spend on exchanging."""

    step: int
    """Steps completed."""

    share: float
    """Of the time of a step, from 0 to 1: what it takes longer than one that exchanges nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesDrawn(Event):
    """Images were drawn from the current latents."""

    OUTLIVES_PROCESS: ClassVar[bool] = True

    step: int
    images: Images = field(repr=False)
    """Sixteen images, 16 x 28 x 28; empty if read back from a log, which keeps only the path."""

    path: str | None
    """The PNG, relative to the run directory; `None` for a preview, which isn't written to disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentsInterpolated(Event):
    """Images were drawn between the current latents and new ones; the run keeps its own."""

    step: int
    frames: Frames = field(repr=False)
    """The interpolation, n x 16 x 28 x 28, from the current images on; empty if read from JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityMeasured(Event):
    """Generated images were compared with real ones; `gan.quality` defines each figure.

    Figures of different feature networks, or of different numbers of images, can't be compared.
    A figure that the data don't allow is NaN.
    """

    OUTLIVES_PROCESS: ClassVar[bool] = True

    step: int
    features: str
    """Name of the network whose features are compared, such as `mnist-1`."""

    images: int
    """Generated images that were measured."""

    fd: float
    """Frechet distance of generated images from real ones."""

    fd_real: float
    """The same distance of as many other real images: what a perfect generator would have."""

    kid: float
    """Kernel distance, unbiased: around 0 for a perfect generator."""

    density: float
    """How densely real images surround a generated one: about 1 if they are alike."""

    coverage: float
    """Share of real images that have a generated one nearby, from 0 to 1."""

    census: Shares
    """Share of the generated images in each class, as the feature network classifies them."""

    confident: float
    """Share of generated images whose class has a probability above 0.9."""

    copies: float
    """Share of generated images that repeat a training image."""

    seconds: Seconds
    """How long training waited for it."""

    is_best: bool
    """Whether `fd` is the minimum of the run so far."""

    classes: Labels = ()
    """The label of each class of the census; empty without classes."""

    @property
    def severity(self) -> Severity:
        """A notice if it is the best so far."""
        return Severity.NOTICE if self.is_best else Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSaved(Event):
    """A checkpoint was written, read back and verified."""

    OUTLIVES_PROCESS: ClassVar[bool] = True

    step: int
    path: str
    """Relative to the run directory."""

    size: int
    """Bytes on disk."""

    seconds: Seconds
    """How long training waited for it."""

    requested: bool
    """Whether a person asked for it."""

    @property
    def severity(self) -> Severity:
        """A notice if it was requested."""
        return Severity.NOTICE if self.requested else Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRejected(Event):
    """A checkpoint failed verification and was set aside."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.WARNING

    path: str
    """Where it is now, relative to the run directory."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged(Event):
    """A loss or the state became non-finite. No more steps are made; checkpoints are kept."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.ERROR

    step: int
    """The first non-finite step."""

    message: str
    """What became non-finite, and what to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(Event):
    """The run went back to a checkpoint and continues from there on another branch."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    step: int
    """The checkpoint's step."""

    branch: int
    """Number of roll-backs so far; it keys the random draws that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMoved(Event):
    """The run's directory was renamed while it trains; the run goes on in it."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.WARNING

    name: str
    """The directory's own name now."""

    run_dir: str
    """The directory's absolute path now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFaulted(Event):
    """Reading from or writing to disk failed. Training goes on, and it is tried again."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.ERROR

    what: str
    """What couldn't be read or written, such as `log`, `checkpoint` or `mailbox`."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecovered(Event):
    """Something that couldn't be read or written can be again."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Training paused."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaused(Event):
    """Training went on after a pause."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled(Event):
    """Other latents are in use; the next samples come from them."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE
    OUTLIVES_PROCESS: ClassVar[bool] = True

    step: int
    draw: int
    """0 for the run's own latents, n for the n-th new ones."""


class Alert(NamedTuple):
    """A warning about the training, for a person, before it is an event."""

    name: str
    """Which alert it is, such as `d_loss_near_zero`."""

    message: str
    """What was seen, what it means, and what to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorShown(Event):
    """Another generator is shown; the newest preview comes from it, and those that follow."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    step: int
    raw: bool
    """Whether it is the raw generator, as its optimizer left it, and not the averaged one."""


GPU_IDLE: Final = "gpu_idle"
"""The name of the alert that a run takes the CPU while a GPU of the machine idles."""

STALLED: Final = "stalled"
"""The name of the alert that steps do not come back from the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(Event):
    """The training goes on, but shows a known sign of failure."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.WARNING
    OUTLIVES_PROCESS: ClassVar[bool] = True

    step: int
    name: str
    """Which alert it is, such as `d_loss_near_zero`."""

    message: str
    """What was seen, what it means, and what to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something a reader of the log should know."""

    OUTLIVES_PROCESS: ClassVar[bool] = True

    text: str
    warning: bool = False

    @property
    def severity(self) -> Severity:
        """As `warning` says."""
        return Severity.WARNING if self.warning else Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(Event):
    """A command that another process has sent was carried out, or refused."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    id: str
    """The message's own."""

    command: str
    """The command's name, such as `save`."""

    sender: str
    """Who sent it, such as `ann@host (pid 123)`; empty if the message does not say."""

    step: int
    """Steps completed; the step of the checkpoint or of the evaluation, if it asked for one."""

    done: bool
    """Whether it was carried out."""

    reason: str = ""
    """Why it was refused; empty if it was carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run ended as planned, with a checkpoint of its last step."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.NOTICE

    step: int
    completed: bool
    """Whether it reached its total steps; otherwise it was stopped."""

    resumable: bool = True
    """Whether there is a run to resume; `False` if it was stopped before it had a directory, or is
    that of a recorded loop."""

    train_seconds: Seconds
    """Seconds spent in training steps over the whole run."""

    exit_code: int
    """What the process returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(Event):
    """An error ended the run."""

    DEFAULT_SEVERITY: ClassVar[Severity] = Severity.ERROR

    error: str
    """The kind of error."""

    message: str
    """One line."""

    exit_code: int
    traceback: str = field(default="", repr=False)
    """Where it happened; empty for an error that the user can fix."""


KINDS: Final[dict[str, type[Event]]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}
"""Every kind of event by its name, in the order of this module."""

Listener = Callable[[Event], None]
"""Receives every event, in order, on the thread where it happened. It must not block."""
