"""What has happened to a GPU in the middle of a run, told from TensorFlow's words.

A GPU that is lost or whose driver gives up makes the next operation fail with an error of one of
many types, or ends the process; then the waiting parent tells of it. Each row has the words that
identify a cause, what it is, what helps, and reports of the same message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A cause."""

    words: str
    """A regular expression; case doesn't matter."""

    what: str
    helps: str
    sources: tuple[str, ...]

    def cited(self, message: str) -> str:
        """The words of a message that identify the cause."""
        found = re.search(self.words, message, re.IGNORECASE)
        return found[0] if found else ""


_XID: Final = "look for Xid in dmesg"

OUT_OF_MEMORY: Final = Breakdown(
    r"Dst tensor is not initialized|out of memory|OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED",
    "the device is out of memory",
    "end what else holds its memory (nvidia-smi names it)",
    (
        "https://github.com/tensorflow/tensorflow/issues/30594",
        "https://github.com/tensorflow/tensorflow/issues/8170",
    ),
)
"""In TensorFlow's errors of several types: for a copy, a kernel, a library."""

_BREAKDOWNS: Final = (
    OUT_OF_MEMORY,
    Breakdown(
        r"fallen off the bus|GPU is lost|device lost|CUDA_ERROR_NO_DEVICE"
        r"|CUDA_ERROR_DEVICE_UNAVAILABLE|CUDA_ERROR_INVALID_DEVICE|Xid\D{1,20}79",
        "the GPU was lost",
        f"{_XID}, check its power and heat, and restart the machine",
        (
            "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/507",
            "https://github.com/JosephKJ/OWOD/issues/81",
        ),
    ),
    Breakdown(
        r"\w*ECC_UNCORRECTABLE|uncorrectable ECC|CUDA_ERROR_HARDWARE_STACK_ERROR",
        "the GPU's memory has failed",
        f"{_XID}, and have the card looked at: nvidia-smi -q -d ECC",
        (
            "https://github.com/nagadit/DeepFaceLab_Linux/issues/89",
            "https://github.com/vllm-project/vllm/issues/5222",
        ),
    ),
    Breakdown(
        r"CUDA_ERROR_LAUNCH_TIMEOUT",
        "the driver has ended a kernel that ran too long",
        "train on a GPU that drives no screen",
        ("https://github.com/tensorflow/tensorflow/issues/18316",),
    ),
    Breakdown(
        r"CUDA_ERROR_ILLEGAL_ADDRESS|CUDA_ERROR_LAUNCH_FAILED|CUDA_ERROR_ILLEGAL_INSTRUCTION"
        r"|CUDA_ERROR_MISALIGNED_ADDRESS|CUDA_ERROR_ASSERT|CUDA_ERROR_CONTEXT_IS_DESTROYED"
        r"|CUDA_ERROR_DEINITIALIZED|CUDA_ERROR_UNKNOWN|CUDA_ERROR_\w+|Unexpected Event status"
        r"|GPU sync failed|could not synchronize|failed to synchronize|Xid\D{1,20}\d+"
        r"|CUDNN_STATUS_\w+|CUBLAS_STATUS_\w+",
        "the GPU's driver has given up",
        f"{_XID}; a GPU that fails again is too hot, short of power or broken",
        (
            "https://github.com/tensorflow/tensorflow/issues/25866",
            "https://github.com/tensorflow/tensorflow/issues/35897",
            "https://github.com/tensorflow/tensorflow/issues/27281",
        ),
    ),
)
"""The first row that matches counts."""


def breakdown(message: str) -> Breakdown | None:
    """What TensorFlow's message about an operation tells of the GPU; `None` if nothing."""
    for cause in _BREAKDOWNS:
        if re.search(cause.words, message, re.IGNORECASE):
            return cause
    return None
