"""What to install if TensorFlow can't compile or run the training step on a device.

TensorFlow's messages name what it looked for, not where that comes from. Each row has the words
that identify a cause, what helps, and reports of the same message with their solutions.
"""

from __future__ import annotations

import re
from typing import Final

from gan.machine import causes
from gan.machine.causes import Cause

_CUDA_PACKAGES: Final = "pip install 'gan-tui[cuda]'"


_CAUSES: Final = (
    Cause(
        r"UNSUPPORTED_PTX_VERSION|Unsupported \.version|driver version is insufficient"
        r"|INSUFFICIENT_DRIVER|driver is older|unsupported toolchain",
        "The NVIDIA driver is older than the CUDA libraries: update the driver.",
        (
            "https://github.com/googlecolab/colabtools/issues/5667",
            "https://github.com/conda-forge/tensorflow-feedstock/issues/417",
        ),
    ),
    Cause(
        r"INVALID_PTX|NO_BINARY_FOR_GPU|no kernel image|CUDA_ERROR_INVALID_HANDLE"
        r"|not built with CUDA kernel binaries",
        "This TensorFlow has no code for this GPU: use another GPU, or --device cpu.",
        (
            "https://github.com/tensorflow/tensorflow/issues/89272",
            "https://github.com/tensorflow/tensorflow/issues/99592",
        ),
    ),
    Cause(
        r"ptxas|nvlink|nvjitlink|nvjtlink|PTX compilation provider",
        f"NVIDIA's ptxas is missing: {_CUDA_PACKAGES} brings it with nvidia-cuda-nvcc-cu12; or put "
        "the bin folder of a CUDA toolkit on PATH.",
        (
            "https://github.com/tensorflow/tensorflow/issues/35423",
            "https://github.com/tensorflow/tensorflow/issues/33375",
        ),
    ),
    Cause(
        r"libdevice|JIT compilation failed",
        f"NVIDIA's libdevice is missing: {_CUDA_PACKAGES} brings it with nvidia-cuda-nvcc-cu12; or "
        "set XLA_FLAGS=--xla_gpu_cuda_data_dir=FOLDER to the folder of a CUDA toolkit.",
        (
            "https://github.com/tensorflow/tensorflow/issues/60790",
            "https://github.com/tensorflow/tensorflow/issues/57055",
        ),
    ),
    Cause(
        r"DNN library|cuDNN",
        "Another cuDNN than TensorFlow's was found, or none: "
        f"{_CUDA_PACKAGES} in a new environment, and remove other CUDA folders from "
        "LD_LIBRARY_PATH.",
        (
            "https://github.com/tensorflow/tensorflow/issues/60913",
            "https://github.com/jax-ml/jax/issues/16901",
        ),
    ),
    Cause(
        r"cublas",
        "cuBLAS didn't start, often because other programs use the GPU's memory: end them, or use "
        "--device with another GPU.",
        ("https://github.com/tensorflow/tensorflow/issues/9489",),
    ),
)
"""The first row that matches counts: a message about an old driver may name ptxas too."""

_NO_REASON: Final = re.compile(
    r"Graph execution error:|Detected at node|\d+ root error|<stack traces|\s|$"
)
"""Beginnings of the lines of a message that say where it happened, and not what."""

_FIRST_ROOT: Final = re.compile(r"\s*\(0\)\s*")
"""Marks the first of several errors in a message."""


def reason(message: str) -> str:
    """The line of TensorFlow's message that says what happened."""
    lines = message.splitlines()
    for line in lines:
        if _FIRST_ROOT.match(line):
            return _FIRST_ROOT.sub("", line).strip()
        if not _NO_REASON.match(line):
            return line.strip()
    return message.strip().partition("\n")[0]


def advice(message: str) -> str:
    """What helps, in a sentence; empty if the message is about nothing that can be installed."""
    return causes.advice(_CAUSES, message)


def explained(message: str) -> str:
    """The reason and what helps, in one line."""
    text = reason(message)
    stopped = text if text.endswith((".", "!", "?")) else f"{text}."
    return f"{stopped} {advice(message)}".strip()
