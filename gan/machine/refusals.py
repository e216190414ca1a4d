"""Why NVIDIA's driver refuses to answer or to start, and what helps.

Its messages name a state, not what to do. Each row has the words that identify a cause, what helps,
and reports of the same message with their solutions.
"""

from __future__ import annotations

import re
from typing import Final

from gan.machine import causes
from gan.machine.causes import Cause

_CAUSES: Final = (
    Cause(
        r"no answer within|^Timeout$",
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
        r"SYSTEM_NOT_READY|not in ready state",
        "The fabric manager of machines with NVSwitch does not run, or is of another version than "
        "the driver: sudo systemctl start nvidia-fabricmanager.",
        (
            "https://github.com/pytorch/pytorch/issues/35710",
            "https://github.com/jax-ml/jax/issues/34049",
        ),
    ),
    Cause(
        r"_MPS_",
        "NVIDIA's MPS, which shares GPUs, does not take this process: nvidia-cuda-mps-control -d "
        "starts it, and unset CUDA_MPS_PIPE_DIRECTORY goes without it.",
        ("https://github.com/NVIDIA/nvidia-container-toolkit/issues/714",),
    ),
    Cause(
        r"CUDA_ERROR_DEVICE_UNAVAILABLE",
        "Another process has the GPU for itself, or its compute mode prohibits all: nvidia-smi "
        "names both, and sudo nvidia-smi -c DEFAULT lets several use it.",
        (
            "https://github.com/tensorflow/tensorflow/issues/526",
            "https://github.com/pytorch/pytorch/issues/3871",
        ),
    ),
    Cause(
        r"DEVICE_NOT_LICENSED",
        "The virtual GPU has no licence: nvidia-smi -q shows it, and who runs the machine can "
        "renew it.",
        ("https://github.com/Azure/AKS/issues/4869",),
    ),
    Cause(
        r"STUB_LIBRARY",
        "LD_LIBRARY_PATH leads to the stubs of a CUDA toolkit, which are for linking alone: take "
        "the folder stubs out of it.",
        (
            "https://github.com/NVIDIA/warp/issues/219",
            "https://github.com/numba/numba/issues/8985",
        ),
    ),
    Cause(
        r"CUDA_ERROR_OPERATING_SYSTEM",
        "The system refuses what CUDA asks of it: a container needs all of /dev/nvidia* (--gpus "
        "all); elsewhere restart the machine.",
        (
            "https://github.com/numba/numba/issues/9134",
            "https://github.com/microsoft/onnxruntime/issues/20421",
        ),
    ),
    Cause(
        r"CUDA_ERROR_INVALID_DEVICE",
        "CUDA_VISIBLE_DEVICES names a GPU that CUDA does not have: unset it, or name one of "
        "nvidia-smi -L.",
        ("https://github.com/tensorflow/tensorflow/issues/28992",),
    ),
    Cause(
        r"requires reset",
        "The GPU must be reset: end what uses it and sudo nvidia-smi --gpu-reset, or restart the "
        "machine.",
        ("https://github.com/leptonai/gpud/pull/1133",),
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
        r"permission|NOT_PERMITTED",
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


NOT_GIVEN: Final = "Slurm has given this job no GPU: ask for one, as with --gres=gpu:1."
"""What helps a job of Slurm that sees none of the GPUs of its machine."""

_CLOSED: Final = re.compile("permission|NOT_PERMITTED|NO_DEVICE|no CUDA-capable", re.IGNORECASE)
"""The words of a driver whose GPUs are there, and not for this process."""


def advice(message: str, *, in_slurm: bool = False) -> str:
    """What helps, in a sentence; empty if the message is not known.

    Args:
        message: The driver's words.
        in_slurm: Whether this is a job of Slurm, for which nobody opens the GPUs of others.
    """
    if in_slurm and _CLOSED.search(message):
        return NOT_GIVEN
    return causes.advice(_CAUSES, message)
