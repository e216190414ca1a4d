"""Which device a run computes on, chosen before TensorFlow does anything else."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

from gan.errors import DeviceError
from gan.machine.breakdowns import OUT_OF_MEMORY, breakdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.machine.breakdowns import Breakdown

_PROCESSORS: Final = Path("/proc/cpuinfo")
_NAMES: Final = ("flags", "Features")
"""The list's name on x86 and on Arm."""

_BFLOAT16_FLAGS: Final = {"avx512_bf16", "amx_bf16", "bf16"}
_TF32_CAPABILITY: Final = (8, 0)
"""NVIDIA's Ampere, the first with TF32 in its tensor cores."""


def gpus_seen() -> int:
    """How many GPUs TensorFlow sees."""
    return len(tf.config.list_physical_devices("GPU"))


def choose_device(requested: str, *, tf32: bool = False, memory: int | None = None) -> str:
    """Make one device the only one that TensorFlow uses, and return its name for people.

    `auto` is the first GPU, else the CPU; `gpu` is the first GPU and `gpu:N` the N-th from 0. Call
    this before the first operation, and after `gan.session.devices.pick_device`, which keeps
    TensorFlow from GPUs that would end the process.

    Args:
        requested: As `RunConfig.device`.
        tf32: Whether a GPU may round the factors of float32 matrix multiplications to TF32.
        memory: Bytes of a GPU's memory that are taken at once; `None` takes what is needed, as it
            is needed, so that others can use it too.

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
    if memory is None:
        tf.config.experimental.set_memory_growth(gpus[index], enable=True)
    else:
        limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory // 2**20)
        tf.config.set_logical_device_configuration(gpus[index], [limit])
    return description_of(gpus[index])


def best_precision() -> str:
    """What `--precision auto` comes to on the chosen device.

    bfloat16 on CPUs with AVX-512 BF16, AMX or Arm's instructions for it, where it was measured. On
    GPUs from compute capability 8.0 tf32, where nothing was measured: it needs no more kernels than
    float32, unlike bfloat16, and is finer than bfloat16, which cost no quality on a CPU.
    """
    if gpus := tf.config.get_visible_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpus[0])
        capability = details.get("compute_capability") or (0, 0)
        return "tf32" if capability >= _TF32_CAPABILITY else "float32"
    return "bfloat16" if _processor_flags() & _BFLOAT16_FLAGS else "float32"


def settle_precision(note: Callable[[str], None]) -> str:
    """What `--precision auto` comes to on the chosen device, which is set to it.

    Call it before anything is compiled.

    Args:
        note: Receives a sentence if it was not chosen by a measurement.
    """
    precision = best_precision()
    if precision == "tf32":
        tf.config.experimental.enable_tensor_float_32_execution(True)
        note(
            "--precision auto is tf32 here, by the GPU's capability and not by a measurement; "
            "gan-tui bench measures it and others."
        )
    return precision


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
    """Turn TensorFlow's errors about memory, before the first step, into one that says what helps.

    Raises:
        DeviceError: The device is out of memory.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if _breakdown(error) is not OUT_OF_MEMORY:
            raise
        helps = f", or {OUT_OF_MEMORY.helps}" if tf.config.get_visible_devices("GPU") else ""
        msg = f"{OUT_OF_MEMORY.what}. Try a --batch-size below {batch_size}{helps}."
        raise DeviceError(msg) from error


@contextmanager
def device_at_start(batch_size: int) -> Iterator[None]:
    """Turn TensorFlow's errors about a device before the first step into one that says what helps.

    Args:
        batch_size: How many images are on the device at once.

    Raises:
        DeviceError: The device is out of memory, was lost, or belongs to another process.
    """
    try:
        with device_memory(batch_size):
            yield
    except tf.errors.OpError as error:
        cause = _breakdown(error)
        if cause is None:
            raise
        cited = cause.cited(str(error)) or type(error).__name__
        msg = f"{cause.what} ({cited}). What helps: {cause.helps}. Or use --device cpu."
        raise DeviceError(msg) from error


@contextmanager
def device_breakdowns(
    batch_size: int, step: Callable[[], int], checkpoint: Callable[[], int | None]
) -> Iterator[None]:
    """Turn TensorFlow's errors about a device in mid-run into one that says what has happened.

    Args:
        batch_size: The run's; a lower one helps a run that has no checkpoint yet.
        step: Called for the steps that are completed.
        checkpoint: Called for the step of the newest checkpoint; `None` if there is none yet.

    Raises:
        DeviceError: The device is out of memory, or was lost.
    """
    try:
        yield
    except tf.errors.OpError as error:
        cause = _breakdown(error)
        if cause is None:
            raise
        cited = cause.cited(str(error)) or type(error).__name__
        raise DeviceError(
            f"{cause.what} at step {step():,} ({cited}). "
            f"{_going_on(cause, batch_size, checkpoint())}"
        ) from error


def _breakdown(error: Any) -> Breakdown | None:
    """What an error of TensorFlow tells of the device; `None` if nothing.

    TensorFlow raises the same error for a full disk as for full memory. This program doesn't read
    or write files with TensorFlow, so it is always the device.
    """
    is_memory = isinstance(error, tf.errors.ResourceExhaustedError)
    return OUT_OF_MEMORY if is_memory else breakdown(str(error))


def _going_on(cause: Breakdown, batch_size: int, checkpoint: int | None) -> str:
    """What helps, and how the run goes on."""
    if checkpoint is None:
        smaller = f", or try a --batch-size below {batch_size}" if cause is OUT_OF_MEMORY else ""
        return f"What helps: {cause.helps}{smaller}. There is no checkpoint yet."
    on_cpu = ", on the CPU with --device cpu" if tf.config.get_visible_devices("GPU") else ""
    return (
        f"What helps: {cause.helps}. The checkpoint of step {checkpoint:,} is whole: resume from "
        f"it{on_cpu}."
    )


def _processor_flags() -> set[str]:
    """The processor's features according to Linux; empty on other systems."""
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    named = (line.partition(":") for line in lines)
    return {flag for name, _, flags in named if name.strip() in _NAMES for flag in flags.split()}


def description_of(gpu: Any) -> str:
    """A GPU's name for people."""
    details = tf.config.experimental.get_device_details(gpu)
    return str(details.get("device_name", gpu.name))


def _seen(gpus: list[Any]) -> str:
    if not gpus:
        return "no GPU"
    return f"{len(gpus)} ({', '.join(f'gpu:{index}' for index in range(len(gpus)))})"
