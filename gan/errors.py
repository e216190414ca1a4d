"""Every error that ends a run or refuses to begin one, and the exit code of each.

One hierarchy, so that the command line has one place where an error becomes a line and a code:

    GanTuiError            1   anything that is not one of these
    ├── UsageError         2   an option or a combination of options that cannot work
    ├── Diverged           3   a loss stopped being a finite number
    ├── DataError          4   no usable images
    ├── CheckpointError    4   no usable checkpoint
    ├── DeviceError        1   the device that was asked for is not there
    ├── RunLockedError     1   another process is writing to the run
    └── StorageError      74   the run could not be written to disk

A message is one line that names what was received, what was expected, and what to do.
"""

from __future__ import annotations


class GanTuiError(Exception):
    """The base of every error that a user is meant to read."""

    exit_code: int = 1
    """What the process returns when this error ends it."""


class UsageError(GanTuiError):
    """An option, or a combination of options, that cannot work."""

    exit_code = 2


class Diverged(GanTuiError):  # noqa: N818 - the word the field uses
    """A loss stopped being a finite number."""

    exit_code = 3


class DataError(GanTuiError):
    """No usable images: missing, malformed, or not the shape that is expected."""

    exit_code = 4


class CheckpointError(GanTuiError):
    """No usable checkpoint to go on from."""

    exit_code = 4


class DeviceError(GanTuiError):
    """The device that was asked for is not there."""


class RunLockedError(GanTuiError):
    """Another process is writing to the run directory."""


class StorageError(GanTuiError):
    """The run could not be written to disk."""

    exit_code = 74
