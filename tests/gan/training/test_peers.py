"""Which errors of a step may come from another process."""

from __future__ import annotations

import pytest
import tensorflow as tf

from gan.training.peers import is_of_workers


@pytest.mark.parametrize(
    "kind",
    [tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError],
    ids=lambda kind: kind.__name__,
)
def test_collectives_fail_with_these(kind: type[Exception]) -> None:
    message = "Collective ops is aborted by: recvmsg:Connection reset by peer"
    assert is_of_workers(kind(None, None, message))  # type: ignore[call-arg]


def test_so_does_nccl() -> None:
    error = tf.errors.InternalError(None, None, "NCCL: unhandled system error.")
    assert is_of_workers(error)


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
        tf.errors.InternalError(None, None, "CUDA_ERROR_ILLEGAL_ADDRESS"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_device_s_own_faults_are_no_worker_s(error: Exception) -> None:
    assert not is_of_workers(error)
