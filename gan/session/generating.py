"""Images from a checkpoint's generator, whether the run is training or not.

TensorFlow is imported by `start_tensorflow` alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from gan.events import IMAGE_SIDE
from gan.session.devices import Telling, pick_device, take_device
from gan.session.environment import require_temporary_folder, tensorflow_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.config import RunConfig
    from gan.events import Floats, Images
    from gan.run.checkpoints.reading import Checkpoint

    Generate = Callable[[Floats], Images]
    """Makes images, uint8, n x 28 x 28, of latents, float32, n x latent_dim."""


def start_tensorflow(
    config: RunConfig, device: str, report: Callable[[str], None] = lambda _: None
) -> None:
    """Import TensorFlow and Keras, and take a device with as many threads as the run has.

    Args:
        config: The run's configuration.
        device: What to compute on, as `RunConfig.device`.
        report: Receives a sentence about the device.

    Raises:
        DeviceError: The device can't be used, or TensorFlow has started with other threads.
    """
    require_temporary_folder()
    telling = Telling(
        note=report, trying=lambda what: report(f"trying {what}"), on_wait=lambda: None
    )
    with tensorflow_imports():
        picked = pick_device(device, config.gpu_memory, telling)
        from gan.training.device import limit_threads

        # Keras is imported with it.
        import_module("gan.models.restored")
    limit_threads(config.threads)
    _, idle = take_device(replace(config, device=device), picked)
    if idle:
        report(idle)


@contextmanager
def opened_generator(
    config: RunConfig,
    checkpoint: Checkpoint,
    *,
    device: str = "auto",
    raw: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Generate]:
    """A checkpoint's generator on its device, within the block.

    It gives the same bits as the trainer's samples do for as many latents at once, on the same
    device with the same number of threads.

    Args:
        config: The run's configuration.
        checkpoint: What is drawn from.
        device: What to draw on, as `RunConfig.device`.
        raw: Whether to draw from the generator that is trained, not from its average.
        report: Receives a sentence about the device.

    Raises:
        CheckpointError: The checkpoint is not that of such networks.
        DeviceError: The device can't be used, or has not enough memory.
    """
    start_tensorflow(config, device, report)

    from gan.models.keras_settings import own_keras_settings
    from gan.models.restored import restored_generator
    from gan.training.device import device_at_start
    from gan.training.measuring import BLOCK
    from gan.training.sampling import Sampler

    with device_at_start(BLOCK), own_keras_settings():
        generator = restored_generator(config, checkpoint.arrays, raw=raw)
        yield Sampler(generator, latent_dim=config.latent_dim, seed=config.seed).generate


def generate(
    config: RunConfig,
    checkpoint: Checkpoint,
    count: int,
    device: str,
    report: Callable[[str], None] = lambda _: None,
) -> Images:
    """The images that the run's own evaluations measure, and more: uint8, count x 28 x 28.

    Args:
        config: The run's configuration.
        checkpoint: What is drawn from.
        count: How many.
        device: What to draw on, as `RunConfig.device`.
        report: Receives a sentence about the device.

    Raises:
        CheckpointError: The checkpoint is not that of such networks.
        DeviceError: The device can't be used, or has not enough memory.
    """
    generated = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    with opened_generator(config, checkpoint, device=device, report=report) as draw:
        from gan.training.measuring import BLOCK, latents_of_block

        for begin in range(0, count, BLOCK):
            end = min(begin + BLOCK, count)
            generated[begin:end] = draw(latents_of_block(config, begin, end))
    return generated
