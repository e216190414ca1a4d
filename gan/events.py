"""What happened in a run: frozen records in the past tense, the one language of every front end.

Live, headless and resumed runs, and the log on disk, are the same stream of these. They carry
numbers, strings, paths and read-only arrays, never a tensor, so that a reader needs no TensorFlow.
`gan.run.event_json` writes them as JSON and reads them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

IMAGE_SIDE: Final = 28
"""Rows and columns of an image, in pixels."""

GRID_SIDE: Final = 4
"""Rows and columns of the grid of samples."""

SAMPLES: Final = GRID_SIDE * GRID_SIDE
"""Images in the grid of samples."""

Floats = npt.NDArray[np.float32]
"""One value a step, read-only."""

Images = npt.NDArray[np.uint8]
"""Grey images, 0 black to 255 white, n x 28 x 28, read-only."""

Frames = npt.NDArray[np.uint8]
"""Sixteen images a frame, as `Images` otherwise: n x 16 x 28 x 28."""


def no_images() -> Images:
    """What an event holds whose images are not there: 0 x 28 x 28."""
    return np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)


class Phase(str, Enum):
    """What a run is doing."""

    STARTING = "starting"
    """The process is up and nothing has begun."""

    LOADING = "loading data"
    """Images are being read, downloaded or drawn."""

    IMPORTING = "importing"
    """TensorFlow is being imported."""

    COMPILING = "compiling"
    """The networks are being built and the training step compiled."""

    TRAINING = "training"
    """Steps are being made."""

    PAUSED = "paused"
    """Waiting for `Unpause`; commands are carried out."""

    SAVING = "saving"
    """A checkpoint is being written."""

    FINISHED = "finished"
    """The run reached its end."""

    STOPPED = "stopped"
    """The run was asked to stop before its end, and did."""

    FAILED = "failed"
    """An error ended the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of every event."""

    time: float
    """Seconds since the Unix epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEntered(Event):
    """The run began to do something else."""

    phase: Phase
    detail: str = ""
    """A few words more, such as what is being loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressMade(Event):
    """Some of a long preparation is done."""

    what: str
    """What is being prepared, such as `downloading mnist.npz`."""

    done: int
    total: int
    """0 where the end is not known."""

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
    """Why this source was taken, in one clause."""

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
    """The step of the checkpoint that the run goes on from; none for a new run."""

    train_seconds: float
    """Seconds spent in steps before; 0 for a new run."""


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
    """Images left out of each epoch because they do not fill a batch."""

    jit_compiled: bool
    """Whether XLA compiled the step; else it runs as a plain graph."""

    threads: int
    """Threads for one operation; 0 where TensorFlow decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsCompleted(Event):
    """Steps were made: one value a step since the last such event, nothing left out."""

    first_step: int
    """The number of the first of these steps; a run's first step is 1."""

    d_loss: Floats
    g_loss: Floats
    real_score: Floats
    """Mean over the batch of sigmoid(D(x))."""

    fake_score: Floats
    """Mean over the batch of sigmoid(D(G(z)))."""

    train_seconds: float
    """Seconds spent in training steps over the run's whole life, resumes included."""

    steps_per_execution: int
    """How many steps the last compiled call made."""

    sampling_seconds: float = 0.0
    """Seconds that this process has spent drawing samples and writing them down."""

    saving_seconds: float = 0.0
    """Seconds that this process has spent saving checkpoints."""

    paused_seconds: float = 0.0
    """Seconds that this process has waited while paused."""

    @property
    def last_step(self) -> int:
        """The number of the last of these steps."""
        return self.first_step + len(self.d_loss) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesDrawn(Event):
    """Images were drawn from the fixed latents."""

    step: int
    images: Images = field(repr=False)
    """Sixteen images, 16 x 28 x 28; empty when read back from a log, which keeps their path."""

    path: str | None
    """The PNG, relative to the run directory; none for a look that was not written to disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentsInterpolated(Event):
    """Images were drawn on the way from the present latents to others; the run keeps its own."""

    step: int
    frames: Frames = field(repr=False)
    """The way, n x 16 x 28 x 28, from the present images on; empty when read back from JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSaved(Event):
    """A checkpoint was written, read back and verified."""

    step: int
    path: str
    """Relative to the run directory."""

    size: int
    """Bytes on disk."""

    seconds: float
    """How long training stood still for it."""

    requested: bool
    """Whether a person asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRejected(Event):
    """A checkpoint failed verification and was set aside."""

    path: str
    """Where it is kept now, relative to the run directory."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged(Event):
    """A loss, or the state, stopped being finite numbers. Steps end here; checkpoints stand."""

    step: int
    """The first step that was not finite."""

    message: str
    """What was not, and what to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(Event):
    """The run went back to a checkpoint, and goes on from there on another branch."""

    step: int
    """The checkpoint's step."""

    branch: int
    """How many times the run was rolled back; it keys the draws that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFaulted(Event):
    """The disk refused something. Training goes on, and it is tried again."""

    what: str
    """What could not be written, such as `log` or `checkpoint`."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecovered(Event):
    """What the disk refused before was written."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Stepping stopped."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaused(Event):
    """Stepping went on after a pause."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled(Event):
    """Other latents are in use; the next samples come from them."""

    step: int
    draw: int
    """0 for the run's own latents, n for those of the n-th time that they were drawn anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(Event):
    """The training goes on, and in a way that is known to lead nowhere."""

    step: int
    name: str
    """Which alert it is, such as `d_loss_near_zero`."""

    message: str
    """What was seen, what it means, and what to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something a reader of the log should know."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run ended as asked, with a checkpoint of its last step."""

    step: int
    completed: bool
    """Whether it reached its total steps; else it was stopped."""

    resumable: bool = True
    """Whether there is a checkpoint to go on from; without one it was stopped before it began."""

    train_seconds: float
    """Seconds spent in steps over the run's whole life."""

    exit_code: int
    """What the process returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(Event):
    """An error ended the run."""

    error: str
    """The kind of error."""

    message: str
    """One line."""

    exit_code: int
    traceback: str = field(default="", repr=False)
    """Where it happened; empty for an error that a user is meant to mend."""


Listener = Callable[[Event], None]
"""Receives every event, in order, on the thread where it happened. It must not block."""
