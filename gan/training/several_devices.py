"""Several devices of one process, made the only ones that TensorFlow uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from gan.errors import DeviceError
from gan.training.device import description_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def use_virtual_cpus(count: int) -> tuple[str, ...]:
    """Divide the CPU into devices that share its cores; GPUs are left alone.

    Call it before the first operation.

    Returns:
        Their names in TensorFlow, `CPU:0` and so on.

    Raises:
        DeviceError: TensorFlow has already started in this process.
    """
    tf.config.set_visible_devices([], "GPU")
    (cpu,) = tf.config.list_physical_devices("CPU")
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count
        )
    except RuntimeError as error:
        raise DeviceError(
            f"the CPU can't be divided: TensorFlow has already started in this process ({error})."
        ) from None
    return tuple(f"CPU:{number}" for number in range(count))


def use_gpus(
    numbers: Sequence[int], *, tf32: bool = False, memory: int | None = None
) -> tuple[tuple[str, ...], str]:
    """Make some GPUs the only devices besides the CPU.

    Call it before the first operation.

    Args:
        numbers: Which of those that TensorFlow sees.
        tf32: Whether they may round the factors of float32 matrix multiplications to TF32.
        memory: Bytes of each one's memory that are taken at once; `None` takes what is needed.

    Returns:
        Their names in TensorFlow, `GPU:0` and so on, and a name for people.

    Raises:
        DeviceError: TensorFlow doesn't see them all.
    """
    tf.config.experimental.enable_tensor_float_32_execution(tf32)
    gpus = tf.config.list_physical_devices("GPU")
    if max(numbers) >= len(gpus):
        raise DeviceError(
            f"--device: TensorFlow {tf.__version__} sees {len(gpus)} of the {len(numbers)} GPUs. "
            "gan-tui doctor tries each part."
        )
    chosen = [gpus[number] for number in numbers]
    tf.config.set_visible_devices(chosen, "GPU")
    for gpu in chosen:
        if memory is None:
            tf.config.experimental.set_memory_growth(gpu, enable=True)
        else:
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory // 2**20)
            tf.config.set_logical_device_configuration(gpu, [limit])
    names = dict.fromkeys(description_of(gpu) for gpu in chosen)
    return tuple(f"GPU:{number}" for number in range(len(chosen))), " and ".join(names)
