"""Errors that end a run or prevent it from starting, and their exit codes.

The hierarchy, with exit codes:

    GanTuiError            1   any other error
    ├── UsageError         2   an invalid option or combination of options
    ├── Diverged           3   a loss is no longer finite
    ├── DataError          4   no usable images
    ├── CheckpointError    4   no usable run or checkpoint
    ├── DeviceError        1   a device that is missing, out of memory or already set up
    │   └── CompilationError   1   the training step doesn't run on the device
    ├── RunLockedError     1   another process is using the run
    ├── WorkersError       1   the processes that were to train together don't come together
    │   └── WorkerLostError   75   one of them is gone; the run can be resumed
    └── StorageError      74   reading from or writing to disk failed

A message is one line that says what was received, what was expected, and what to do.
"""

from __future__ import annotations

from typing import Final

EXIT_CODES: Final = {
    "0": "done",
    "1": "error",
    "2": "usage",
    "3": "diverged",
    "4": "no usable data or checkpoint",
    "74": "input/output error",
    "75": "stopped early and resumable",
    "128+n": "stopped by signal n",
}
"""Every exit code, and what it means."""


class GanTuiError(Exception):
    """Base class of all errors whose message is meant for users."""

    exit_code: int = 1
    """The process's exit code when this error ends it."""


class UsageError(GanTuiError):
    """An invalid option or combination of options."""

    exit_code = 2


class Diverged(GanTuiError):  # noqa: N818 - the word the field uses
    """A loss is no longer finite."""

    exit_code = 3


class DataError(GanTuiError):
    """There are no usable images: missing, malformed, or of the wrong shape."""

    exit_code = 4


class CheckpointError(GanTuiError):
    """There is no usable run or checkpoint to resume from."""

    exit_code = 4


class DeviceError(GanTuiError):
    """The device is missing or out of memory, or TensorFlow was already set up for another one."""


class CompilationError(DeviceError):
    """The networks can't be built on the device, or the training step doesn't run on it."""


class RunLockedError(GanTuiError):
    """Another process is using the run directory."""


class WorkersError(GanTuiError):
    """The processes that were to train a run together don't come together."""


class WorkerLostError(WorkersError):
    """A process that trained with this one is gone, or stands still; the run can be resumed."""

    exit_code = 75


class StorageError(GanTuiError):
    """Reading from or writing to disk failed."""

    exit_code = 74
