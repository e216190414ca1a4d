"""Errors of a step that come from another process, not from this one."""

from __future__ import annotations

import tensorflow as tf

_OF_OTHERS = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)
"""What collectives fail with once a process is gone, or TensorFlow has not heard from it for ten
seconds; of a device's own faults it reports others."""


def is_of_workers(error: Exception) -> bool:
    """Whether an error of an execution may come from another worker's loss."""
    # NCCL's errors, between GPUs, are internal ones to TensorFlow, whoever is to blame.
    of_nccl = isinstance(error, tf.errors.InternalError) and "NCCL" in str(error)
    return of_nccl or isinstance(error, _OF_OTHERS)
