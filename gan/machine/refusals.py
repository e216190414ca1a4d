"""Why NVIDIA's driver refuses to answer or to start, and what helps.

Its messages name a state, not what to do. Each row has the words that identify a cause, what helps,
and reports of the same message with their solutions.
"""

from __future__ import annotations

from typing import Final

from gan.machine import causes
from gan.machine.causes import Cause

_CAUSES: Final = (
    Cause(
        r"no answer within",
        "The driver or a GPU hangs, as nvidia-smi does too: restart the machine, and look for Xid "
        "in dmesg.",
        (
            "https://github.com/NVIDIA/go-nvml/issues/152",
            "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/971",
        ),
    ),
    Cause(
        r"that asked it was ended by",
        "A GPU has left the bus, or the driver's files are of two versions: restart the machine; "
        "if that does not help, install the driver anew.",
        (
            "https://github.com/XuehaiPan/nvitop/issues/139",
            "https://github.com/microsoft/WSL/issues/11277",
        ),
    ),
    Cause(
        r"version mismatch|SYSTEM_DRIVER_MISMATCH",
        "The driver was updated while its old version runs: restart the machine.",
        (
            "https://github.com/intel/llvm/issues/17614",
            "https://github.com/NVIDIA/ubuntu-packaging-nvidia-driver/issues/3",
        ),
    ),
    Cause(
        r"COMPAT_NOT_SUPPORTED|forward compatibility",
        "The container's CUDA is newer than the machine's driver: update the driver.",
        (
            "https://github.com/NVIDIA/nvidia-docker/issues/1294",
            "https://github.com/NVIDIA/nvidia-docker/issues/1515",
        ),
    ),
    Cause(
        r"GPU is lost|fallen off",
        "The GPU has fallen off the bus: restart the machine, and look for Xid in dmesg.",
        ("https://github.com/JosephKJ/OWOD/issues/81",),
    ),
    Cause(
        r"CUDA_ERROR_UNKNOWN",
        "The driver's module nvidia_uvm is not loaded, or is stale after a suspend: "
        "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm; a container needs "
        "/dev/nvidia-uvm.",
        (
            "https://github.com/tensorflow/tensorflow/issues/53341",
            "https://github.com/tensorflow/tensorflow/issues/5777",
        ),
    ),
    Cause(
        r"Unknown Error",
        "A container loses its GPUs when systemd reloads its units: start the container again.",
        (
            "https://github.com/NVIDIA/nvidia-container-toolkit/issues/48",
            "https://github.com/NVIDIA/nvidia-container-toolkit/issues/251",
        ),
    ),
    Cause(
        r"permission",
        "This user may not open /dev/nvidia*: join the group that owns them, often video or "
        "render, or let the container have them.",
        ("https://github.com/tensorflow/tensorflow/issues/7653",),
    ),
    Cause(
        r"CUDA_ERROR_NO_DEVICE|no CUDA-capable device",
        "CUDA finds no device in /dev: start the container with its GPUs (--gpus all), or join the "
        "group that owns /dev/nvidia*.",
        (
            "https://github.com/tensorflow/tensorflow/issues/808",
            "https://github.com/microsoft/WSL/issues/9272",
        ),
    ),
    Cause(
        r"driver not loaded",
        "The driver's module is not loaded, often after an update of the kernel: "
        "sudo modprobe nvidia.",
        ("https://github.com/Oneflow-Inc/oneflow/issues/3106",),
    ),
    Cause(
        r"library not found",
        "NVIDIA's driver is not installed, or not in this container: install it, or start the "
        "container with its GPUs (--gpus all).",
        ("https://github.com/tensorflow/tensorflow/issues/41785",),
    ),
)
"""The first row that matches counts."""


def advice(message: str) -> str:
    """What helps, in a sentence; empty if the message is not known."""
    return causes.advice(_CAUSES, message)
