"""Which device a run computes on, chosen before TensorFlow does anything else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

from gan.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESSORS: Final = Path("/proc/cpuinfo")
_NAMES: Final = ("flags", "Features")
"""The list's name on x86 and on Arm."""

_NO_ROOM: Final = re.compile(
    "Dst tensor is not initialized|out of memory|OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED"
)
"""In TensorFlow's errors of other types if a GPU has no memory: for a copy, a kernel, a library."""

_BFLOAT16_FLAGS: Final = {"avx512_bf16", "amx_bf16", "bf16"}
_BFLOAT16_CAPABILITY: Final = (8, 0)
"""NVIDIA's Ampere, the first with bfloat16 in its tensor cores."""


def choose_device(requested: str, *, tf32: bool = False) -> str:
    """Make one device the only one that TensorFlow uses, and return its name for people.

    `auto` is the first GPU, else the CPU; `gpu` is the first GPU and `gpu:N` the N-th from 0. A
    GPU's memory is allocated as needed, so that others can use it too. Call this before the first
    operation.

    Args:
        requested: As `RunConfig.device`.
        tf32: Whether a GPU may round the factors of float32 matrix multiplications to TF32.

    Raises:
        DeviceError: TensorFlow doesn't see the requested GPU.
    """
    # TensorFlow's default is to let a GPU round them.
    tf.config.experimental.enable_tensor_float_32_execution(tf32)
    gpus = tf.config.list_physical_devices("GPU")
    if requested == "cpu" or (requested == "auto" and not gpus):
        if gpus:
            tf.config.set_visible_devices([], "GPU")
        return "CPU"
    index = int(requested.partition(":")[2] or 0)
    if index >= len(gpus):
        msg = (
            f"--device {requested}: TensorFlow {tf.__version__} sees {_seen(gpus)}. "
            "Install gan-tui[cuda] for NVIDIA GPUs, or use --device cpu."
        )
        raise DeviceError(msg)
    tf.config.set_visible_devices([gpus[index]], "GPU")
    tf.config.experimental.set_memory_growth(gpus[index], enable=True)
    return _gpu_description(gpus[index])


def best_precision() -> str:
    """What `--precision auto` comes to on the chosen device.

    bfloat16 where the device multiplies it faster than float32: GPUs from compute capability 8.0,
    and CPUs with AVX-512 BF16, AMX or Arm's instructions for it.
    """
    if gpus := tf.config.get_visible_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpus[0])
        capability = details.get("compute_capability") or (0, 0)
        return "bfloat16" if capability >= _BFLOAT16_CAPABILITY else "float32"
    return "bfloat16" if _processor_flags() & _BFLOAT16_FLAGS else "float32"


def doubt(precision: str, device: str) -> str:
    """Why a precision may be of no use on a device, for people; empty if no reason is known."""
    if device != "CPU" or precision == "float32":
        return ""
    if precision == "tf32":
        return "--precision tf32 needs a GPU; using float32."
    flags = _processor_flags()
    if flags and not flags & _BFLOAT16_FLAGS:
        return "this CPU has no bfloat16 instructions; --precision float32 may be faster."
    return ""


def limit_threads(threads: int | None) -> None:
    """Set how many threads one operation may use; `None` leaves it to TensorFlow.

    Raises:
        DeviceError: TensorFlow has already started with another number.
    """
    if threads is None or tf.config.threading.get_intra_op_parallelism_threads() == threads:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError as error:
        msg = f"--threads {threads}: TensorFlow has already started in this process ({error})."
        raise DeviceError(msg) from None


@contextmanager
def device_memory(batch_size: int) -> Iterator[None]:
    """Turn TensorFlow's errors about memory into one that says what helps.

    TensorFlow raises the same error for a full disk. This program doesn't read or write files with
    TensorFlow, so in this block it is always the device.

    Raises:
        DeviceError: The device is out of memory.
    """
    try:
        yield
    except tf.errors.OpError as error:
        is_memory = isinstance(error, tf.errors.ResourceExhaustedError)
        if not (is_memory or _NO_ROOM.search(str(error))):
            raise
        msg = f"the device is out of memory. Try a --batch-size below {batch_size}."
        raise DeviceError(msg) from error


def _processor_flags() -> set[str]:
    """The processor's features according to Linux; empty on other systems."""
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    named = (line.partition(":") for line in lines)
    return {flag for name, _, flags in named if name.strip() in _NAMES for flag in flags.split()}


def _gpu_description(gpu: Any) -> str:
    details = tf.config.experimental.get_device_details(gpu)
    return str(details.get("device_name", gpu.name))


def _seen(gpus: list[Any]) -> str:
    if not gpus:
        return "no GPU"
    return f"{len(gpus)} ({', '.join(f'gpu:{index}' for index in range(len(gpus)))})"
