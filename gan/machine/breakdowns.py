"""What has happened to a GPU in the middle of a run, from TensorFlow's words.

A GPU that is lost or whose driver gives up makes the next operation fail with an error of one of
many types, or ends the process; then the waiting parent tells of it. Each row has the words that
identify a cause, what it is, what helps, and reports of the same message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.machine.causes import Cause, first_match

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Breakdown(Cause):
    """A cause that has ended a run's use of its device."""

    what: str
    """What it is, as the end of a sentence."""


_FATAL_LINE: Final = re.compile(r"(?:\d{4}-\d\d-\d\d \S+ )?F\S* .*\] ")
"""`F0000 00:00:1762145632.630296 135502 device_event_mgr.cc:226] ` and what came before it."""

_LINES_BEFORE: Final = 10
"""How far before a fatal line its reason may be."""

_XID: Final = "look for Xid in dmesg"

OUT_OF_MEMORY: Final = Breakdown(
    r"Dst tensor is not initialized|out of memory|OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED",
    "end what else holds its memory (nvidia-smi names it)",
    (
        "https://github.com/tensorflow/tensorflow/issues/30594",
        "https://github.com/tensorflow/tensorflow/issues/8170",
    ),
    what="the device is out of memory",
)
"""In TensorFlow's errors of several types: for a copy, a kernel, a library."""

_BREAKDOWNS: Final = (
    OUT_OF_MEMORY,
    Breakdown(
        r"CUDA_ERROR_DEVICE_UNAVAILABLE|CUDA-capable devices? ?(?:\(s\))? ?(?:is/are|are|is) busy",
        "see with nvidia-smi whether another process has it for itself (its compute mode is then "
        f"E. Process, and sudo nvidia-smi -c DEFAULT lets several use it); if none has, {_XID}",
        (
            "https://github.com/tensorflow/tensorflow/issues/526",
            "https://github.com/pytorch/pytorch/issues/3871",
        ),
        what="the GPU takes no work from this process",
    ),
    Breakdown(
        r"fallen off the bus|GPU is lost|device lost|CUDA_ERROR_NO_DEVICE|no CUDA-capable device"
        r"|CUDA_ERROR_INVALID_DEVICE|Xid\D{1,20}79",
        f"{_XID}, check its power and heat, and restart the machine",
        (
            "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/507",
            "https://github.com/JosephKJ/OWOD/issues/81",
        ),
        what="the GPU was lost",
    ),
    Breakdown(
        r"\w*ECC_UNCORRECTABLE|uncorrectable ECC|CUDA_ERROR_HARDWARE_STACK_ERROR",
        f"{_XID}, and have the card looked at: nvidia-smi -q -d ECC",
        (
            "https://github.com/nagadit/DeepFaceLab_Linux/issues/89",
            "https://github.com/vllm-project/vllm/issues/5222",
        ),
        what="the GPU's memory has failed",
    ),
    Breakdown(
        r"CUDA_ERROR_LAUNCH_TIMEOUT|launch timed out",
        "train on a GPU that drives no screen",
        ("https://github.com/tensorflow/tensorflow/issues/18316",),
        what="the driver has ended a kernel that ran too long",
    ),
    Breakdown(
        r"CUDA_ERROR_ILLEGAL_ADDRESS|CUDA_ERROR_LAUNCH_FAILED|CUDA_ERROR_ILLEGAL_INSTRUCTION"
        r"|CUDA_ERROR_MISALIGNED_ADDRESS|CUDA_ERROR_ASSERT|CUDA_ERROR_CONTEXT_IS_DESTROYED"
        r"|CUDA_ERROR_DEINITIALIZED|CUDA_ERROR_UNKNOWN|CUDA_ERROR_\w+|Unexpected Event status"
        r"|GPU sync failed|could not synchronize|failed to synchronize|Xid\D{1,20}\d+"
        r"|illegal memory access|unspecified launch failure|misaligned address"
        r"|illegal instruction was encountered|CUDNN_STATUS_\w+|CUBLAS_STATUS_\w+",
        f"{_XID}; a GPU that fails again is too hot, short of power or broken",
        (
            "https://github.com/tensorflow/tensorflow/issues/25866",
            "https://github.com/tensorflow/tensorflow/issues/35897",
            "https://github.com/tensorflow/tensorflow/issues/27281",
            "https://github.com/tensorflow/tensorflow/issues/103430",
        ),
        what="the GPU's driver has given up",
    ),
)
"""The first row that matches counts."""


def fatal_breakdown(lines: Sequence[str]) -> tuple[Breakdown, str] | None:
    """What has ended a process, by the last lines that TensorFlow printed in it.

    TensorFlow polls a GPU in a thread whose errors nothing can catch: it prints a fatal line, with
    the reason in a line before, and aborts. A line that is not fatal proves nothing by itself: on
    the CPU too TensorFlow reports a driver that doesn't start.

    Returns:
        What has happened, and its words in the lines; `None` if they name nothing of a GPU.
    """
    for number, line in enumerate(lines):
        if _FATAL_LINE.match(line) and breakdown(line) is not None:
            near = "\n".join(lines[max(number - _LINES_BEFORE, 0) : number + 1])
            found = breakdown(near)
            return None if found is None else (found, found.cited(near))
    return None


def breakdown(message: str) -> Breakdown | None:
    """What TensorFlow's message about an operation tells of the GPU; `None` if nothing."""
    return first_match(_BREAKDOWNS, message)
